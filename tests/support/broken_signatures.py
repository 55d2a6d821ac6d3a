"""The attacks on one signature itself: its place in the file, its byte range, its CMS."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sigillo.engine.types import Signer
from tests.support import chain
from tests.support.forging import BODIES, CmsWish, Seal, contract, edited, sha1_cms, with_padding
from tests.support.signed import stream


@dataclass(frozen=True)
class Attack:
    """`build` makes the file; `code` names the problem that must be found in it."""

    build: Callable[[], bytes]
    code: str


@cache
def once(entries: bytes = b"", field_entries: bytes = b"") -> bytes:
    """The contract, signed once and honestly."""
    return Seal(entries=entries, field_entries=field_entries).on(contract())


def only(**wishes: object) -> Callable[[], bytes]:
    """A single signature made otherwise than it should be."""
    return lambda: Seal(**wishes).on(contract())  # type: ignore[arg-type]


def _hidden_in_gap() -> bytes:
    """The last digits of /Contents, which no digest covers, replaced by another entry of the dictionary."""
    document = bytearray(once())
    end = document.rindex(b">>\nendobj", 0, document.rindex(b"xref\n0 1"))
    hidden = b">/Reason(I agree to everything)/X<"
    document[end - 1 - len(hidden) : end - 1] = hidden
    return bytes(document)


def _stream_across_the_end() -> bytes:
    """A stream that is said to be longer than the revision it stands in, and ends inside the next one."""
    end = b"\nendstream\nendobj\n"
    length = 10_000
    while True:
        bodies = {
            **BODIES,
            4: b"<</DecodeParms<</Length 9>>/Length %010d>>\nstream\nBT /F1 12 Tf (100) Tj ET\nendstream" % length,
        }
        document = Seal(1, also={50: stream(b"BT (999) Tj ET" + end)}).on(Seal().on(contract(bodies)))
        start = document.index(b"stream\n", document.index(b"4 0 obj")) + 7
        reached = document.index(end, document.index(b"50 0 obj")) - start
        if reached == length:
            return document
        length = reached


def _string_across_the_end() -> bytes:
    """Page content that is nothing but an open string, until the next revision closes it and goes on."""
    hidden = b")/Length 16>>\nstream\n0 0 300 300 re f\nendstream\nendobj\n"
    first = Seal().on(contract({**BODIES, 13: b"<</X (>>"}))
    return Seal(1, also={50: stream(hidden)}).on(first)


def _object_beyond_the_end() -> bytes:
    """A cross-reference of the signed revision that points past its end, to what is appended later."""
    promised = b"13 0 obj\n%s\nendobj\n" % stream(b"0 0 300 300 re f")
    offset = 0
    while True:
        base = contract({**BODIES, 13: b"null"})
        entry = b"%010d 00000 n" % base.index(b"13 0 obj")
        base = base.replace(entry, b"%010d 00000 n" % offset)
        document = Seal(1, also={50: stream(promised)}).on(Seal().on(base))
        if document.index(promised) == offset:
            return document
        offset = document.index(promised)


def _key_of_another() -> bytes:
    """The certificate of one signer, the signature value of another."""
    trusted, other = chain.signer(), chain.signer("rsa", "A stranger")

    def mixed(digest: bytes, _signer: object) -> bytes:
        return CmsWish()(digest, Signer(trusted.certificate, trusted.chain, other.key))

    return Seal(cms=mixed).on(contract())


def _copied() -> bytes:
    """The signature of the real contract on a contract that says something else."""
    genuine = once()
    false = Seal().on(contract({**BODIES, **edited(4, b"100", b"999")}))
    gap = genuine.rindex(b"/Contents<")
    end = genuine.index(b">", gap)
    return false[:gap] + genuine[gap:end] + false[end:]


RANGES = {
    "starts_late": Attack(only(shape=lambda gap, end, size: (9, gap - 9, end, size - end)), "byte_range_start"),
    "gap_too_early": Attack(only(shape=lambda gap, end, size: (0, gap - 40, end, size - end)), "gap_not_contents"),
    "gap_too_long": Attack(only(shape=lambda gap, end, size: (0, gap, end + 8, size - end - 8)), "gap_not_contents"),
    "gap_without_brackets": Attack(
        only(shape=lambda gap, end, size: (0, gap + 1, end - 1, size - end + 1)), "gap_not_contents"
    ),
    "overlapping": Attack(only(written=b"[0 900 100 900]"), "byte_range_bounds"),
    "beyond_the_end": Attack(only(shape=lambda gap, end, size: (0, gap, end, size - end + 500)), "byte_range_bounds"),
    "short_of_the_end": Attack(only(shape=lambda gap, end, size: (0, gap, end, size - end - 40)), "bytes_after"),
    "three_parts": Attack(
        only(shape=lambda gap, end, size: (0, gap, end, 20, end + 40, size - end - 40)), "byte_range_form"
    ),
    "negative": Attack(only(written=b"[0 -5 100 900]"), "byte_range_bounds"),
    "real_numbers": Attack(only(written=b"[0 900.5 1000 900]"), "byte_range_form"),
    "empty": Attack(only(written=b"[]"), "byte_range_form"),
    "by_reference": Attack(only(written=b"[0 9 0 R 9 0 R]"), "byte_range_form"),
    "contents_twice": Attack(only(before_contents=b"<00>/Contents"), "signature_ambiguous"),
    "gap_of_another_entry": Attack(only(before_contents=b"<00>/Reason"), "gap_elsewhere"),
    "byte_range_twice": Attack(only(entries=b"/ByteRange[0 1 2 3]"), "signature_ambiguous"),
    "hidden_in_the_gap": Attack(_hidden_in_gap, "gap_not_contents"),
    "revision_that_does_not_end": Attack(
        lambda: Seal(1).on(Seal(shape=lambda gap, end, size: (0, gap, end, size - end - 7)).on(contract())),
        "revision_unreadable",
    ),
    "stream_across_the_end": Attack(_stream_across_the_end, "revision_not_closed"),
    "object_beyond_the_end": Attack(_object_beyond_the_end, "changed_after_signing"),
    "listed_later_than_made": Attack(
        lambda: Seal(1, fields=(6, 20, 30)).on(Seal(fields=(6,)).on(contract())), "not_in_own_revision"
    ),
    "string_across_the_end": Attack(_string_across_the_end, "revision_not_closed"),
}

CMS = {
    "no_signed_attributes": Attack(only(cms=CmsWish(no_attributes=True)), "no_signed_attributes"),
    "no_signing_certificate": Attack(
        only(cms=CmsWish(drop=frozenset({"signing_certificate_v2"}))), "no_signing_certificate"
    ),
    "no_signing_certificate_of_acrobat": Attack(
        only(cms=CmsWish(drop=frozenset({"signing_certificate_v2"})), subfilter=b"/adbe.pkcs7.detached"),
        "no_signing_certificate",
    ),
    "other_signing_certificate": Attack(
        lambda: Seal(cms=CmsWish(certificate_of=chain.signer("ec"))).on(contract()),
        "signing_certificate_differs",
    ),
    "no_content_type": Attack(only(cms=CmsWish(drop=frozenset({"content_type"}))), "no_content_type"),
    "other_content_type": Attack(only(cms=CmsWish(content_type="signed_data")), "no_content_type"),
    "no_message_digest": Attack(only(cms=CmsWish(drop=frozenset({"message_digest"}))), "no_message_digest"),
    "message_digest_twice": Attack(only(cms=CmsWish(repeat="message_digest")), "attribute_repeated"),
    "other_message_digest": Attack(only(cms=CmsWish(stated_digest=bytes(32))), "bytes_changed"),
    "content_of_its_own": Attack(only(cms=CmsWish(encapsulated=b"anything")), "not_detached"),
    "two_signers": Attack(only(cms=CmsWish(signers=2)), "signer_count"),
    "no_signer": Attack(only(cms=CmsWish(signers=0)), "signer_count"),
    "no_certificates": Attack(only(cms=CmsWish(without_certificates=True)), "no_signer_certificate"),
    "sha1": Attack(only(cms=sha1_cms), "weak_digest"),
    "algorithm_swapped": Attack(only(cms=CmsWish(protect="sha512")), "algorithm_swapped"),
    "padding_not_empty": Attack(only(cms=with_padding(b"\x00\x00<</JS(1)>>")), "contents_padding"),
    "not_a_cms": Attack(only(cms=lambda _digest, _signer: b"\x30\x03\x02\x01\x01"), "cms_unreadable"),
    "empty": Attack(only(cms=lambda _digest, _signer: b""), "cms_unreadable"),
    "other_subfilter": Attack(only(subfilter=b"/adbe.x509.rsa_sha1"), "subfilter_unsupported"),
    "subfilter_of_a_timestamp": Attack(only(subfilter=b"/ETSI.RFC3161"), "content_kind"),
    "key_of_another": Attack(_key_of_another, "signature_wrong"),
    "copied_from_another_document": Attack(_copied, "bytes_changed"),
    "signed_by_a_stranger": Attack(lambda: Seal(signer=chain.signer("rsa", "A stranger")).on(contract()), "untrusted"),
    "first_of_two_by_a_stranger": Attack(
        lambda: Seal(1).on(Seal(signer=chain.signer("rsa", "A stranger")).on(contract())), "untrusted"
    ),
    "second_of_two_by_a_stranger": Attack(
        lambda: Seal(1, signer=chain.signer("rsa", "A stranger")).on(once()), "untrusted"
    ),
    "time_before_certificate": Attack(only(time=b"D:20190101000000Z"), "claimed_outside_validity"),
    "time_after_certificate": Attack(only(time=b"D:20590101000000Z"), "claimed_outside_validity"),
    "time_in_future": Attack(only(time=b"D:20270101000000Z"), "claimed_in_future"),
}
