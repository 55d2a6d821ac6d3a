"""Time-stamps over HTTP: for everybody in a sandbox, in the form of RFC 3161, and nowhere else."""

from pytest_django import Settings

from sigillo.api.pki import MAX_QUESTION
from sigillo.base.clock import now
from sigillo.identities.models import TimestampUnit
from sigillo.identities.timestamping import trust_root
from sigillo.journal.models import Event
from sigillo.pki.tsa import Imprint, StampRequest, write_request
from sigillo.pki.tsa_tokens import read_answer
from tests.api.calling import assert_refused, get, post
from tests.support.world import House

ASKED = StampRequest(Imprint("sha256", b"i" * 32), nonce=1 << 63, certificates=True)
MEDIA = "application/timestamp-query"


def test_anybody_may_have_a_digest_stamped(acme: House) -> None:
    for media in (MEDIA, "Application/Timestamp-Query", f"{MEDIA}; charset=binary"):
        answer = post(None, "/pki/tsa", write_request(ASKED), Content_Type=media)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/timestamp-reply")
        assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert read_answer(answer.content, ASKED, at=now(), roots=[trust_root()])


def test_a_request_that_is_none_is_answered_with_a_refusal(acme: House) -> None:
    answer = post(None, "/pki/tsa", b"nonsense", Content_Type=MEDIA)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/timestamp-reply")
    assert b"its octets are no request in DER" in answer.content


def test_what_is_not_a_time_stamp_request_is_refused_in_the_contracts_form(acme: House, settings: Settings) -> None:
    before = Event.objects.count()
    assert_refused(post(None, "/pki/tsa", b"x", Content_Type="text/plain"), 415, "not_a_timestamp_query", MEDIA)
    assert_refused(post(None, "/pki/tsa", b"0" * (MAX_QUESTION + 1), Content_Type=MEDIA), 413, "question_too_large")
    assert_refused(get(None, "/pki/tsa"), 405, "method_not_allowed", "POST")
    settings.SIGILLO_ENVIRONMENT = "production"
    assert_refused(post(None, "/pki/tsa", write_request(ASKED), Content_Type=MEDIA), 404, "no_time_stamping")
    assert (Event.objects.count(), TimestampUnit.objects.exists()) == (before, False)
