"""CMS SignedData for PAdES B-B, spliced from a template instead of built each time.

For one signer everything in the CMS is constant but the 32 bytes of the message digest and the
signature value: no signing-time is carried, because in PAdES the time is /M of the signature
dictionary (ETSI EN 319 142-1, 6.3 requires signing-time to be absent). So the DER before and after
the digest is built once with asn1crypto, checked once against asn1crypto, and kept.

Sources: RFC 5652 (CMS), RFC 5035 (signing-certificate-v2), RFC 6211 (algorithm protection),
RFC 5754 (SHA-2 in CMS), ETSI EN 319 122-1 (CAdES attributes), ETSI EN 319 142-1 (PAdES baseline).
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Literal

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sigillo.engine.errors import EngineError
from sigillo.engine.types import Signer, SigningKey

Algorithm = Literal["rsa", "ec"]
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

DIGEST_SIZE = 32
TEMPLATES_KEPT = 512
"""Chains whose template is kept; one is about 5 kB beside the certificates themselves."""


@dataclass(frozen=True, slots=True)
class CmsTemplate:
    """The constant bytes of one signer's CMS, and what it takes to complete them.

    `attributes_head` and `attributes_tail` surround the digest inside the DER *SET OF* signed
    attributes; the other byte strings are finished DER. Lengths around the signature value are written
    when its size is known, which for ECDSA is only after signing.
    """

    algorithm: Algorithm
    public_key: PublicKey
    attributes_head: bytes
    attributes_tail: bytes
    certificates: bytes
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

    def sign(self, digest: bytes, key: SigningKey) -> bytes:
        """The DER ContentInfo over content whose SHA-256 is `digest` (RFC 5652, 5.4 and 5.6).

        The key is used once, and its answer is verified with the certificate before it is let out:
        a key handle that fails, or is another's, never makes a document with a broken signature.
        Raises EngineError `key_mismatch`.
        """
        attributes = self._signed_attributes(digest)
        signature = key.sign(attributes)
        self._check(signature, attributes)
        return self._assemble(digest, signature)

    def _signed_attributes(self, digest: bytes) -> bytes:
        """The attributes as they are signed: an explicit SET OF, not the [0] they travel in."""
        if len(digest) != DIGEST_SIZE:
            raise ValueError("the message digest must be the 32 bytes of a SHA-256")
        return self.attributes_head + digest + self.attributes_tail

    def _check(self, signature: bytes, attributes: bytes) -> None:
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

    def _assemble(self, digest: bytes, signature: bytes) -> bytes:
        attributes = b"\xa0" + self._signed_attributes(digest)[1:]
        signer_info = _sequence(
            _VERSION_1 + self.signer_id + _SHA256 + attributes + self.signature_algorithm + _tlv(0x04, signature)
        )
        signed_data = _sequence(
            _VERSION_1 + _tlv(0x31, _SHA256) + _DETACHED_DATA + self.certificates + _tlv(0x31, signer_info)
        )
        return _sequence(_SIGNED_DATA + _tlv(0xA0, signed_data))


def _tlv(tag: int, value: bytes) -> bytes:
    """DER tag, definite length of the fewest bytes, value (X.690, 10.1)."""
    size = len(value)
    if size < 0x80:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + value


def _sequence(value: bytes) -> bytes:
    return _tlv(0x30, value)


_VERSION_1 = b"\x02\x01\x01"
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DETACHED_DATA = _sequence(bytes.fromhex("06092a864886f70d010701"))
_SHA256 = _sequence(bytes.fromhex("0609608648016503040201"))
_SIGNATURE_ALGORITHMS: dict[Algorithm, bytes] = {
    "rsa": _sequence(bytes.fromhex("06092a864886f70d01010b0500")),  # sha256WithRSAEncryption, NULL
    "ec": _sequence(bytes.fromhex("06082a8648ce3d040302")),  # ecdsa-with-SHA256, no parameters
}


@lru_cache(maxsize=TEMPLATES_KEPT)
def _template(certificate: bytes, chain: tuple[bytes, ...], algorithm: Algorithm) -> CmsTemplate:
    try:
        leaf = x509.Certificate.load(certificate, strict=True)
        for link in chain:
            x509.Certificate.load(link, strict=True).subject.dump()
        public_key = load_der_public_key(leaf.public_key.dump())
        signer_id = _sequence(leaf.issuer.dump() + core.Integer(leaf.serial_number).dump())
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
    attributes = _attributes(certificate, algorithm).dump()
    marker = attributes.index(_PLACEHOLDER)
    return CmsTemplate(
        algorithm=algorithm,
        public_key=public_key,
        attributes_head=attributes[:marker],
        attributes_tail=attributes[marker + DIGEST_SIZE :],
        # DER SET OF is in ascending order of the encodings (X.690, 11.6).
        certificates=_tlv(0xA0, b"".join(sorted({certificate, *chain}))),
        signer_id=signer_id,
        signature_algorithm=_SIGNATURE_ALGORITHMS[algorithm],
        max_signature=_max_signature(public_key),
    )


_PLACEHOLDER = bytes(range(0xE0, 0x100))


def _attributes(certificate: bytes, algorithm: Algorithm) -> cms.CMSAttributes:
    """The signed attributes of PAdES B-B (ETSI EN 319 142-1, table 1), with a marker for the digest.

    ESSCertIDv2 leaves out hashAlgorithm, whose DEFAULT is SHA-256, and issuerSerial, which the signer
    identifier states already (RFC 5035, 4).
    """
    identifier = tsp.ESSCertIDv2({"cert_hash": sha256(certificate).digest()})
    protection = {
        "digest_algorithm": algos.DigestAlgorithm.load(_SHA256),
        "signature_algorithm": algos.SignedDigestAlgorithm.load(_SIGNATURE_ALGORITHMS[algorithm]),
    }
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [_PLACEHOLDER]}),
            cms.CMSAttribute(
                {
                    "type": "signing_certificate_v2",
                    "values": [tsp.SigningCertificateV2({"certs": [identifier]})],
                }
            ),
            cms.CMSAttribute({"type": "cms_algorithm_protection", "values": [cms.CMSAlgorithmProtection(protection)]}),
        ]
    )


def _max_signature(public_key: PublicKey) -> int:
    """RSA: the modulus. ECDSA: two INTEGERs of the field's size, each with a sign byte (RFC 3279, 2.2.3)."""
    size = (public_key.key_size + 7) // 8
    if isinstance(public_key, rsa.RSAPublicKey):
        return size
    integer = _tlv(0x02, bytes(size + 1))
    return len(_sequence(integer + integer))


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
        and b"".join(link.dump() for link in content["content"]["certificates"]) in template.certificates
    )
    if not agrees:
        raise EngineError(
            "signer_unusable",
            "The signer's certificates do not fit into a CMS; ask the authority for certificates in DER.",
        )
