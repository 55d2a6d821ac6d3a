"""What a time-stamping authority answers: a token over the imprint that was asked, or why there is none.

RFC 3161 §2.4.2, with ESSCertIDv2 (RFC 5816); the token is a CMS SignedData (RFC 5652).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1

from sigillo.pki.assembly import SIGNATURE_ALGORITHMS, instant
from sigillo.pki.keys import LocalKey
from sigillo.pki.tsa import StampRequest, Unstampable, imprint_of


@dataclass(frozen=True, slots=True)
class StampingUnit:
    """Who stamps: the certificate that `issue_timestamping` made, its issuers without the root (DER), and its key."""

    certificate: bytes
    chain: tuple[bytes, ...]
    key: LocalKey


class _Refusal(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """A TimeStampResp without the token, which asn1crypto takes for mandatory."""

    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012 - asn1crypto completes the list itself


def refuse(why: Unstampable) -> bytes:
    """The answer that says why there is no token, DER; it is not signed (RFC 3161 §2.4.2)."""
    info = {"status": "rejection", "status_string": [why.message], "fail_info": {why.failure.value}}
    der: bytes = _Refusal({"status": info}).dump()
    return der


def stamp(unit: StampingUnit, asked: StampRequest, *, policy: str, serial: int, at: datetime) -> bytes:
    """The answer with a token, DER, signed over SHA-256.

    `at` is aware, and stated in whole seconds, the lower ones; `serial` is one that this authority never gave before
    (§2.4.2). The certificates are in it if the request asks for them.
    """
    info: dict[str, Any] = {
        "version": "v1",
        "policy": policy,
        "message_imprint": imprint_of(asked.imprint),
        "serial_number": serial,
        "gen_time": instant(at),
    }
    if asked.nonce is not None:
        info["nonce"] = asked.nonce
    token = _token(unit, tsp.TSTInfo(info).dump(), certificates=asked.certificates)
    der: bytes = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
    return der


def _token(unit: StampingUnit, content: bytes, *, certificates: bool) -> cms.ContentInfo:
    signed = {
        "version": "v3",  # the content is not id-data (RFC 5652 §5.1)
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
        "signer_infos": cms.SignerInfos.load(cms.SignerInfos([_signer(unit, content)]).dump()),
    }
    if certificates:
        carried = sorted({unit.certificate, *unit.chain})
        signed["certificates"] = [asn1.Certificate.load(der) for der in carried]
    der = cms.SignedData(signed).dump()
    # Loaded anew, else each value around it would encode it again.
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData.load(der)})


def _signer(unit: StampingUnit, content: bytes) -> cms.SignerInfo:
    issuer, serial = _name_of(unit.certificate)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [sha256(content).digest()]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [_identifier(unit.certificate)]}),
        ]
    ).dump()
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": {"issuer_and_serial_number": {"issuer": asn1.Name.load(issuer), "serial_number": serial}},
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": cms.CMSAttributes.load(attributes),
            "signature_algorithm": {"algorithm": SIGNATURE_ALGORITHMS[unit.key.algorithm]},
            "signature": unit.key.sign(attributes),
        }
    )
    return cms.SignerInfo.load(info.dump())


@lru_cache(maxsize=16)
def _name_of(certificate: bytes) -> tuple[bytes, int]:
    """Issuer, as encoded, and serial number of a certificate (DER)."""
    read = asn1.Certificate.load(certificate)
    return read.issuer.dump(), read.serial_number


@lru_cache(maxsize=16)
def _identifier(certificate: bytes) -> tsp.SigningCertificateV2:
    """Which certificate signed, by its SHA-256: the DEFAULT, which is left out (RFC 5816 §2.2.1, RFC 5035 §4)."""
    return tsp.SigningCertificateV2({"certs": [{"cert_hash": sha256(certificate).digest()}]})
