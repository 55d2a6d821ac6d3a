"""OCSP over HTTP: both methods, every spelling of an address, and what caches on the way may keep."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote
from uuid import uuid4

import pytest
from cryptography.x509.ocsp import OCSPResponseStatus, load_der_ocsp_response

from sigillo.api.pki import MAX_QUESTION
from sigillo.identities import authority
from sigillo.journal.models import Event
from tests.api.calling import Answer, assert_refused, get, post, send
from tests.identities.registers import certified, issuing, revoked
from tests.support.questions import asked_about, awkward
from tests.support.world import House

MEDIA = "application/ocsp-request"


def place() -> str:
    return f"/pki/{issuing().id}/ocsp"


def question(certificate: bytes, nonce: bytes | None = None) -> bytes:
    return asked_about(certificate, bytes(issuing().certificate), nonce=nonce)


def certificate_status(answer: Answer) -> str:
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/ocsp-response")
    return load_der_ocsp_response(answer.content).certificate_status.name


def refused_with(answer: Answer) -> OCSPResponseStatus:
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/ocsp-response")
    assert answer.headers["Cache-Control"] == "no-store"
    return load_der_ocsp_response(answer.content).response_status


def test_anybody_may_post_a_request(acme: House) -> None:
    issued = certified(acme).certificate
    for media in (MEDIA, "Application/OCSP-Request", f"{MEDIA}; charset=binary"):
        answer = post(None, place(), question(issued), Content_Type=media)
        assert certificate_status(answer) == "GOOD"
        assert answer.headers["Cache-Control"] == "no-store"
    revoked(issued)
    assert certificate_status(post(None, place(), question(issued), Content_Type=MEDIA)) == "REVOKED"


def spellings(text: str) -> Iterator[str]:
    yield text
    yield quote(text, safe="")
    yield quote(text, safe="/")
    yield quote(text, safe="+=")
    yield quote(text, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d")
    yield text.rstrip("=")
    yield "".join(f"%{ord(letter):02X}" for letter in text)


def test_every_spelling_of_an_address_asks_the_same(acme: House) -> None:
    text = base64.b64encode(awkward(certified(acme).certificate, bytes(issuing().certificate))).decode()
    for spelling in spellings(text):
        answer = get(None, f"{place()}/{spelling}")
        assert certificate_status(answer) == "GOOD", spelling
        assert answer.headers["Cache-Control"] == "no-store"  # it holds a nonce


def test_an_answer_that_may_be_shared_says_for_how_long(acme: House) -> None:
    issued = certified(acme).certificate
    address = f"{place()}/{quote(base64.b64encode(question(issued)).decode(), safe='')}"
    answer = get(None, address)
    assert certificate_status(answer) == "GOOD"
    assert answer.headers["Cache-Control"] == "max-age=60, public, no-transform, must-revalidate"
    response = load_der_ocsp_response(answer.content)
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == response.produced_at_utc
    assert parsedate_to_datetime(answer.headers["Expires"]) == response.next_update_utc
    assert response.next_update_utc is not None
    assert response.next_update_utc - response.this_update_utc == timedelta(hours=1)
    revoked(issued)
    later = get(None, address)
    assert certificate_status(later) == "REVOKED"
    assert later.headers["ETag"] != answer.headers["ETag"]


def test_head_is_answered_as_get(acme: House) -> None:
    address = f"{place()}/{quote(base64.b64encode(question(certified(acme).certificate)).decode(), safe='')}"
    head, whole = send(None, "HEAD", address), get(None, address)
    assert (head.status, head.content) == (200, b"")
    assert head.headers["Content-Type"] == "application/ocsp-response"
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


@pytest.mark.parametrize("text", ["x", "%00", "MEYw!", "a b", "ж", "%25", "AAAA", "MEYwRDBCMEAwPjAJBgUrDgMCGgUABBQ"])
def test_an_address_that_is_no_request_is_answered_as_malformed(acme: House, text: str) -> None:
    assert refused_with(get(None, f"{place()}/{quote(text, safe='%')}")) is OCSPResponseStatus.MALFORMED_REQUEST


def test_a_body_that_is_no_request_is_answered_as_malformed(acme: House) -> None:
    for body in (b"nonsense", question(certified(acme).certificate)[:-1]):
        answer = post(None, place(), body, Content_Type=MEDIA)
        assert refused_with(answer) is OCSPResponseStatus.MALFORMED_REQUEST
    empty = send(None, "POST", place(), Content_Type=MEDIA)
    assert refused_with(empty) is OCSPResponseStatus.MALFORMED_REQUEST


def test_another_authoritys_certificates_are_not_spoken_for(acme: House) -> None:
    body = question(certified(acme).certificate)
    answer = post(None, f"/pki/{authority.root().id}/ocsp", body, Content_Type=MEDIA)
    assert refused_with(answer) is OCSPResponseStatus.UNAUTHORIZED


def test_what_is_not_ocsp_is_refused_in_the_contracts_form(acme: House) -> None:
    issued = certified(acme).certificate
    before = Event.objects.count()
    assert_refused(post(None, place(), question(issued), Content_Type="text/plain"), 415, "not_an_ocsp_request", MEDIA)
    assert_refused(post(None, place(), b"\x30" * (MAX_QUESTION + 1), Content_Type=MEDIA), 413, "question_too_large")
    long = base64.b64encode(b"\x30" * (MAX_QUESTION + 1)).decode()
    assert_refused(get(None, f"{place()}/{long}"), 413, "question_too_large")
    assert_refused(get(None, place()), 405, "method_not_allowed", "POST")
    assert_refused(post(None, f"{place()}/MEYw", b"x"), 405, "method_not_allowed", "GET")
    assert_refused(post(None, f"/pki/{uuid4()}/ocsp", b"x", Content_Type=MEDIA), 404, "authority_not_found")
    assert_refused(get(None, f"/pki/{uuid4()}/ocsp/MEYw"), 404, "authority_not_found")
    assert_refused(get(None, "/pki/root/ocsp/MEYw"), 404, "no_such_address")
    assert Event.objects.count() == before
