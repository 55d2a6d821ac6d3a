"""Documents encrypted under an empty user password (ISO 32000-2, 7.6): anybody opens them, so we sign them.

The handlers are pyHanko's; this module lends them to our reader and writer.
"""

from collections.abc import Callable
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus, SecurityHandler, StandardSecurityHandler
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
        handler = SecurityHandler.build(_as_dictionary(_resolved(document, settings)))
        if not isinstance(handler, StandardSecurityHandler):
            raise PasswordNeeded
        result = handler.authenticate("", id1=_first_id(document))
    except (
        PdfError,
        NotImplementedError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
    ) as error:
        raise Malformed("damaged_encryption", "The encryption settings of the file cannot be read.") from error
    if result.status is AuthStatus.FAILED:
        raise PasswordNeeded
    if handler.pdf_mac_enabled:
        raise Malformed(
            "integrity_protected", "The file carries an integrity code (ISO/TS 32004) that forbids updates."
        )
    document.cipher = PyHankoCipher(handler)


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
        if filters == Name("Crypt") or (isinstance(filters, list) and Name("Crypt") in filters):
            return data
        stream_filter = self._handler.get_stream_filter()
        try:
            return bytes(stream_filter.decrypt(stream_filter.derive_object_key(*ref), data))
        except (PdfError, ValueError) as error:
            raise Malformed("damaged_stream", "A structural stream of the file does not decrypt.") from error

    def encrypt_string(self, ref: Ref, data: bytes) -> bytes:
        string_filter = self._handler.get_string_filter()
        return bytes(string_filter.encrypt(string_filter.derive_object_key(*ref), data))

    def encrypt_stream(self, ref: Ref, data: bytes) -> bytes:
        stream_filter = self._handler.get_stream_filter()
        return bytes(stream_filter.encrypt(stream_filter.derive_object_key(*ref), data))


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
