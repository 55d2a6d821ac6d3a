"""What a time-stamping authority answered, believed only as far as it proves itself (RFC 3161 §2.2 and §2.3).

The token must be over what was asked, for this request and no earlier one, of about this moment, and signed by the key
of a certificate that is for time-stamps alone, is in date, and leads to one of the given roots where there are any.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from sigillo.base.errors import Invalid
from sigillo.pki.tsa import UNREADABLE, Imprint, StampRequest
from sigillo.pki.verification import chain_of

Asn1 = Any
"""One of asn1crypto's values (asn1crypto has no types)."""

_UNREADABLE = (
    *UNREADABLE,
    AttributeError,  # where asn1crypto met another type than it expected
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
CLOCK_SKEW = timedelta(minutes=5)
"""How far the authority's clock may lie from ours; one of the two is wrong beyond it."""
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A time-stamp that holds: the CMS as it came (DER), the moment that it states, and who states it (DER)."""

    der: bytes
    at: datetime
    certificate: bytes


def read_answer(answer: bytes, asked: StampRequest, *, at: datetime, roots: Sequence[bytes] = ()) -> Token:
    """The token of an answer (DER) to `asked`, received at the aware moment `at`.

    `roots` are DER certificates. Without any, the authority's certificate has to be all that this module's head asks
    of it, but by whom it was issued is left to those who rely on the time-stamp.

    Raises Invalid, with a sentence that says what is wrong: `timestamp_refused`, `timestamp_malformed`,
    `timestamp_imprint`, `timestamp_nonce`, `timestamp_policy`, `timestamp_time`, `timestamp_certificate`,
    `timestamp_signature`.
    """
    try:
        token = _granted(answer)
        signed = cms.ContentInfo.load(token, strict=True)["content"]
        content = signed["encap_content_info"]
        if content["content_type"].native != "tst_info":
            raise _malformed("it signs something else than a time")
        stated = bytes(content["content"])
        moment = _moment(tsp.TSTInfo.load(stated, strict=True), asked, at)
        certificate = _check_signer(signed, stated, moment, roots)
    except _UNREADABLE as error:
        raise _malformed(f"it cannot be read ({type(error).__name__})") from error
    return Token(token, moment, certificate)


def _granted(answer: bytes) -> bytes:
    """The token of an answer that has one."""
    parts = core.SequenceOf.load(answer, spec=core.Any, strict=True)
    status = parts[0].parse(spec=tsp.PKIStatusInfo)
    if status["status"].native not in ("granted", "granted_with_mods"):
        failures = ", ".join(sorted(str(failure) for failure in status["fail_info"].native or ()))
        raise Invalid("timestamp_refused", f"The authority refuses to time-stamp ({failures or 'without a reason'}).")
    if len(parts) != 2:
        raise _malformed("it grants a time-stamp and holds none")
    der: bytes = parts[1].dump()
    return der


def _moment(info: tsp.TSTInfo, asked: StampRequest, at: datetime) -> datetime:
    """When it says that it was; every other statement has to be the one that was asked for."""
    imprint = info["message_imprint"]
    if Imprint(imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native) != asked.imprint:
        raise Invalid("timestamp_imprint", "The time-stamp is over something else than what was sent.")
    if info["nonce"].native != asked.nonce:
        raise Invalid("timestamp_nonce", "The time-stamp answers another request than the one that was sent.")
    if asked.policy is not None and info["policy"].native != asked.policy:
        raise Invalid("timestamp_policy", "The time-stamp was made under another policy than was asked for.")
    if any(extension["critical"].native for extension in info["extensions"] or ()):
        raise _malformed("it holds a critical extension that nobody here knows")
    moment: datetime = info["gen_time"].native
    if abs(moment - at) > CLOCK_SKEW:
        message = f"The time-stamp says {moment:%Y-%m-%d %H:%M:%S} UTC, which is not now; one of the clocks is wrong."
        raise Invalid("timestamp_time", message)
    return moment.astimezone(UTC)


def _check_signer(signed: Asn1, content: bytes, moment: datetime, roots: Sequence[bytes]) -> bytes:
    """Check who signed and how; the certificate in DER."""
    signers, carried = signed["signer_infos"], _certificates(signed)
    if len(signers) != 1:
        raise _malformed(f"it has {len(signers)} signers and may have one")
    signer = signers[0]
    attributes = _attributes(signer)
    der = _named(signer["sid"], carried)
    _check_identifier(attributes, der)
    certificate = x509.load_der_x509_certificate(der)
    _check_certificate(certificate, moment)
    if roots and not _leads_to(der, carried, roots, moment):
        raise _unsuitable("leads to none of the roots that were given for time-stamps")
    digest = _HASHES.get(signer["digest_algorithm"]["algorithm"].native)
    if digest is None:
        raise Invalid("timestamp_signature", "The time-stamp is signed over a digest that is too weak.")
    if attributes["content_type"].native != "tst_info":
        raise _malformed("its signed attributes are those of something else")
    if attributes["message_digest"].native != hashlib.new(digest.name, content).digest():
        raise Invalid("timestamp_signature", "The time-stamp was changed after it was signed.")
    if not _holds(certificate, signer, digest):
        raise Invalid("timestamp_signature", "The signature of the time-stamp does not verify with its certificate.")
    return der


def _certificates(signed: Asn1) -> list[bytes]:
    return [choice.chosen.dump() for choice in signed["certificates"] or () if choice.name == "certificate"]


def _attributes(signer: Asn1) -> dict[str, Asn1]:
    """The signed attributes by name, each once (RFC 5652 §5.3)."""
    found: dict[str, Asn1] = {}
    for attribute in signer["signed_attrs"]:
        name = attribute["type"].native
        if name in found or len(attribute["values"]) != 1:
            raise _malformed(f"its signed attribute {name} is there twice")
        found[name] = attribute["values"][0]
    return found


def _named(sid: Asn1, carried: Iterable[bytes]) -> bytes:
    """The certificate that the signer identifier names; names are compared as encoded."""
    for der in carried:
        certificate = cms.Certificate.load(der)
        if sid.name == "issuer_and_serial_number":
            named = (certificate.issuer.dump(), certificate.serial_number) == (
                sid.chosen["issuer"].dump(),
                sid.chosen["serial_number"].native,
            )
        else:
            named = certificate.key_identifier == sid.chosen.native
        if named:
            return der
    raise _unsuitable("is not in the time-stamp, although it was asked for")


def _check_identifier(attributes: dict[str, Asn1], certificate: bytes) -> None:
    """The first identifier of signing-certificate(-v2) is the signer's (RFC 3161 §2.4.2, RFC 5816 §2.2.1)."""
    if (value := attributes.get("signing_certificate_v2")) is not None:
        identifier = value["certs"][0]
        algorithm = _HASHES[identifier["hash_algorithm"]["algorithm"].native].name
    else:  # the older attribute, which hashes with SHA-1
        identifier, algorithm = attributes["signing_certificate"]["certs"][0], "sha1"
    if hashlib.new(algorithm, certificate, usedforsecurity=False).digest() != identifier["cert_hash"].native:
        raise _unsuitable("is not the one that its signed attributes name")


def _check_certificate(certificate: x509.Certificate, moment: datetime) -> None:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        raise _unsuitable("is not for time-stamps") from None
    if list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING] or not purposes.critical:
        raise _unsuitable("is not for time-stamps alone, in a critical extension")
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        raise _unsuitable(
            f"is not in date: it ended on {certificate.not_valid_after_utc:%Y-%m-%d}, or is still to begin"
        )


def _leads_to(certificate: bytes, carried: Sequence[bytes], roots: Sequence[bytes], moment: datetime) -> bool:
    """Whether one of the roots vouches for it, through authorities that are in date."""
    if certificate in roots:
        return True
    for der in chain_of(certificate, (*roots, *carried)):
        link = x509.load_der_x509_certificate(der)
        if not (_is_authority(link) and link.not_valid_before_utc <= moment <= link.not_valid_after_utc):
            return False
        if der in roots:
            return True
    return False


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _holds(certificate: x509.Certificate, signer: Asn1, digest: hashes.HashAlgorithm) -> bool:
    """RFC 5652 §5.4: over the attributes as an explicit SET OF; with the digest that the signer states."""
    key, algorithm = certificate.public_key(), signer["signature_algorithm"]
    signature, attributes = signer["signature"].native, signer["signed_attrs"].untag().dump()
    if algorithm["algorithm"].native != "rsassa_pkcs1v15" and algorithm.hash_algo != digest.name:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm.signature_algo == "rsassa_pkcs1v15":
            key.verify(signature, attributes, padding.PKCS1v15(), digest)
        elif isinstance(key, rsa.RSAPublicKey) and algorithm.signature_algo == "rsassa_pss":
            pss = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
            key.verify(signature, attributes, pss, digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.signature_algo == "ecdsa":
            key.verify(signature, attributes, ec.ECDSA(digest))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _malformed(fault: str) -> Invalid:
    return Invalid("timestamp_malformed", f"The answer is no usable time-stamp: {fault}.")


def _unsuitable(fault: str) -> Invalid:
    return Invalid("timestamp_certificate", f"The certificate of the time-stamping authority {fault}.")
