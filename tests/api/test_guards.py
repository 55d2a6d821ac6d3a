"""What a house's settings give, and what is refused while the caller still listens: nothing is stored then."""

from datetime import datetime, timedelta

from django_q.models import OrmQ

from sigillo.base.clock import now
from sigillo.credentials.models import Token
from sigillo.identities.models import Identity, IssuedCertificate
from sigillo.journal.models import Event
from sigillo.transactions.models import Transaction
from tests.api.bodies import document_body, transaction_body, wallet_body
from tests.api.calling import assert_refused, post
from tests.support.world import House

TRANSACTIONS = "/api/v1/acme/signature-transactions"
BROKEN_HEADERS = {"headers": {"X-Key": "one\r\nX-Other: two"}}


def _counts() -> list[int]:
    return [model.objects.count() for model in (Identity, IssuedCertificate, Token, Transaction, Event, OrmQ)]


def test_a_person_gets_no_identity_of_an_automatic_provider(acme: House) -> None:
    before = _counts()
    answer = post(acme.owner, "/api/v1/acme/users/ugo/wallet", wallet_body())
    assert_refused(answer, 400, "not_automatic", "aruba-auto", "ugo")
    assert _counts() == before


def test_options_that_no_request_can_be_made_with_make_no_token(acme: House) -> None:
    before = _counts()
    answer = post(acme.owner, "/api/v1/acme/tokens", {"http_options": BROKEN_HEADERS})
    assert_refused(answer, 400, "fetch_options", "http_options.headers")
    assert _counts() == before


def test_options_that_no_request_can_be_made_with_make_no_transaction(acme: House) -> None:
    before = _counts()
    document = document_body(document_uri="https://example.com/a.pdf", document_uri_options=BROKEN_HEADERS)
    answer = post(acme.owner, TRANSACTIONS, transaction_body(document))
    assert_refused(answer, 400, "fetch_options", "documents[0]", "document_uri_options.headers")
    assert _counts() == before


def test_the_house_says_how_many_months_a_transaction_is_open(acme: House, bravo: House) -> None:
    acme.organization.dst_default_months = 1
    acme.organization.save()
    for house, slug, least, most in ((acme, "acme", 28, 31), (bravo, "bravo", 89, 92)):
        made = post(house.owner, f"/api/v1/{slug}/signature-transactions", transaction_body()).data
        left = datetime.fromisoformat(made["not_after"]) - now()
        assert timedelta(days=least - 1) < left <= timedelta(days=most)
