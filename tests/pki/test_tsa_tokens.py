"""Answers of time-stamping authorities are believed when they prove themselves, and each fault is named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sigillo.base.errors import Invalid
from sigillo.pki.authority import Issuer
from sigillo.pki.certificates import to_pem
from sigillo.pki.keys import generate_p256, generate_rsa, load_key
from sigillo.pki.tsa import Failure, Imprint, StampRequest, Unstampable, write_request
from sigillo.pki.tsa_answers import StampingUnit, refuse
from sigillo.pki.tsa_tokens import CLOCK_SKEW, Token, read_answer
from tests.pki.conftest import NOW, START, Authority, make_authority, openssl
from tests.support.programs import needs
from tests.support.stamping import POLICY, Tsa, unit_of

END = NOW + timedelta(days=300)
ASKED = StampRequest(Imprint("sha256", b"i" * 32), nonce=(1 << 64) - 7, certificates=True, policy=POLICY)
ANY_POLICY = replace(ASKED, policy=None)


@pytest.fixture(scope="module")
def tsa(quick_authority: Authority) -> Tsa:
    chain = (quick_authority.issuing.certificate,)
    return Tsa(unit_of(quick_authority.issuing, begin=START, end=END, chain=chain), NOW)


@pytest.fixture(scope="module")
def read(quick_authority: Authority) -> Callable[..., Token]:
    """Read an answer to ASKED, trusting the root alone."""

    def reading(answer: bytes, asked: StampRequest = ASKED, *, at: datetime = NOW) -> Token:
        return read_answer(answer, asked, at=at, roots=[quick_authority.root.certificate])

    return reading


Read = Callable[..., Token]


def refused(read: Read, answer: bytes, asked: StampRequest = ASKED) -> str:
    """The code with which an answer is not believed."""
    with pytest.raises(Invalid) as fault:
        read(answer, asked)
    assert fault.value.message.endswith(".")
    return fault.value.code


def test_an_honest_answer_is_believed(tsa: Tsa, read: Read) -> None:
    answer = tsa.answer(write_request(ASKED))
    token = read(answer)
    assert (token.at, token.certificate) == (NOW.replace(microsecond=0), tsa.unit.certificate)
    assert answer.endswith(token.der)
    assert read_answer(answer, ASKED, at=NOW) == token  # without roots: nobody is asked to vouch for it


CONFIGURATION = """
[ts]
serial = {folder}/serial
signer_digest = {digest}
default_policy = 1.2.3
digests = sha256
accuracy = secs:1
ess_cert_id_alg = {identifier}
ess_cert_id_chain = yes
tsa_name = yes
ordering = yes
"""


def _openssl_answers(folder: Path, unit: StampingUnit, digest: str, identifier: str) -> bytes:
    """What the time-stamping authority of OpenSSL answers to ANY_POLICY with this key."""
    key = unit.key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "query").write_bytes(write_request(ANY_POLICY))
    (folder / "key.pem").write_bytes(key)
    (folder / "unit.pem").write_text(to_pem(unit.certificate))
    (folder / "chain.pem").write_text("".join(to_pem(link) for link in unit.chain))
    (folder / "ts.cnf").write_text(CONFIGURATION.format(folder=folder, digest=digest, identifier=identifier))
    files = ("-queryfile", folder / "query", "-signer", folder / "unit.pem", "-inkey", folder / "key.pem")
    more = ("-chain", folder / "chain.pem", "-config", folder / "ts.cnf", "-section", "ts", "-out", folder / "reply")
    openssl("ts", "-reply", *files, *more)
    return (folder / "reply").read_bytes()


@needs("openssl")
@pytest.mark.parametrize(("digest", "identifier"), [("sha256", "sha1"), ("sha256", "sha256"), ("sha512", "sha384")])
@pytest.mark.parametrize("generate", [generate_rsa, generate_p256])
def test_another_authoritys_answer_is_believed(
    tmp_path: Path, quick_authority: Authority, generate: Callable[[], bytes], digest: str, identifier: str
) -> None:
    chain, key = (quick_authority.issuing.certificate,), load_key(generate())
    unit = unit_of(quick_authority.issuing, begin=START, end=END, chain=chain, key=key)
    answer = _openssl_answers(tmp_path, unit, digest, identifier)
    token = read_answer(answer, ANY_POLICY, at=NOW, roots=[quick_authority.root.certificate])
    assert token.certificate == unit.certificate
    assert timedelta(0) <= token.at - NOW.replace(microsecond=0) < CLOCK_SKEW


@needs("openssl")
def test_a_weak_digest_is_not_believed(tmp_path: Path, tsa: Tsa, read: Read) -> None:
    answer = _openssl_answers(tmp_path, tsa.unit, "sha1", "sha1")
    assert refused(read, answer, ANY_POLICY) == "timestamp_signature"


def test_what_answers_something_else_is_not_believed(tsa: Tsa, read: Read) -> None:
    for asked, code in (
        (replace(ASKED, nonce=7), "timestamp_nonce"),
        (replace(ASKED, nonce=None), "timestamp_nonce"),
        (replace(ASKED, imprint=Imprint("sha256", b"j" * 32)), "timestamp_imprint"),
        (replace(ASKED, imprint=Imprint("sha512", b"i" * 64)), "timestamp_imprint"),
        (replace(ASKED, certificates=False), "timestamp_certificate"),
    ):
        assert refused(read, tsa.answer(write_request(asked))) == code
    strange = replace(tsa, policy="1.2.3").answer(write_request(ANY_POLICY))
    assert refused(read, strange) == "timestamp_policy"
    assert read(strange, ANY_POLICY)


def test_a_refusal_is_told_with_its_reason(read: Read) -> None:
    with pytest.raises(Invalid, match="refuses to time-stamp") as fault:
        read(refuse(Unstampable(Failure.POLICY, "it is not")))
    assert fault.value.code == "timestamp_refused"
    assert "(unaccepted_policy)" in fault.value.message


@pytest.mark.parametrize(
    "answer", [b"", b"<html>Sign in</html>", b"\x30\x00", b"\x30\x80", b"\x02\x01\x00", b"\xff" * 99]
)
def test_what_is_no_answer_is_not_believed(read: Read, answer: bytes) -> None:
    assert refused(read, answer) == "timestamp_malformed"


def test_an_answer_cut_short_or_lengthened_is_not_believed(tsa: Tsa, read: Read) -> None:
    answer = tsa.answer(write_request(ASKED))
    assert refused(read, answer[:-1]) == "timestamp_malformed"
    assert refused(read, answer + b"\0") == "timestamp_malformed"
    granted = core.SequenceOf.load(answer, spec=core.Any)[0].dump()
    assert refused(read, bytes((0x30, len(granted))) + granted) == "timestamp_malformed"


def test_any_changed_bit_is_noticed(tsa: Tsa, read: Read) -> None:
    answer = tsa.answer(write_request(ASKED))
    believed = []
    for at in range(0, len(answer), 3):
        changed = bytearray(answer)
        changed[at] ^= 1 << at % 8
        try:
            token = read(bytes(changed))
        except Invalid:
            continue
        believed.append(at)
        assert (token.at, token.certificate) == (NOW.replace(microsecond=0), tsa.unit.certificate), at
    # What nobody signs: the status, versions, the parameters of algorithms, and certificates that are not needed.
    assert len(believed) < 40, believed


def test_a_moment_that_is_not_now_is_not_believed(tsa: Tsa, read: Read) -> None:
    for away in (CLOCK_SKEW + timedelta(seconds=1), -CLOCK_SKEW - timedelta(seconds=1)):
        assert refused(read, replace(tsa, at=NOW + away).answer(write_request(ASKED))) == "timestamp_time"
    for away in (CLOCK_SKEW, timedelta(seconds=1) - CLOCK_SKEW):
        assert read(replace(tsa, at=NOW + away).answer(write_request(ASKED)))


def test_a_certificate_that_is_not_in_date_is_not_believed(quick_authority: Authority, tsa: Tsa, read: Read) -> None:
    for begin, end in ((START, NOW - timedelta(minutes=1)), (NOW + timedelta(minutes=1), END)):
        unit = unit_of(quick_authority.issuing, begin=begin, end=end, chain=tsa.unit.chain)
        assert refused(read, replace(tsa, unit=unit).answer(write_request(ASKED))) == "timestamp_certificate"


def test_a_unit_of_another_root_is_not_believed(tsa: Tsa, read: Read) -> None:
    stranger = make_authority(generate_p256)
    unit = unit_of(stranger.issuing, begin=START, end=END, chain=(stranger.issuing.certificate,))
    answer = replace(tsa, unit=unit).answer(write_request(ASKED))
    assert refused(read, answer) == "timestamp_certificate"
    assert read_answer(answer, ASKED, at=NOW, roots=[stranger.root.certificate])
    assert read_answer(answer, ASKED, at=NOW, roots=[unit.certificate])  # it may be trusted by itself
    assert read_answer(answer, ASKED, at=NOW)


def test_a_chain_with_a_link_missing_is_not_believed(tsa: Tsa, read: Read) -> None:
    unit = replace(tsa.unit, chain=())
    assert refused(read, replace(tsa, unit=unit).answer(write_request(ASKED))) == "timestamp_certificate"


def _unit_for(
    issuer: Issuer, chain: tuple[bytes, ...], *purposes: x509.ObjectIdentifier, critical: bool
) -> StampingUnit:
    key = load_key(generate_p256())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Unit")]))
        .issuer_name(x509.load_der_x509_certificate(issuer.certificate).subject)
        .public_key(key.private.public_key())
        .serial_number(7)
        .not_valid_before(START)
        .not_valid_after(END)
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    made = builder.sign(issuer.key.private, hashes.SHA256())
    return StampingUnit(made.public_bytes(serialization.Encoding.DER), chain, key)


STAMPING, MAIL = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION


def test_a_certificate_must_be_for_time_stamps_alone(quick_authority: Authority, tsa: Tsa, read: Read) -> None:
    right = _unit_for(quick_authority.issuing, tsa.unit.chain, STAMPING, critical=True)
    assert read(replace(tsa, unit=right).answer(write_request(ASKED))).certificate == right.certificate
    for purposes, critical in (((STAMPING,), False), ((STAMPING, MAIL), True), ((MAIL,), True), ((), False)):
        unit = _unit_for(quick_authority.issuing, tsa.unit.chain, *purposes, critical=critical)
        assert refused(read, replace(tsa, unit=unit).answer(write_request(ASKED))) == "timestamp_certificate"


def test_a_key_that_is_not_the_certificates_is_not_believed(tsa: Tsa, read: Read) -> None:
    for generate in (generate_p256, generate_rsa):
        unit = replace(tsa.unit, key=load_key(generate()))
        assert refused(read, replace(tsa, unit=unit).answer(write_request(ASKED))) == "timestamp_signature"


def test_another_certificate_of_the_same_name_and_key_is_not_believed(
    quick_authority: Authority, tsa: Tsa, read: Read
) -> None:
    made = [
        unit_of(quick_authority.issuing, begin=START, end=END, chain=tsa.unit.chain, key=tsa.unit.key, serial=7)
        for _ in range(6)  # the length of an ECDSA signature varies by a few octets
    ]
    one, other = next(
        (one, other)
        for one in made
        for other in made
        if one.certificate != other.certificate and len(one.certificate) == len(other.certificate)
    )
    answer = replace(tsa, unit=one).answer(write_request(ASKED))
    assert read(answer)
    assert refused(read, answer.replace(one.certificate, other.certificate)) == "timestamp_certificate"
