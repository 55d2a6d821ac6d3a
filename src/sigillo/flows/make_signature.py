"""The bytes of a signature: a revision goes into the engine and the next comes out, durable. No row is touched."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sigillo.base.clock import now
from sigillo.base.errors import Unavailable
from sigillo.blobs.types import Stored
from sigillo.documents import store
from sigillo.engine.cades import cosign, envelop
from sigillo.engine.errors import EngineError, FileChanged
from sigillo.engine.pades import sign_pdf
from sigillo.engine.signature_text import DEFAULT_SIGNATURE_TEXT, render_signature_text
from sigillo.engine.types import SignatureRequest, Signer
from sigillo.flows.profiles import is_enveloping, is_timestamped
from sigillo.flows.take_in_document import placement_of
from sigillo.identities.keys import certificate_of, signer_of
from sigillo.identities.models import Identity
from sigillo.identities.presented import Presented
from sigillo.identities.timestamp_source import OrderedSource, timestamp_source
from sigillo.pki.certificates import describe
from sigillo.pki.tsa_tokens import Token
from sigillo.transactions.models import Revision, Signature


@dataclass(frozen=True, slots=True)
class Made:
    """A signed revision that is stored, and the time-stamp in it, if its profile asks for one."""

    stored: Stored
    token: Token | None = None

    @property
    def facts(self) -> dict[str, str]:
        """What the journal says of the time-stamp."""
        if self.token is None:
            return {}
        stamped = {"at": self.token.at.isoformat(), "certificate": describe(self.token.certificate).sha256}
        return {f"timestamp_{name}": value for name, value in stamped.items()}


def make_signature(signature: Signature, identity: Identity, presented: Presented, base: Revision) -> Made:
    """Sign the base revision by the profile of the signature, and store the result durably.

    Raises:
        EngineError: the document cannot be signed; nothing has changed.
        Unavailable: no time-stamp is to be had, or the stored document is damaged.
        WrongFactor, Unusable, ServiceFault: the signing service that holds the key does not sign.
    """
    source = timestamp_source() if is_timestamped(signature.profile) else None
    signer = signer_of(identity, presented)
    if is_enveloping(signature.profile):
        stored = _sign_envelope(signer, source, base)
    else:
        stored = _sign_pdf(signature, identity, signer, source, base)
    return Made(stored, source.token if source is not None else None)


def _sign_pdf(
    signature: Signature, identity: Identity, signer: Signer, source: OrderedSource | None, base: Revision
) -> Stored:
    signed_at = now()
    request = _request(signature, certificate_of(identity).subject, signed_at)
    with _reading(base), store.mapped(base.digest) as document:
        signed = sign_pdf(document, signer, request, signed_at=signed_at, timestamps=source)
    _check_base(signed.base_digest, base)
    return store.append(base.digest, signed.increment)


def _sign_envelope(signer: Signer, source: OrderedSource | None, base: Revision) -> Stored:
    """The first signature makes the envelope, each further one stands in it beside the others."""
    work = cosign if base.signature is not None and is_enveloping(base.signature.profile) else envelop
    with _reading(base), store.opened(base.digest) as document:
        signed = work(document, signer, signed_at=now(), timestamps=source)
        _check_base(signed.base_digest, base)
        return store.keep(signed.pieces(document))


@contextmanager
def _reading(base: Revision) -> Iterator[None]:
    """Tell a refusal of the document from what a damaged copy of it brought about."""
    try:
        yield
    except (EngineError, FileChanged):
        if not store.is_intact(base.digest):  # it is not the document's fault
            raise _damaged() from None
        raise


def _check_base(digest: bytes, base: Revision) -> None:
    if digest.hex() != base.digest:
        raise _damaged()


def _damaged() -> Unavailable:
    return Unavailable(
        "document_damaged", "The stored document is not what it was; the operator must restore it from a backup."
    )


def _request(signature: Signature, subject: Mapping[str, str], signed_at: datetime) -> SignatureRequest:
    placement = placement_of(signature)
    text = render_signature_text(DEFAULT_SIGNATURE_TEXT, subject) if placement else ()
    return SignatureRequest(
        placement=placement,
        lines=(*text, f"{signed_at:%Y-%m-%d %H:%M} UTC") if placement else (),
        reason=signature.reason or None,
        name=subject.get("commonName"),
    )
