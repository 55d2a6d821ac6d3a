"""What our own verifier says of envelopes: ours and others', honest and not."""

import io
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives import serialization

from sigillo.engine.cades import cosign, envelop
from sigillo.engine.errors import EngineError, Unreadable
from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import SignatureRequest, Signer, TimestampSource
from sigillo.engine.validate import Coverage, Entry, Revocation, ValidationReport, Verdict
from sigillo.engine.validate_envelope import looks_like_envelope, validate_envelope
from sigillo.pki.certificates import to_bundle, to_pem
from sigillo.pki.keys import LocalKey
from tests.support.pdfs import one_page
from tests.support.people import BEGIN, END, SIGNED_AT, People
from tests.support.programs import needs
from tests.support.stamping import Source, Tsa, unit_of

LATER = SIGNED_AT + timedelta(days=30)
DATA = b"any file at all, " * 50


def made(data: bytes, *signers: Signer, timestamps: TimestampSource | None = None) -> bytes:
    for number, signer in enumerate(signers):
        work = cosign if number else envelop
        envelope = work(io.BytesIO(data), signer, signed_at=SIGNED_AT, timestamps=timestamps)
        data = b"".join(envelope.pieces(io.BytesIO(data)))
    return data


def validated(envelope: bytes, people: People, **more: object) -> ValidationReport:
    assert looks_like_envelope(envelope)
    return validate_envelope(envelope, [people.root], at=LATER, **more)  # type: ignore[arg-type]


def test_two_signers_of_ours_hold(people: People) -> None:
    report = validated(made(DATA, people.rsa, people.ec), people)
    assert (report.verdict, report.problems) == (Verdict.VALID, ())
    names = {signature.signer.common_name for signature in report.signatures if signature.signer}
    assert names == {"Łukasz 王 Ιωάννης العربية", "Second signer"}
    for signature in report.signatures:
        assert (signature.kind, signature.subfilter, signature.field_name) == ("signature", "CAdES", "")
        assert (signature.claimed_at, signature.digest_algorithm) == (SIGNED_AT, "sha256")
        assert (signature.covers, signature.size) == (Coverage.WHOLE_FILE, report.size)
    assert [finding.code for finding in report.findings] == ["revocation_not_checked"]


def test_a_time_stamp_is_told(people: People) -> None:
    tsa = Tsa(unit_of(people.issuing, begin=BEGIN, end=END, chain=(people.issuing.certificate,)), SIGNED_AT)
    report = validated(made(DATA, people.ec, timestamps=Source(tsa)), people)
    stamp = report.signatures[0].timestamp
    assert stamp is not None
    assert (report.verdict, stamp.at, stamp.trusted) == (Verdict.VALID, SIGNED_AT, True)


def test_a_register_is_asked(people: People) -> None:
    envelope = made(DATA, people.rsa, people.ec)
    known = {people.rsa.certificate: Entry(), people.ec.certificate: Entry(SIGNED_AT + timedelta(days=1))}
    report = validated(envelope, people, register=known.get)
    assert {signature.revocation for signature in report.signatures} == {Revocation.GOOD, Revocation.REVOKED}
    assert (report.verdict, report.revocation_checked) == (Verdict.INDETERMINATE, True)


def test_a_changed_file_is_noticed_by_every_signer(people: People) -> None:
    report = validated(made(DATA, people.rsa, people.ec).replace(b"any", b"eny", 1), people)
    assert [problem.code for problem in report.problems] == ["bytes_changed"] * 2
    assert report.verdict is Verdict.INVALID


def test_one_signer_whose_signature_is_wrong_spoils_the_whole(people: People) -> None:
    envelope = made(DATA, people.rsa, people.ec)
    value = cms.ContentInfo.load(envelope)["content"]["signer_infos"][1]["signature"].native
    report = validated(envelope.replace(value, value[:-1] + bytes((value[-1] ^ 1,))), people)
    assert (report.verdict, [problem.code for problem in report.problems]) == (Verdict.INVALID, ["signature_wrong"])
    assert [signature.valid for signature in report.signatures] == [True, False]


def test_a_stranger_is_not_trusted(people: People) -> None:
    report = validate_envelope(made(DATA, people.ec), [], at=LATER)
    assert [problem.code for problem in report.problems] == ["untrusted"]


def test_bytes_after_the_envelope_are_nobodys(people: People) -> None:
    report = validated(made(DATA, people.ec) + b"\0", people)
    assert ([problem.code for problem in report.problems], report.verdict) == (["bytes_after"], Verdict.INVALID)
    assert report.signatures[0].covers is Coverage.UNCLEAR


def test_signed_attributes_are_required(people: People) -> None:
    """A signature over attributes, passed off as one over a file that consists of them."""
    info = cms.ContentInfo.load(made(DATA, people.ec))
    (signer,) = info["content"]["signer_infos"]
    attributes = signer["signed_attrs"].untag().dump()
    del signer["signed_attrs"]
    info["content"]["encap_content_info"]["content"] = core.OctetString(attributes)
    report = validated(info.dump(force=True), people)
    assert [problem.code for problem in report.problems] == ["no_signed_attributes"]


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        ("signing_certificate_v2", "no_signing_certificate"),
        ("message_digest", "no_message_digest"),
        ("content_type", "no_content_type"),
    ],
)
def test_each_attribute_is_required(people: People, attribute: str, code: str) -> None:
    info = cms.ContentInfo.load(made(DATA, people.ec))
    (signer,) = info["content"]["signer_infos"]
    kept = [each for each in signer["signed_attrs"] if each["type"].native != attribute]
    signed = cms.CMSAttributes(kept)
    signer["signed_attrs"] = signed
    signer["signature"] = people.ec.key.sign(signed.untag().dump())
    report = validated(info.dump(force=True), people)
    assert code in {problem.code for problem in report.problems}
    assert report.verdict is Verdict.INVALID


def test_the_signatures_of_a_pdf_inside_come_first(people: People) -> None:
    document = one_page()
    document += sign_pdf(document, people.third, SignatureRequest(), signed_at=SIGNED_AT).increment
    report = validated(made(document, people.ec), people)
    assert (report.verdict, report.problems) == (Verdict.VALID, ())
    assert [signature.subfilter for signature in report.signatures] == ["ETSI.CAdES.detached", "CAdES"]
    changed = document.replace(b"Agreement", b"agreement", 1)
    assert changed != document
    spoilt = validated(made(changed, people.ec), people)
    assert (spoilt.verdict, spoilt.signatures[1].intact) == (Verdict.INVALID, True)
    assert "bytes_changed" in {problem.code for problem in spoilt.problems}


def test_a_pdf_inside_that_cannot_be_read_is_a_note(people: People) -> None:
    report = validated(made(b"%PDF-1.7 and nothing else", people.ec), people)
    assert report.verdict is Verdict.VALID
    assert "content_not_read" in {finding.code for finding in report.findings}


def _openssl_signs(folder: Path, people: People, *options: str) -> bytes:
    """An envelope that OpenSSL made with the key of `rsa`."""
    key = people.rsa.key
    assert isinstance(key, LocalKey)
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(pem)
    (folder / "signer.pem").write_text(to_pem(people.rsa.certificate))
    (folder / "chain.pem").write_text(to_bundle(people.rsa.chain))
    (folder / "data").write_bytes(DATA)
    command = ["openssl", "cms", "-sign", "-nodetach", "-binary", "-md", "sha256", "-in", "data", "-outform", "DER"]
    command += ["-signer", "signer.pem", "-inkey", "key.pem", "-certfile", "chain.pem", "-out", "out", *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "out").read_bytes()


@needs("openssl")
@pytest.mark.parametrize("options", [("-cades",), ("-cades", "-stream"), ("-cades", "-indef")])
def test_an_envelope_of_openssl_holds(people: People, tmp_path: Path, options: tuple[str, ...]) -> None:
    envelope = _openssl_signs(tmp_path, people, *options)
    report = validated(envelope, people)
    # OpenSSL's clock is the machine's, which is later than that of this validation.
    assert {problem.code for problem in report.problems} <= {"claimed_in_future"}
    assert report.signatures[0].intact
    assert report.signatures[0].valid
    spoilt = validated(envelope.replace(b"any file", b"eny file", 1), people)
    assert "bytes_changed" in {problem.code for problem in spoilt.problems}


@needs("openssl")
def test_a_signature_that_is_not_cades_is_refused(people: People, tmp_path: Path) -> None:
    report = validated(_openssl_signs(tmp_path, people), people)
    assert "no_signing_certificate" in {problem.code for problem in report.problems}


Damage = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda _: b"\x30", "not_an_envelope"),
        (lambda _: b"\x30" + bytes(500), "not_an_envelope"),
        (lambda envelope: envelope[:-10], "not_an_envelope"),
        (lambda envelope: envelope[:100], "not_an_envelope"),
    ],
)
def test_what_cannot_be_read_is_refused(people: People, damage: Damage, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        validated(damage(made(DATA, people.ec)), people)
    assert refused.value.code == code


def test_a_detached_signature_has_no_file_to_speak_of(people: People) -> None:
    info = cms.ContentInfo.load(made(DATA, people.ec))
    del info["content"]["encap_content_info"]["content"]
    with pytest.raises(Unreadable) as refused:
        validated(info.dump(force=True), people)
    assert refused.value.code == "not_attached"


def test_a_bit_anywhere_is_noticed_or_changes_nothing_that_is_told(people: People) -> None:
    envelope = made(DATA, people.ec)
    told = validated(envelope, people).signatures[0]
    accepted = []
    for at in range(0, len(envelope), 13):
        changed = bytearray(envelope)
        changed[at] ^= 1 << at % 8
        if changed[0] != 0x30:
            continue
        try:
            report = validate_envelope(bytes(changed), [people.root], at=LATER)
        except EngineError:
            continue
        if report.accepted:
            accepted.append(at)
            assert (report.signatures[0].signer, report.signatures[0].claimed_at) == (told.signer, told.claimed_at)
    assert len(accepted) < 45, (
        accepted
    )  # the root that is carried, versions, lists of algorithms: nobody relies on them
