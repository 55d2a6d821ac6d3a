"""Whether a CMS signature holds (RFC 5652), by the attributes that PAdES asks for (ETSI EN 319 142-1, 6.3).

Signed attributes are required, always: without them a signature over attributes can be passed off as one over
a document that consists of those very bytes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, core, parser, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from sigillo.engine.validation.report import Finding, Gravity

Key = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
Asn1 = Any
"""One of asn1crypto's values (asn1crypto has no types)."""

DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}
MIN_RSA_BITS = 2048
MIN_EC_BITS = 256
PADES = "/ETSI.CAdES.detached"
TIMESTAMP = "/ETSI.RFC3161"
SUBFILTERS = frozenset({PADES, "/adbe.pkcs7.detached", TIMESTAMP})
CADES = "CAdES"
"""In the place of a subfilter, for a signer of an envelope; no PDF can say it."""


class CmsError(Exception):
    """What is in /Contents is no CMS signature that can be examined further; `finding` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.finding = Finding(code, message)


@dataclass(frozen=True, slots=True)
class SignedCms:
    """One CMS SignedData with its one signer, parsed but not yet believed.

    `certificates` are DER, `certificate` is the signer's among them, `key` its public key; `file_algorithm` is the
    digest to take over the document, in hashlib's spelling.
    """

    signed_data: Asn1
    signer_info: Asn1
    attributes: dict[str, Asn1]
    certificates: tuple[bytes, ...]
    certificate: bytes
    key: Key
    file_algorithm: str
    subfilter: str

    @property
    def signing_time(self) -> datetime | None:
        """The signing-time attribute (RFC 5652, 11.3), which PAdES leaves out in favour of /M."""
        value = self.attributes.get("signing_time")
        return value.native.astimezone(UTC) if value is not None else None


@dataclass(frozen=True, slots=True)
class Examined:
    """The two questions of a signature value, and what was noticed on the way."""

    intact: bool
    valid: bool
    findings: tuple[Finding, ...]


def read_cms(contents: bytes, subfilter: str) -> SignedCms:
    """Parse the bytes of /Contents. Raises CmsError where they are not one complete, detached SignedData."""
    if subfilter not in SUBFILTERS:
        raise CmsError(
            "subfilter_unsupported",
            f"The signature is of the kind {subfilter or 'none'}, which PAdES does not know.",
        )
    content_info = cms.ContentInfo.load(_without_padding(contents))
    if content_info["content_type"].native != "signed_data":
        raise CmsError("not_signed_data", "The signature holds no CMS SignedData.")
    signed_data = content_info["content"]
    signer_infos = signed_data["signer_infos"]
    if len(signer_infos) != 1:
        raise CmsError("signer_count", f"The signature has {len(signer_infos)} signers; PAdES allows exactly one.")
    return read_signer(signed_data, signer_infos[0], subfilter)


def read_signer(signed_data: Asn1, signer_info: Asn1, subfilter: str) -> SignedCms:
    """One signer of a detached SignedData. Raises CmsError where it cannot be examined further."""
    certificates = tuple(
        choice.chosen.dump() for choice in (signed_data["certificates"] or ()) if choice.name == "certificate"
    )
    certificate = _signer_certificate(signed_data, signer_info)
    return SignedCms(
        signed_data,
        signer_info,
        _attributes(signer_info),
        certificates,
        certificate,
        _public_key(certificate),
        _file_algorithm(signed_data, signer_info, subfilter),
        subfilter,
    )


def _without_padding(contents: bytes) -> bytes:
    """The one DER value at the start; after it only the zeros that reserve room may stand."""
    parts = parser.parse(contents)
    size = sum(len(part) for part in parts[3:6])
    if contents[size:].strip(b"\0"):
        raise CmsError("contents_padding", "Other data than padding follows the CMS in /Contents.")
    return contents[:size]


def _attributes(signer_info: Asn1) -> dict[str, Asn1]:
    """The signed attributes by name (RFC 5652, 5.3): each at most once and with one value."""
    attributes = signer_info["signed_attrs"]
    if isinstance(attributes, core.Void) or not len(attributes):
        raise CmsError(
            "no_signed_attributes",
            "The signature has no signed attributes; it may be one over something else, passed off.",
        )
    found: dict[str, Asn1] = {}
    for attribute in attributes:
        name = attribute["type"].native
        if name in found or len(attribute["values"]) != 1:
            raise CmsError("attribute_repeated", f"The signed attribute {name} is there more than once.")
        found[name] = attribute["values"][0]
    return found


def _signer_certificate(signed_data: Asn1, signer_info: Asn1) -> bytes:
    """The certificate that the signer identifier names (RFC 5652, 5.3); names are compared as encoded."""
    sid = signer_info["sid"]
    for choice in signed_data["certificates"] or ():
        if choice.name != "certificate":
            continue
        certificate = choice.chosen
        if sid.name == "issuer_and_serial_number":
            named = (
                certificate.issuer.dump() == sid.chosen["issuer"].dump()
                and certificate.serial_number == sid.chosen["serial_number"].native
            )
        else:
            named = certificate.key_identifier is not None and certificate.key_identifier == sid.chosen.native
        if named:
            return bytes(certificate.dump())
    raise CmsError("no_signer_certificate", "The signature does not carry the certificate of its signer.")


def _public_key(certificate: bytes) -> Key:
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise CmsError("key_unsupported", "The signer's key is neither an RSA key nor one on a known elliptic curve.")
    return key


def _file_algorithm(signed_data: Asn1, signer_info: Asn1, subfilter: str) -> str:
    content = signed_data["encap_content_info"]
    expected = "tst_info" if subfilter == TIMESTAMP else "data"
    if content["content_type"].native != expected:
        raise CmsError("content_kind", f"The CMS signs content of the kind {content['content_type'].native}.")
    if subfilter == TIMESTAMP:
        algorithm = content["content"].parsed["message_imprint"]["hash_algorithm"]["algorithm"].native
    elif content["content"].native is not None:
        raise CmsError("not_detached", "The CMS carries content of its own instead of signing the document.")
    else:
        algorithm = signer_info["digest_algorithm"]["algorithm"].native
    if algorithm not in DIGESTS:
        raise CmsError("weak_digest", f"The digest algorithm {algorithm} is too weak; SHA-256 or better is needed.")
    return str(algorithm)


def examine(signed: SignedCms, file_digest: bytes) -> Examined:
    """Check the attributes against the document's digest and the signature value against the signer's key."""
    intact = _stated_digest(signed) == file_digest
    findings = [*_attribute_findings(signed), *_key_findings(signed.key)]
    if not intact:
        findings.append(Finding("bytes_changed", "The signed bytes are not those that were signed."))
    if not _signature_holds(signed):
        findings.append(Finding("signature_wrong", "The signature does not verify with the key of its certificate."))
    of_cms = [finding for finding in findings if finding.gravity is Gravity.FAULT and finding.code != "bytes_changed"]
    return Examined(intact, not of_cms, tuple(findings))


def _stated_digest(signed: SignedCms) -> bytes | None:
    """The digest of the document that the signature states, None where its statements do not fit."""
    stated = signed.attributes.get("message_digest")
    if signed.subfilter != TIMESTAMP:
        return None if stated is None else bytes(stated.native)
    content = signed.signed_data["encap_content_info"]["content"]
    algorithm = signed.signer_info["digest_algorithm"]["algorithm"].native
    if algorithm not in DIGESTS or stated is None:
        return None
    if hashlib.new(algorithm, bytes(content)).digest() != stated.native:
        return None
    return bytes(content.parsed["message_imprint"]["hashed_message"].native)


def _attribute_findings(signed: SignedCms) -> Iterator[Finding]:
    attributes = signed.attributes
    expected = signed.signed_data["encap_content_info"]["content_type"].native
    if "content_type" not in attributes or attributes["content_type"].native != expected:
        yield Finding("no_content_type", "The signed attributes do not state the kind of content (content-type).")
    if "message_digest" not in attributes:
        yield Finding("no_message_digest", "The signed attributes do not state a digest of the document.")
    algorithm = signed.signer_info["digest_algorithm"]["algorithm"].native
    if algorithm not in DIGESTS:
        yield Finding("weak_digest", f"The digest algorithm {algorithm} is too weak; SHA-256 or better is needed.")
    yield from _signing_certificate_findings(signed)
    protection = attributes.get("cms_algorithm_protection")
    if protection is not None and not _protects(protection, signed.signer_info):
        yield Finding("algorithm_swapped", "The algorithms of the signature are not those its attributes state.")


def _protects(protection: Asn1, signer_info: Asn1) -> bool:
    """RFC 6211, 2: the attribute repeats the two algorithm identifiers of the signer info."""
    return bool(
        protection["digest_algorithm"].native == signer_info["digest_algorithm"].native
        and protection["signature_algorithm"].native == signer_info["signature_algorithm"].native
    )


def _signing_certificate_findings(signed: SignedCms) -> Iterator[Finding]:
    """RFC 5035, 5.4: the first identifier of signing-certificate(-v2) is that of the signer's certificate."""
    value = signed.attributes.get("signing_certificate_v2")
    if value is not None:
        identifier = tsp.SigningCertificateV2.load(value.dump())["certs"][0]
        algorithm = identifier["hash_algorithm"]["algorithm"].native
    elif (value := signed.attributes.get("signing_certificate")) is not None:
        identifier, algorithm = tsp.SigningCertificate.load(value.dump())["certs"][0], "sha1"
    else:
        # /SubFilter is among the signed bytes: where it does not promise CAdES, this is an older habit.
        gravity = Gravity.DOUBT if signed.subfilter == "/adbe.pkcs7.detached" else Gravity.FAULT
        yield Finding(
            "no_signing_certificate",
            "The signed attributes do not name the signer's certificate (signing-certificate-v2).",
            gravity,
        )
        return
    digest = hashlib.new(algorithm, signed.certificate, usedforsecurity=False).digest()
    if digest != identifier["cert_hash"].native:
        yield Finding(
            "signing_certificate_differs",
            "The certificate in the signature is not the one its signer signed with.",
        )


def _key_findings(key: Key) -> Iterator[Finding]:
    minimum = MIN_RSA_BITS if isinstance(key, rsa.RSAPublicKey) else MIN_EC_BITS
    if key.key_size < minimum:
        yield Finding("weak_key", f"The signer's key has {key.key_size} bits; at least {minimum} are needed.")


def _signature_holds(signed: SignedCms) -> bool:
    """RFC 5652, 5.4: the signature is over the attributes as an explicit SET OF, not under their [0]."""
    signer_info = signed.signer_info
    attributes = signer_info["signed_attrs"].untag().dump()
    signature = signer_info["signature"].native
    key = signed.key
    algorithm = signer_info["signature_algorithm"]
    digest = DIGESTS.get(signer_info["digest_algorithm"]["algorithm"].native)
    if digest is None or not _algorithms_agree(signer_info):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm.signature_algo == "rsassa_pkcs1v15":
            key.verify(signature, attributes, padding.PKCS1v15(), digest)
        elif isinstance(key, rsa.RSAPublicKey) and algorithm.signature_algo == "rsassa_pss":
            key.verify(signature, attributes, _pss(algorithm, digest), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.signature_algo == "ecdsa":
            key.verify(signature, attributes, ec.ECDSA(digest))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _algorithms_agree(signer_info: Asn1) -> bool:
    """Whether the signature algorithm hashes with the digest algorithm that the signer info states."""
    algorithm = signer_info["signature_algorithm"]
    stated = signer_info["digest_algorithm"]["algorithm"].native
    if algorithm["algorithm"].native in {"rsassa_pkcs1v15", "rsa"}:
        return True  # rsaEncryption names no digest of its own (RFC 3370, 3.2)
    return bool(algorithm.hash_algo == stated)


def _pss(algorithm: Asn1, digest: hashes.HashAlgorithm) -> padding.PSS:
    """RFC 4055, 3.1: the mask generation function is MGF1, its hash and the salt's length are parameters."""
    parameters = algorithm["parameters"]
    mask = DIGESTS.get(parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native, digest)
    return padding.PSS(mgf=padding.MGF1(mask), salt_length=int(parameters["salt_length"].native))
