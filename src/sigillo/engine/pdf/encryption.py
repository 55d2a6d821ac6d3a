"""Documents encrypted under an empty user password (ISO 32000-2, 7.6): anybody opens them, so we sign them.

The handlers are pyHanko's; this module lends them to our reader and writer.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus, CryptFilter, SecurityHandler, StandardSecurityHandler
from pyhanko.pdf_utils.misc import PdfError

from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.malformed import Malformed, PasswordNeeded
from sigillo.engine.pdf.syntax import Dictionary, Name, Ref, Value


def unlock(document: Document) -> None:
    """Give the document the cipher of its empty user password. Raises PasswordNeeded or Malformed."""
    settings = document.dictionary(document.trailer.get("Encrypt"))
    if settings is None:
        raise Malformed("damaged_encryption", "The file says it is encrypted, but not how.")
    try:
        handler = _authenticated(_resolved(document, settings), _first_id(document))
    except (PdfError, NotImplementedError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise Malformed("damaged_encryption", "The encryption settings of the file cannot be read.") from error
    if handler.pdf_mac_enabled:
        raise Malformed(
            "integrity_protected", "The file carries an integrity code (ISO/TS 32004) that forbids updates."
        )
    document.cipher = PyHankoCipher(handler)


def _authenticated(settings: Dictionary, first_id: bytes) -> StandardSecurityHandler:
    extension_3 = settings.get("R") == 5
    handler = SecurityHandler.build(_as_dictionary({**settings, "R": 6} if extension_3 else settings))
    if not isinstance(handler, StandardSecurityHandler):
        raise PasswordNeeded
    if extension_3:
        handler._shared_key = _extension_3_key(handler)
    elif handler.authenticate("", id1=first_id).status is AuthStatus.FAILED:
        raise PasswordNeeded
    return handler


def _extension_3_key(handler: StandardSecurityHandler) -> bytes:
    """Revision 5, Adobe's own step towards AES-256 (Supplement to ISO 32000, Extension Level 3, 3.5.2).

    Like revision 6, but with one plain SHA-256 where that has many rounds; pyHanko leaves it out.
    """
    check, validation_salt, key_salt = handler.udata[:32], handler.udata[32:40], handler.udata[40:48]
    if sha256(validation_salt).digest() != check:
        raise PasswordNeeded
    decryptor = Cipher(algorithms.AES(sha256(key_salt).digest()), modes.CBC(bytes(16))).decryptor()
    return decryptor.update(handler.ueseed or b"") + decryptor.finalize()


class PyHankoCipher:
    """Strings and streams of one unlocked document."""

    def __init__(self, handler: StandardSecurityHandler) -> None:
        self._handler = handler

    def decrypt_string(self, ref: Ref, data: bytes) -> bytes:
        """Text that is no ciphertext stays as it is: some producers forget to cipher single strings."""
        string_filter = self._handler.get_string_filter()
        try:
            return bytes(string_filter.decrypt(string_filter.derive_object_key(*ref), data))
        except (PdfError, ValueError):
            return data

    def decrypt_stream(self, ref: Ref, data: bytes, filters: Value) -> bytes:
        """One with a Crypt filter of its own is left alone (7.4.10). Raises Malformed where it does not decrypt."""
        if filters == Name("Crypt") or (isinstance(filters, list) and Name("Crypt") in filters):
            return data
        stream_filter = self._handler.get_stream_filter()
        try:
            return bytes(stream_filter.decrypt(stream_filter.derive_object_key(*ref), data))
        except (PdfError, ValueError) as error:
            raise Malformed("damaged_stream", "A structural stream of the file does not decrypt.") from error

    def encrypt_string(self, ref: Ref, data: bytes) -> bytes:
        """Under the string filter of the document (7.6.6)."""
        return self._encrypt(self._handler.get_string_filter(), ref, data)

    def encrypt_stream(self, ref: Ref, data: bytes) -> bytes:
        """Under the stream filter of the document (7.6.6)."""
        return self._encrypt(self._handler.get_stream_filter(), ref, data)

    def _encrypt(self, crypt_filter: CryptFilter, ref: Ref, data: bytes) -> bytes:
        try:
            return bytes(crypt_filter.encrypt(crypt_filter.derive_object_key(*ref), data))
        except PdfError as error:
            raise Malformed("damaged_encryption", "The file cannot be ciphered the way it says.") from error


def _first_id(document: Document) -> bytes:
    """The first element of /ID, which takes part in the key of the older revisions; empty where absent."""
    identifiers = document.array(document.trailer.get("ID"))
    first = document.get(identifiers[0]) if identifiers else b""
    return first if isinstance(first, bytes) else b""


def _resolved(document: Document, entries: Dictionary, depth: int = 0) -> Dictionary:
    """The dictionary with what its entries refer to, down to the crypt filters (table 25)."""
    found = {key: document.get(item) for key, item in entries.items()}
    return {
        key: _resolved(document, item, depth + 1) if isinstance(item, dict) and depth < 4 else item
        for key, item in found.items()
    }


def _as_pyhanko(value: Value) -> Any:  # noqa: ANN401 (pyHanko's objects have no common type)
    for kind, made in _MAKERS.items():
        if isinstance(value, kind):
            return made(value)
    return generic.NullObject()


def _as_dictionary(value: Dictionary) -> Any:  # noqa: ANN401
    return generic.DictionaryObject({f"/{key}": _as_pyhanko(item) for key, item in value.items()})  # type: ignore[no-untyped-call]


# In this order: a Name is a str, and bool counts as int.
_MAKERS: dict[type, Callable[..., Any]] = {
    dict: _as_dictionary,
    list: lambda value: generic.ArrayObject(_as_pyhanko(item) for item in value),
    Name: lambda value: generic.NameObject(f"/{value}"),
    bool: generic.BooleanObject,
    bytes: generic.ByteStringObject,
    int: generic.NumberObject,
}
