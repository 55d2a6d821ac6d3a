"""`/pdfr/…`: pictures for those who may read the transaction, and for nobody else."""

from uuid import uuid4

import pytest

from sigillo.transactions.models import Transaction
from tests.api.calling import assert_refused, get, post
from tests.documents.test_previews import rows_of, size_of
from tests.flows.stories import PASSWORD, begin, give_identity, ready, signatures
from tests.support.world import House


def _path(row: Transaction, *, document: int = 0, page: int = 1, query: str = "") -> str:
    return f"/pdfr/{row.id}/{document}/{page}.png{query}"


def test_the_address_that_transactions_name(acme: House) -> None:
    row = ready(acme)
    shown = get(acme.owner, f"/api/v1/acme/signature-transactions/{row.id}").data["documents"][0]["preview"]
    answer = get(acme.owner, shown.format(page=1, width=300, height=10))
    assert (answer.status, answer.headers["Content-Type"], size_of(answer.content)[0]) == (200, "image/png", 300)
    assert get(acme.owner, shown.format(page=1, width="", height=100)).status == 200
    assert size_of(get(acme.owner, shown.format(page=1, width="", height="")).content)[0] == 800
    again = get(acme.owner, _path(row), If_None_Match=get(acme.owner, _path(row)).headers["ETag"])
    assert (again.status, again.content) == (304, b"")


def test_a_signature_shows_where_it_was_put(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    before = get(acme.owner, _path(row, query="?w=600"))
    post(acme.owner, f"/api/v1/acme/signatures/{signatures(row)[0].id}/perform", {"password": PASSWORD})
    after = get(acme.owner, _path(row, query="?w=600"))
    assert before.headers["ETag"] != after.headers["ETag"]
    changed = [
        n
        for n, rows in enumerate(zip(rows_of(before.content), rows_of(after.content), strict=True))
        if len(set(rows)) > 1
    ]
    assert changed


@pytest.mark.parametrize("query", ["?w=0", "?w=4001", "?h=x", "?w=-1", "?w=1e3", "?w=%00"])
def test_sizes_have_bounds(query: str, acme: House) -> None:
    assert_refused(get(acme.owner, _path(ready(acme), query=query)), 400, "invalid_size", query[1])


def test_what_is_not_there(acme: House) -> None:
    row = ready(acme)
    assert_refused(get(acme.owner, _path(row, page=2)), 404, "page_not_found")
    assert_refused(get(acme.owner, _path(row, document=1)), 404, "document_not_found")
    assert_refused(get(acme.owner, f"/pdfr/{uuid4()}/0/1.png"), 404, "document_not_found")
    waiting = Transaction.objects.get(id=begin(acme))
    assert_refused(get(acme.owner, _path(waiting)), 409, "document_not_ready")
    assert_refused(post(acme.owner, _path(row), {}), 405, "method_not_allowed")


def test_only_readers_of_the_transaction_see_it(acme: House, bravo: House) -> None:
    row = ready(acme)
    statuses = {
        name: get(actor, _path(row)).status
        for name, actor in {
            "rao": acme.rao,
            "signer": acme.automatic,
            "user": acme.user,
            "disabled": acme.disabled,
            "neighbour": bravo.owner,
            "nobody": None,
        }.items()
    }
    assert statuses == {"rao": 200, "signer": 200, "user": 404, "disabled": 401, "neighbour": 404, "nobody": 401}
