"""CMS SignedData spliced from a template instead of built each time: detached for PAdES, its parts for CAdES.

For one signer everything in the CMS is constant but the 32 bytes of the message digest, the signature value and, in
CAdES, the signing-time; in PAdES the time is /M of the signature dictionary (ETSI EN 319 142-1, 6.3 requires
signing-time to be absent). So the constant DER is built once with asn1crypto, checked once against it, and kept.

Sources: RFC 5652 (CMS), RFC 5035 (signing-certificate-v2), RFC 6211 (algorithm protection),
RFC 5754 (SHA-2 in CMS), ETSI EN 319 122-1 (CAdES attributes), ETSI EN 319 142-1 (PAdES baseline).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Literal

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sigillo.engine.der import INTEGER, OCTETS, SET, sequence, set_of, tlv
from sigillo.engine.errors import EngineError, OutOfRoom
from sigillo.engine.types import Signer, SigningKey, TimestampSource

Algorithm = Literal["rsa", "ec"]
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

DIGEST_SIZE = 32
TEMPLATES_KEPT = 512
"""Chains whose template is kept; one is about 5 kB beside the certificates themselves."""


@dataclass(frozen=True, slots=True)
class CmsTemplate:
    """The constant bytes of one signer's CMS, and what it takes to complete them.

    `attributes` are the signed attributes that never change; each byte string is finished DER. Lengths around the
    signature value are written when its size is known, which for ECDSA is only after signing.
    """

    algorithm: Algorithm
    public_key: PublicKey
    attributes: tuple[bytes, ...]
    certificates: tuple[bytes, ...]
    """The signer's and its chain, DER, as they are carried: in ascending order."""
    certificate_set: bytes
    signer_id: bytes
    signature_algorithm: bytes
    max_signature: int
    """Largest signature value that this key can make, in bytes."""

    @staticmethod
    def for_signer(signer: Signer) -> "CmsTemplate":
        """The template of this signer, from a bounded cache of pure values keyed by the certificates.

        Raises EngineError `signer_unusable` where the certificates cannot be read or the key's family
        is not the certificate's.
        """
        return _template(signer.certificate, tuple(signer.chain), signer.key.algorithm)

    @property
    def max_size(self) -> int:
        """Exact size in bytes of the largest CMS this signer can make: what /Contents must hold."""
        return len(self._assemble(bytes(DIGEST_SIZE), bytes(self.max_signature)))

    def max_size_with(self, timestamps: TimestampSource | None) -> int:
        """The same where the CMS carries a time-stamp of that source, whose tokens take `room` at most."""
        if timestamps is None:
            return self.max_size
        unsigned = _signature_timestamp(bytes(timestamps.room))
        return len(self._assemble(bytes(DIGEST_SIZE), bytes(self.max_signature), unsigned))

    def sign(self, digest: bytes, key: SigningKey, timestamps: TimestampSource | None = None) -> bytes:
        """The DER ContentInfo over content whose SHA-256 is `digest` (RFC 5652, 5.4 and 5.6).

        The key is used once, and its answer is verified with the certificate before it is let out:
        a key handle that fails, or is another's, never makes a document with a broken signature.
        Raises EngineError `key_mismatch`, OutOfRoom where the time-stamp takes more than its source said, and
        whatever the source raises.
        """
        attributes = self._signed_attributes(digest)
        signature = self._signature(attributes, key)
        unsigned = b""
        if timestamps is not None:
            token = timestamps.stamp(sha256(signature).digest())
            if len(token) > timestamps.room:
                raise OutOfRoom(
                    "timestamp_too_large",
                    "The time-stamp is larger than those before it; the next try has room for it.",
                )
            unsigned = _signature_timestamp(token)
        return self._assemble(digest, signature, unsigned)

    def sign_info(
        self, digest: bytes, key: SigningKey, *, signed_at: datetime, timestamps: TimestampSource | None = None
    ) -> bytes:
        """The DER SignerInfo over content whose SHA-256 is `digest`, with the signing-time of CAdES.

        `signed_at` is an aware time. Raises like `sign`, but for the room, which nothing here limits.
        """
        attributes = self._signed_attributes(digest, _signing_time(signed_at))
        signature = self._signature(attributes, key)
        token = timestamps.stamp(sha256(signature).digest()) if timestamps is not None else b""
        return self._signer_info(attributes, signature, _signature_timestamp(token) if token else b"")

    def _signed_attributes(self, digest: bytes, *more: bytes) -> bytes:
        """The attributes as they are signed: an explicit SET OF, not the [0] they travel in."""
        if len(digest) != DIGEST_SIZE:
            raise ValueError("the message digest must be the 32 bytes of a SHA-256")
        return set_of(*self.attributes, _attribute(_MESSAGE_DIGEST, tlv(OCTETS, digest)), *more)

    def _signature(self, attributes: bytes, key: SigningKey) -> bytes:
        signature = key.sign(attributes)
        try:
            if isinstance(self.public_key, rsa.RSAPublicKey):
                self.public_key.verify(signature, attributes, padding.PKCS1v15(), hashes.SHA256())
            else:
                self.public_key.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise EngineError(
                "key_mismatch",
                "The private key did not make a signature that the signer's certificate verifies; "
                "check that key and certificate belong together.",
            ) from error
        return signature

    def _assemble(self, digest: bytes, signature: bytes, unsigned: bytes = b"") -> bytes:
        signer_info = self._signer_info(self._signed_attributes(digest), signature, unsigned)
        signed_data = sequence(_DETACHED, self.certificate_set, tlv(SET, signer_info))
        return sequence(SIGNED_DATA, tlv(0xA0, signed_data))

    def _signer_info(self, attributes: bytes, signature: bytes, unsigned: bytes) -> bytes:
        return sequence(
            VERSION_1,
            self.signer_id,
            SHA256,
            b"\xa0" + attributes[1:],
            self.signature_algorithm,
            tlv(OCTETS, signature),
            unsigned,
        )


VERSION_1 = tlv(INTEGER, b"\x01")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")
SHA256 = sequence(bytes.fromhex("0609608648016503040201"))
_DETACHED = VERSION_1 + tlv(SET, SHA256) + sequence(DATA)
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_SIGNING_TIME = bytes.fromhex("06092a864886f70d010905")
_SIGNATURE_TIME_STAMP = bytes.fromhex("060b2a864886f70d010910020e")
_SIGNATURE_ALGORITHMS: dict[Algorithm, bytes] = {
    "rsa": sequence(bytes.fromhex("06092a864886f70d01010b0500")),  # sha256WithRSAEncryption, NULL
    "ec": sequence(bytes.fromhex("06082a8648ce3d040302")),  # ecdsa-with-SHA256, no parameters
}


def _attribute(kind: bytes, value: bytes) -> bytes:
    return sequence(kind, tlv(SET, value))


def _signing_time(moment: datetime) -> bytes:
    """The attribute of RFC 5652, 11.3: UTCTime through 2049, GeneralizedTime after."""
    if moment.utcoffset() is None:
        raise ValueError("signed_at must be an aware time")
    utc = moment.astimezone(UTC)
    value = (
        tlv(0x17, f"{utc:%y%m%d%H%M%SZ}".encode()) if utc.year < 2050 else tlv(0x18, f"{utc:%Y%m%d%H%M%SZ}".encode())
    )
    return _attribute(_SIGNING_TIME, value)


def _signature_timestamp(token: bytes) -> bytes:
    """The unsigned attributes with the one that holds the token (ETSI EN 319 122-1, 5.3), under their [1]."""
    return tlv(0xA1, _attribute(_SIGNATURE_TIME_STAMP, token))


@lru_cache(maxsize=TEMPLATES_KEPT)
def _template(certificate: bytes, chain: tuple[bytes, ...], algorithm: Algorithm) -> CmsTemplate:
    try:
        leaf = x509.Certificate.load(certificate, strict=True)
        for link in chain:
            x509.Certificate.load(link, strict=True).subject.dump()
        public_key = load_der_public_key(leaf.public_key.dump())
        signer_id = sequence(leaf.issuer.dump(), core.Integer(leaf.serial_number).dump())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise EngineError("signer_unusable", "A certificate of the signer cannot be read; give each as DER.") from error
    template = _build(certificate, chain, algorithm, _supported(public_key, algorithm), signer_id)
    _check_template(template, leaf)
    return template


def _supported(public_key: object, algorithm: Algorithm) -> PublicKey:
    if algorithm == "rsa" and isinstance(public_key, rsa.RSAPublicKey):
        return public_key
    if algorithm == "ec" and isinstance(public_key, ec.EllipticCurvePublicKey):
        return public_key
    raise EngineError(
        "signer_unusable",
        f"The key handle says {algorithm!r}, which is not the key of the signer's certificate.",
    )


def _build(
    certificate: bytes,
    chain: tuple[bytes, ...],
    algorithm: Algorithm,
    public_key: PublicKey,
    signer_id: bytes,
) -> CmsTemplate:
    certificates = tuple(sorted({certificate, *chain}))
    return CmsTemplate(
        algorithm=algorithm,
        public_key=public_key,
        attributes=_attributes(certificate, algorithm),
        certificates=certificates,
        certificate_set=tlv(0xA0, b"".join(certificates)),
        signer_id=signer_id,
        signature_algorithm=_SIGNATURE_ALGORITHMS[algorithm],
        max_signature=_max_signature(public_key),
    )


def _attributes(certificate: bytes, algorithm: Algorithm) -> tuple[bytes, ...]:
    """The signed attributes of B-B that are always the same (ETSI EN 319 142-1, table 1; EN 319 122-1, table 1).

    ESSCertIDv2 leaves out hashAlgorithm, whose DEFAULT is SHA-256, and issuerSerial, which the signer
    identifier states already (RFC 5035, 4).
    """
    identifier = tsp.ESSCertIDv2({"cert_hash": sha256(certificate).digest()})
    protection = {
        "digest_algorithm": algos.DigestAlgorithm.load(SHA256),
        "signature_algorithm": algos.SignedDigestAlgorithm.load(_SIGNATURE_ALGORITHMS[algorithm]),
    }
    values = {
        "content_type": "data",
        "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [identifier]}),
        "cms_algorithm_protection": cms.CMSAlgorithmProtection(protection),
    }
    return tuple(cms.CMSAttribute({"type": kind, "values": [value]}).dump() for kind, value in values.items())


def _max_signature(public_key: PublicKey) -> int:
    """RSA: the modulus. ECDSA: two INTEGERs of the field's size, each with a sign byte (RFC 3279, 2.2.3)."""
    size = (public_key.key_size + 7) // 8
    if isinstance(public_key, rsa.RSAPublicKey):
        return size
    integer = tlv(INTEGER, bytes(size + 1))
    return len(sequence(integer, integer))


def _check_template(template: CmsTemplate, leaf: x509.Certificate) -> None:
    """Read a spliced CMS back with asn1crypto, and have its parts written anew: the bytes must be the same.

    Certificates and names are compared as they came: an authority's slips of encoding are not ours to mend.
    """
    digest = sha256(leaf.dump()).digest()
    content = cms.ContentInfo.load(template._assemble(digest, bytes(template.max_signature)), strict=True)
    signer_info = content["content"]["signer_infos"][0]
    signed = {attribute["type"].native: attribute["values"] for attribute in signer_info["signed_attrs"]}
    rewritten = all(
        signer_info[part].copy().dump(force=True) == signer_info[part].dump()
        for part in ("version", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
    )
    agrees = (
        rewritten
        and signed["message_digest"][0].native == digest
        and signed["signing_certificate_v2"][0]["certs"][0]["cert_hash"].native == digest
        and signer_info["sid"].chosen["serial_number"].native == leaf.serial_number
        and signer_info["signed_attrs"].untag().dump() == template._signed_attributes(digest)
        and tuple(link.dump() for link in content["content"]["certificates"]) == template.certificates
    )
    if not agrees:
        raise EngineError(
            "signer_unusable",
            "The signer's certificates do not fit into a CMS; ask the authority for certificates in DER.",
        )
