"""PAdES B-T: a time-stamp over the signature value, accepted by all judges, or no signature at all."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal

import pytest
from asn1crypto import cms

from sigillo.base.errors import Unavailable
from sigillo.engine.cms import CmsTemplate
from sigillo.engine.errors import OutOfRoom
from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import Placement, SignatureRequest, Signer, SigningKey, TimestampSource
from sigillo.engine.validate import Entry, Gravity, Revocation, ValidationReport, Verdict, validate_pdf
from sigillo.pki.authority import create_root, issue_signer, random_serial
from sigillo.pki.keys import generate_p256, generate_rsa, load_key
from sigillo.pki.names import Subject
from tests.engine.conftest import Judge
from tests.support.der import assert_der
from tests.support.judges import newest_signature, openssl_cms, openssl_timestamp
from tests.support.pdfs import one_page
from tests.support.people import BEGIN, END, SIGNED_AT, URL, People
from tests.support.programs import needs
from tests.support.stamping import Source, Tsa, unit_of

STAMPED_AT = SIGNED_AT + timedelta(seconds=2)
LATER = SIGNED_AT + timedelta(days=30)


@pytest.fixture(scope="module")
def tsa(people: People) -> Tsa:
    chain = (people.issuing.certificate,)
    return Tsa(unit_of(people.issuing, begin=BEGIN, end=END, chain=chain), STAMPED_AT)


def signed(signer: Signer, source: TimestampSource | None, document: bytes = b"") -> bytes:
    document = document or one_page()
    made = sign_pdf(document, signer, SignatureRequest(), signed_at=SIGNED_AT, timestamps=source)
    assert made.path == "fast"
    return document + made.increment


def validated(document: bytes, people: People, at: datetime = LATER, **more: object) -> ValidationReport:
    return validate_pdf(document, [people.root], at=at, **more)  # type: ignore[arg-type]


@needs("pdfsig", "certutil", "mutool", "openssl")
@pytest.mark.parametrize("who", ["rsa", "ec"])
def test_every_judge_accepts_signature_and_time_stamp(
    people: People, tsa: Tsa, judge: Judge, tmp_path: Path, who: str
) -> None:
    request = SignatureRequest(Placement(1, (72, 72, 322, 152)), ("Signed",))
    source, document = Source(tsa), one_page()
    made = sign_pdf(document, getattr(people, who), request, signed_at=SIGNED_AT, timestamps=source)
    document += made.increment
    (poppler,), (mupdf,) = judge(document)
    assert (poppler.valid, poppler.trusted, poppler.total) == (True, True, True)
    assert mupdf.total
    assert openssl_cms(document, people.root, tmp_path)
    contents, _ = newest_signature(document)
    assert openssl_timestamp(contents, people.root, tmp_path) == [True]
    (info,) = cms.ContentInfo.load(contents)["content"]["signer_infos"]
    assert source.stamped == [sha256(info["signature"].native).digest()]


@needs("pdfsig", "certutil", "mutool", "openssl")
def test_three_in_turn_with_and_without(people: People, tsa: Tsa, judge: Judge) -> None:
    document = one_page()
    for signer, source in ((people.ec, Source(tsa)), (people.third, None), (people.rsa, Source(tsa))):
        document = signed(signer, source, document)
    popplers, mupdfs = judge(document)
    assert [verdict.valid for verdict in popplers] == [True] * 3
    assert [verdict.valid for verdict in mupdfs] == [True] * 3
    report = validated(document, people)
    assert report.problems == ()
    assert [signature.timestamp is not None for signature in report.signatures] == [True, False, True]


def test_it_is_der(people: People, tsa: Tsa) -> None:
    der = CmsTemplate.for_signer(people.ec).sign(sha256(b"x").digest(), people.ec.key, Source(tsa))
    assert_der(der)
    assert cms.ContentInfo.load(der, strict=True)


@dataclass
class CountingKey:
    """A key that says how often it was used."""

    key: SigningKey
    uses: list[bytes] = field(default_factory=list)

    @property
    def algorithm(self) -> Literal["rsa", "ec"]:
        return self.key.algorithm

    def sign(self, data: bytes) -> bytes:
        self.uses.append(data)
        return self.key.sign(data)


def test_the_room_is_what_the_source_said_and_the_key_is_used_once(people: People, tsa: Tsa) -> None:
    key = CountingKey(people.rsa.key)
    less, more = (signed(replace(people.rsa, key=key), Source(tsa, room=room)) for room in (4096, 5096))
    assert _gap(more) - _gap(less) == 2000
    assert len(key.uses) == 2


def _gap(document: bytes) -> int:
    (found,) = re.findall(rb"/ByteRange ?\[0 (\d+) (\d+) \d+\]", document)
    return int(found[1]) - int(found[0])


def test_a_token_that_needs_more_room_is_no_signature(people: People, tsa: Tsa) -> None:
    with pytest.raises(OutOfRoom, match="next try"):
        signed(people.ec, Source(tsa, room=100))


def test_without_a_time_stamp_there_is_no_signature(people: People, tsa: Tsa) -> None:
    class Silent(Source):
        def stamp(self, digest: bytes) -> bytes:  # noqa: ARG002 - it never looks
            raise Unavailable("tsa_unavailable", "Nobody answers.")

    with pytest.raises(Unavailable, match="Nobody answers"):
        signed(people.ec, Silent(tsa))


def test_our_own_verifier_tells_who_stamped_and_when(people: People, tsa: Tsa) -> None:
    report = validated(signed(people.ec, Source(tsa)), people)
    assert report.verdict is Verdict.VALID
    (signature,) = report.signatures
    assert signature.claimed_at == SIGNED_AT
    stamp = signature.timestamp
    assert stamp is not None
    assert (stamp.at, stamp.intact, stamp.valid, stamp.trusted) == (STAMPED_AT, True, True, True)
    assert stamp.authority.common_name == "Sigillo Test Time-Stamping Unit"


Corrupt = Callable[[bytes], bytes]


@dataclass
class Lying(Source):
    """A source whose tokens somebody changed afterwards: nobody signs the place where they stand."""

    corrupt: Corrupt = bytes

    def stamp(self, digest: bytes) -> bytes:
        return self.corrupt(super().stamp(digest))


@pytest.mark.parametrize(
    ("corrupt", "words"),
    [
        (lambda _: b"\x30\x00", "cannot be read"),
        (lambda _: b"\x04\x03abc", "cannot be read"),
        (lambda token: token[:-1] + bytes((token[-1] ^ 1,)), "does not verify"),
    ],
)
def test_a_token_that_does_not_hold_is_refused(people: People, tsa: Tsa, corrupt: Corrupt, words: str) -> None:
    report = validated(signed(people.ec, Lying(tsa, corrupt=corrupt)), people)
    assert (report.verdict, [problem.code for problem in report.problems]) == (Verdict.INVALID, ["timestamp_wrong"])
    assert words in report.problems[0].message
    assert report.signatures[0].trusted


def test_a_token_over_another_signature_is_refused(people: People, tsa: Tsa) -> None:
    other = Source(tsa).stamp(sha256(b"another signature").digest())
    report = validated(signed(people.ec, Lying(tsa, corrupt=lambda _: other)), people)
    assert [problem.code for problem in report.problems] == ["timestamp_wrong"]
    assert "over another signature" in report.problems[0].message
    stamp = report.signatures[0].timestamp
    assert stamp is not None
    assert (stamp.intact, stamp.trusted) == (False, False)


def stranger() -> Tsa:
    root = create_root(Subject("Elsewhere"), load_key(generate_p256()), not_before=BEGIN, years=9)
    return Tsa(unit_of(root, begin=BEGIN, end=END), STAMPED_AT)


def test_a_token_of_an_authority_that_nobody_named_shows_nothing(people: People) -> None:
    report = validated(signed(people.ec, Source(stranger())), people)
    assert report.verdict is Verdict.VALID
    (signature,) = report.signatures
    assert [finding.code for finding in signature.findings] == ["timestamp_untrusted"]
    assert signature.timestamp is not None
    assert (signature.timestamp.valid, signature.timestamp.trusted) == (True, False)


def short_lived(people: People) -> Signer:
    """A signer whose certificate ends before LATER."""
    key = load_key(generate_p256())
    certificate = issue_signer(
        Subject("For a week"),
        key.public_key_der,
        people.issuing,
        serial=random_serial(),
        not_before=BEGIN,
        not_after=SIGNED_AT + timedelta(days=7),
        crl_url=f"{URL}.crl",
        issuer_url=f"{URL}.crt",
    )
    return Signer(certificate, people.ec.chain, key)


def test_a_time_stamp_outlives_the_signers_certificate(people: People, tsa: Tsa) -> None:
    signer = short_lived(people)
    without = validated(signed(signer, None), people)
    assert (without.verdict, without.problems[0].code) == (Verdict.INDETERMINATE, "certificate_expired")
    with_one = validated(signed(signer, Source(tsa)), people)
    assert (with_one.verdict, with_one.signatures[0].trusted) == (Verdict.VALID, True)
    assert [finding.code for finding in with_one.signatures[0].findings] == ["certificate_expired_since"]
    unproven = validated(signed(signer, Source(stranger())), people)
    assert unproven.verdict is Verdict.INDETERMINATE
    late = Source(replace(tsa, at=LATER))  # stamped when the certificate had ended
    assert validated(signed(signer, late), people, at=LATER + timedelta(days=1)).verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize(
    ("after", "verdict", "code"),
    [
        (timedelta(days=1), Verdict.VALID, "revoked_since"),
        (timedelta(seconds=1), Verdict.INDETERMINATE, "revoked"),
        (-timedelta(seconds=1), Verdict.INVALID, "signed_after_revocation"),
    ],
)
def test_a_time_stamp_outlives_a_revocation(
    people: People, tsa: Tsa, after: timedelta, verdict: Verdict, code: str
) -> None:
    known = {people.ec.certificate: Entry(SIGNED_AT + after, "superseded")}
    report = validated(signed(people.ec, Source(tsa)), people, register=known.get)
    (signature,) = report.signatures
    assert (report.verdict, signature.revocation) == (verdict, Revocation.REVOKED)
    assert [finding.code for finding in signature.findings] == [code]


def test_a_revoked_authority_shows_nothing(people: People, tsa: Tsa) -> None:
    known = {
        people.ec.certificate: Entry(SIGNED_AT + timedelta(days=1)),
        tsa.unit.certificate: Entry(SIGNED_AT + timedelta(days=2), "keyCompromise"),
    }
    report = validated(signed(people.ec, Source(tsa)), people, register=known.get)
    found = {finding.code: finding.gravity for finding in report.signatures[0].findings}
    assert found == {"revoked": Gravity.DOUBT, "timestamp_revoked": Gravity.NOTE}
    assert report.verdict is Verdict.INDETERMINATE


def test_a_signature_is_not_younger_than_its_time_stamp(people: People, tsa: Tsa) -> None:
    early = Source(replace(tsa, at=SIGNED_AT - timedelta(minutes=6)))
    report = validated(signed(people.ec, early), people)
    assert [problem.code for problem in report.problems] == ["claimed_after_timestamp"]
    assert report.verdict is Verdict.INDETERMINATE


def test_an_rsa_authority_takes_more_room_and_is_as_good(people: People) -> None:
    chain, key = (people.issuing.certificate,), load_key(generate_rsa())
    source = Source(Tsa(unit_of(people.issuing, begin=BEGIN, end=END, chain=chain, key=key), STAMPED_AT))
    assert validated(signed(people.ec, source), people).accepted
