"""The embedded time-stamping authority: openssl writes its requests, and believes its answers and no others."""

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from sigillo.pki.authority import Issuer
from sigillo.pki.certificates import to_pem
from sigillo.pki.keys import generate_p256, generate_rsa, load_key
from sigillo.pki.tsa import DIGEST_SIZES, Failure, Imprint, StampRequest, Unstampable, read_request, write_request
from sigillo.pki.tsa_answers import StampingUnit, refuse
from tests.pki.conftest import NOW, START, Authority, openssl
from tests.support.der import assert_der
from tests.support.programs import needs
from tests.support.stamping import POLICY, Tsa, unit_of

SECOND = NOW.replace(microsecond=0)
ASKED = StampRequest(Imprint("sha256", b"i" * 32), nonce=(1 << 64) - 7, certificates=True)


def tsa_of(authority: Authority) -> Tsa:
    generate = generate_rsa if authority.issuing.key.algorithm == "rsa" else generate_p256
    chain, end = (authority.issuing.certificate,), NOW + timedelta(days=300)
    return Tsa(unit_of(authority.issuing, begin=START, end=end, chain=chain, key=load_key(generate())), NOW)


@pytest.fixture(scope="module")
def tsa(authority: Authority) -> Tsa:
    return tsa_of(authority)


@pytest.fixture(scope="module")
def quick(quick_authority: Authority) -> Tsa:
    return tsa_of(quick_authority)


def judge(directory: Path, root: Issuer, *options: str) -> str:
    """What `openssl ts -verify` says, trusting the root alone."""
    (directory / "root.pem").write_text(to_pem(root.certificate))
    command = ["openssl", "ts", "-verify", *options, "-CAfile", "root.pem"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@needs("openssl")
@pytest.mark.parametrize("algorithm", DIGEST_SIZES)
def test_openssl_believes_what_it_asked_for(tmp_path: Path, authority: Authority, tsa: Tsa, algorithm: str) -> None:
    data = tmp_path / "data"
    data.write_bytes(b"what is stamped")
    openssl("ts", "-query", "-data", data, f"-{algorithm}", "-cert", "-out", tmp_path / "query")
    (tmp_path / "reply").write_bytes(tsa.answer((tmp_path / "query").read_bytes()))
    for against in (("-queryfile", "query"), ("-data", "data")):
        assert "Verification: OK" in judge(tmp_path, authority.root, *against, "-in", "reply")
    data.write_bytes(b"what was not stamped")
    assert "message imprint mismatch" in judge(tmp_path, authority.root, "-data", "data", "-in", "reply")
    openssl("ts", "-query", "-data", data, f"-{algorithm}", "-cert", "-out", tmp_path / "other")
    assert "FAILED" in judge(tmp_path, authority.root, "-queryfile", "other", "-in", "reply")


@needs("openssl")
def test_openssl_believes_no_unit_that_is_none(tmp_path: Path, quick_authority: Authority, quick: Tsa) -> None:
    signer = StampingUnit(quick_authority.issue(), quick.unit.chain, quick_authority.signer_key)
    (tmp_path / "query").write_bytes(write_request(ASKED))
    (tmp_path / "reply").write_bytes(replace(quick, unit=signer).answer(write_request(ASKED)))
    said = judge(tmp_path, quick_authority.root, "-queryfile", "query", "-in", "reply")
    assert "FAILED" in said
    assert "unsuitable certificate purpose" in said


@needs("openssl")
def test_openssl_reads_our_requests(tmp_path: Path) -> None:
    (tmp_path / "query").write_bytes(write_request(replace(ASKED, policy=POLICY)))
    told = openssl("ts", "-query", "-in", tmp_path / "query", "-text")
    for words in ("Version: 1", "sha256", f"Policy OID: {POLICY}", "0xFFFFFFFFFFFFFFF9", "Certificate required: yes"):
        assert words in told


@pytest.mark.parametrize("asked", [ASKED, StampRequest(Imprint("sha512", b"i" * 64)), replace(ASKED, policy=POLICY)])
def test_a_request_is_read_as_it_was_written(asked: StampRequest) -> None:
    assert read_request(write_request(asked), POLICY) == asked


def _token(answer: bytes) -> tuple[cms.SignedData, tsp.TSTInfo]:
    token = tsp.TimeStampResp.load(answer, strict=True)["time_stamp_token"]
    assert_der(answer)
    return token["content"], token["content"]["encap_content_info"]["content"].parsed


def test_a_token_says_what_was_asked_and_no_more(tsa: Tsa) -> None:
    signed, info = _token(tsa.answer(write_request(ASKED)))
    assert signed["version"].native == "v3"
    assert [choice.chosen.dump() for choice in signed["certificates"]] == sorted(
        (tsa.unit.certificate, *tsa.unit.chain)
    )
    assert (info["version"].native, info["policy"].native) == ("v1", POLICY)
    assert info["message_imprint"]["hashed_message"].native == ASKED.imprint.digest
    assert (info["gen_time"].native, info["nonce"].native) == (SECOND, ASKED.nonce)
    assert (info["accuracy"].native, info["tsa"].native, info["ordering"].native) == (None, None, False)
    signed, info = _token(tsa.answer(write_request(replace(ASKED, nonce=None, certificates=False))))
    assert (signed["certificates"].native, info["nonce"].native) == (None, None)


def test_no_two_tokens_have_the_same_number(quick: Tsa) -> None:
    numbers = {_token(quick.answer(write_request(ASKED)))[1]["serial_number"].native for _ in range(3)}
    assert len(numbers) == 3


def _request(**changes: object) -> bytes:
    content = {"version": "v1", "message_imprint": _imprint(), "cert_req": True} | changes
    der: bytes = tsp.TimeStampReq(content).dump()
    return der


def _imprint(algorithm: str = "sha256", digest: bytes = b"i" * 32) -> dict[str, object]:
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}


@pytest.mark.parametrize(
    ("request_", "failure"),
    [
        (b"", Failure.FORMAT),
        (b"nonsense", Failure.FORMAT),
        (_request()[:-1], Failure.FORMAT),
        (_request() + b"\0", Failure.FORMAT),
        (_request(version="v2"), Failure.FORMAT),
        (_request(nonce=-1), Failure.FORMAT),
        (_request(nonce=1 << 256), Failure.FORMAT),
        (_request(message_imprint=_imprint(digest=b"i" * 31)), Failure.FORMAT),
        (_request(message_imprint=_imprint("sha1", b"i" * 20)), Failure.ALGORITHM),
        (_request(message_imprint=_imprint("md5", b"i" * 16)), Failure.ALGORITHM),
        (_request(req_policy="1.2.3"), Failure.POLICY),
        (_request(extensions=[{"extn_id": "1.2.3", "extn_value": b"x"}]), Failure.EXTENSION),
    ],
)
def test_what_is_not_served_is_refused_with_its_reason(request_: bytes, failure: Failure) -> None:
    with pytest.raises(Unstampable) as refused:
        read_request(request_, POLICY)
    assert refused.value.failure is failure
    answer = refuse(refused.value)
    assert tsp.PKIStatusInfo.load(answer[2:])["fail_info"].native == {failure.value}


@needs("openssl")
@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure.FORMAT, "wrong format"),
        (Failure.ALGORITHM, "unrecognized or unsupported algorithm"),
        (Failure.POLICY, "requested TSA policy is not supported"),
        (Failure.EXTENSION, "requested extension is not supported"),
    ],
)
def test_openssl_reads_why_there_is_no_token(tmp_path: Path, failure: Failure, words: str) -> None:
    (tmp_path / "reply").write_bytes(refuse(Unstampable(failure, "it is not")))
    told = openssl("ts", "-reply", "-in", tmp_path / "reply", "-text")
    assert "Status: Rejected." in told
    assert "The time-stamp request is refused: it is not." in told
    assert words in told


def test_the_certificate_of_a_unit_is_for_time_stamps_alone(tsa: Tsa) -> None:
    certificate = x509.load_der_x509_certificate(tsa.unit.certificate)
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert (purposes.critical, list(purposes.value)) == (True, [ExtendedKeyUsageOID.TIME_STAMPING])
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, False, False)
    period = certificate.extensions.get_extension_for_class(x509.PrivateKeyUsagePeriod).value
    until = (START + timedelta(days=365)).replace(microsecond=0, tzinfo=None)
    assert (period.not_before, period.not_after) == (None, until)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
