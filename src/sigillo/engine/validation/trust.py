"""Whether one of the explicit roots vouches for a signer (RFC 5280, 6). The system's roots are never asked."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509 import oid, verification

from sigillo.engine.validation.report import SignerCertificate

MAX_DEPTH = 6
"""Issuing authorities between a signer and a root."""


class Roots:
    """The roots of one validation, and the chains already found under them."""

    def __init__(self, roots: Sequence[bytes]) -> None:
        """`roots` are DER certificates. Raises ValueError where one of them is not."""
        self._roots = [x509.load_der_x509_certificate(der) for der in roots]
        self._known: dict[tuple[bytes, tuple[bytes, ...], datetime, bool], bool] = {}

    def vouch_for(self, certificate: bytes, others: tuple[bytes, ...], moment: datetime, *, timestamps: bool) -> bool:
        """Whether a chain through `others` leads from `certificate` to a root, all in force at `moment`.

        The signer's key usage must allow signatures (digitalSignature or nonRepudiation); with `timestamps`
        its extended key usage must be timeStamping (RFC 3161, 2.3).
        """
        asked = (certificate, others, moment, timestamps)
        if asked not in self._known:
            self._known[asked] = self._build(certificate, others, moment, timestamps)
        return self._known[asked]

    def _build(self, certificate: bytes, others: tuple[bytes, ...], moment: datetime, timestamps: bool) -> bool:
        if not self._roots:
            return False
        ca_policy, signer_policy = _policies(timestamps)
        builder = verification.PolicyBuilder().store(verification.Store(self._roots)).time(moment)
        builder = builder.max_chain_depth(MAX_DEPTH).extension_policies(ca_policy=ca_policy, ee_policy=signer_policy)
        try:
            leaf = x509.load_der_x509_certificate(certificate)
            links = list(_readable(der for der in others if der != certificate))
            builder.build_client_verifier().verify(leaf, links)
        except (verification.VerificationError, ValueError):
            return False
        return True


def _readable(certificates: Iterable[bytes]) -> Iterator[x509.Certificate]:
    """The links that can be read; one that cannot is no link, and a chain may do without it."""
    for der in certificates:
        try:
            yield x509.load_der_x509_certificate(der)
        except (ValueError, x509.InvalidVersion):
            continue


def _policies(timestamps: bool) -> tuple[verification.ExtensionPolicy, verification.ExtensionPolicy]:
    """What RFC 5280, 6.1.4 asks of an authority, and what a signer's certificate must allow."""
    agnostic = verification.Criticality.AGNOSTIC
    authority = (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, agnostic, None)
        .may_be_present(x509.KeyUsage, agnostic, _may_issue)
    )
    signer = verification.ExtensionPolicy.permit_all().may_be_present(x509.KeyUsage, agnostic, _may_sign)
    if timestamps:
        signer = signer.require_present(x509.ExtendedKeyUsage, agnostic, _may_stamp)
    return authority, signer


def _may_issue(_policy: object, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("an issuer whose key may not sign certificates")


def _may_sign(_policy: object, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise ValueError("a signer whose key may not sign documents")


def _may_stamp(_policy: object, _certificate: x509.Certificate, usage: x509.ExtendedKeyUsage) -> None:
    if oid.ExtendedKeyUsageOID.TIME_STAMPING not in usage:
        raise ValueError("a time-stamp by a key that is not for time-stamps")


def describe(certificate: bytes) -> SignerCertificate:
    """The facts of a DER certificate that people ask for. Raises ValueError where it cannot be read."""
    read = x509.load_der_x509_certificate(certificate)
    names = read.subject.get_attributes_for_oid(oid.NameOID.COMMON_NAME)
    return SignerCertificate(
        common_name=str(names[0].value) if names else "",
        subject=read.subject.rfc4514_string(),
        issuer=read.issuer.rfc4514_string(),
        serial=format(read.serial_number, "x"),
        not_before=read.not_valid_before_utc.astimezone(UTC),
        not_after=read.not_valid_after_utc.astimezone(UTC),
    )
