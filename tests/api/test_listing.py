"""GET signature-transactions: pages, filters, order, and a price that does not grow with the page."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sigillo.api.filters.lists import transactions
from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.flows.sources import Source, seal_source
from sigillo.organizations import conditions, listing
from sigillo.organizations.models import User
from sigillo.organizations.tally import Counted, count_in
from sigillo.transactions.models import Document, Signature, Transaction
from tests.api.calling import Answer, assert_refused, get
from tests.support.world import Actor, House

PATH = "/api/v1/acme/signature-transactions"


def make(house: House, title: str, *signers: Actor, author: Actor | None = None, **changes: Any) -> str:
    """A transaction with one document and a signature for each signer, straight into the rows."""
    names = {"status": "pending", "not_after": now() + timedelta(days=1)} | changes
    with transaction.atomic():
        count_in(house.organization.id, Counted.TRANSACTIONS)
    row = Transaction.objects.create(
        organization=house.organization, created_by=(author or house.owner).user, title=title, **names
    )
    key = new_id()
    sealed = seal_source(Source("https://x/"), organization_id=row.organization_id, document_id=key)
    document = Document.objects.create(
        id=key,
        organization=house.organization,
        transaction=row,
        order=0,
        display_name=f"{title}.pdf",
        sealed_source=sealed,
    )
    for position, actor in enumerate(signers or (house.automatic,)):
        Signature.objects.create(
            organization=house.organization,
            transaction=row,
            document=document,
            group_index=0,
            position=position,
            signer=actor.user,
            profile="pades-bes",
        )
    return str(row.id)


def titles(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.content
    return [item["title"] for item in answer.data]


def ask(house: House, query: str) -> list[str]:
    """What is found, which is the same whether few or many meet the conditions, and so many users."""
    found = sorted(titles(get(house.owner, f"{PATH}?{query}")))
    for looked_up in (1, conditions.LOOKED_UP):
        with patch.object(listing, "FEW", -1), patch.object(conditions, "LOOKED_UP", looked_up):
            assert sorted(titles(get(house.owner, f"{PATH}?{query}"))) == found, (query, looked_up)
    return found


@pytest.fixture
def shelf(acme: House, bravo: House) -> House:
    """Four transactions that differ in everything that can be asked for, and one of the neighbours'."""
    User.objects.filter(id=acme.user.user.id).update(first_name="Ugo", last_name="Foscolo")
    start = now().replace(year=2024, month=5, day=10, hour=12, minute=0, second=0, microsecond=0)
    make(acme, "Alpha", acme.automatic, acme.user, status="performed", created=start)
    make(acme, "beta 100%", acme.user, author=acme.rao, created=start + timedelta(days=1))
    make(acme, "Łukasz_王", status="cancelled", reason="INVALID_DOCUMENT", created=start + timedelta(days=40))
    make(acme, "", author=acme.user, status="waiting", created=start + timedelta(days=400))
    Signature.objects.filter(transaction__title="Alpha", signer=acme.user.user).update(
        status="performed", display_name="John"
    )
    make(bravo, "Theirs", bravo.automatic)
    return acme


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("where_status=performed", ["Alpha"]),
        ("where_status=Performed", []),
        ("where_status__iexact=PERFORMED", ["Alpha"]),
        ("where_status__in=performed,cancelled", ["Alpha", "Łukasz_王"]),
        ("where_status__startswith=p", ["Alpha", "beta 100%"]),
        ("where_status__icontains=ANCEL", ["Łukasz_王"]),
        ("where_status__endswith=&where_title__isnull=false", ["Alpha", "beta 100%", "Łukasz_王"]),
        ("where_title=Alpha", ["Alpha"]),
        ("where_title=alpha", []),
        ("where_title__contains=lph", ["Alpha"]),
        ("where_title__contains=LPH", []),
        ("where_title__icontains=LPH", ["Alpha"]),
        ("where_title__icontains=łUKASZ", ["Łukasz_王"]),
        ("where_title__startswith=beta", ["beta 100%"]),
        ("where_title__startswith=Beta", []),
        ("where_title__istartswith=BETA", ["beta 100%"]),
        ("where_title__istartswith=łUK", ["Łukasz_王"]),
        ("where_title__startswith=łuk", []),
        ("where_title__iexact=łukasz_王", ["Łukasz_王"]),
        ("where_title__iexact=ALPHA", ["Alpha"]),
        ("where_title__in=Alpha,alpha,Łukasz_王", ["Alpha", "Łukasz_王"]),
        ("where_title__endswith=%25", ["beta 100%"]),
        ("where_title__iendswith=PHA", ["Alpha"]),
        ("where_title__contains=_", ["Łukasz_王"]),
        ("where_title__contains=.", []),
        ("where_title__contains=(a%2B)%2B$", []),
        ("where_title__contains=\\", []),
        ("where_title__isnull=false", ["Alpha", "beta 100%", "Łukasz_王"]),
        ("where_signer=ugo", ["Alpha", "beta 100%"]),
        ("where_signer__in=ugo,robot&where_title__isnull=false", ["Alpha", "beta 100%", "Łukasz_王"]),
        ("where_signer=stranger", []),
        ("where_created_by=rita", ["beta 100%"]),
        ("where_created_by=rita@acme", ["beta 100%"]),
        ("where_created_by=rita@bravo", []),
        ("where_created_by__in=rita@acme,jdo", ["Alpha", "beta 100%", "Łukasz_王"]),
        ("where_created_by__startswith=ri", ["beta 100%"]),
        ("where_created=2024-05-10T12:00Z", ["Alpha"]),
        ("where_created=2024-05-10T14:00:00%2B02:00", ["Alpha"]),
        ("where_created=2024-05-10T14:00:00+02:00", ["Alpha"]),
        ("where_created__lt=2024-05-11", ["Alpha"]),
        ("where_created__gt=2024-05-10T12:00Z&where_created__lte=2024-05-11T12:00Z", ["beta 100%"]),
        ("where_created__range=2024-05-01,2024-05-31", ["Alpha", "beta 100%"]),
        ("where_created__date=2024-05-11", ["beta 100%"]),
        ("where_created__year=2024&where_created__month=6", ["Łukasz_王"]),
        ("where_created__day=10", ["Alpha"]),
        ("where_created__in=2024-05-10T12:00Z,2024-05-11T12:00Z", ["Alpha", "beta 100%"]),
        ("where_created__isnull=true", []),
        ("where_signature_status=performed", ["Alpha"]),
        ("where_document_name=Alpha.pdf", ["Alpha"]),
        ("where_document_name__iendswith=.PDF&where_status=performed", ["Alpha"]),
        ("where_reason=INVALID_DOCUMENT", ["Łukasz_王"]),
        ("where_reason__isnull=false", ["Łukasz_王"]),
        ("where_signature_name=John", ["Alpha"]),
        ("where_signature_name=Ugo Foscolo", ["Alpha", "beta 100%"]),
        ("where_signature_name__icontains=foscolo", ["Alpha", "beta 100%"]),
        ("where_signature_name__in=John,nobody", ["Alpha"]),
        ("where_signer_group=teachers", []),
        ("where_signer_group__isnull=false", []),
        ("where_signer_group__isnull=true&where_status=performed", ["Alpha"]),
        ("where_status=performed&where_signer=ugo&where_title__icontains=a", ["Alpha"]),
    ],
)
def test_filters(query: str, found: list[str], shelf: House) -> None:
    assert ask(shelf, quote(query, safe="=&,%+:@$()._-")) == found


def test_title_that_is_shown_as_null_is_found_as_null(shelf: House) -> None:
    answer = get(shelf.owner, f"{PATH}?where_title__isnull=true")
    assert [item["title"] for item in answer.data] == [None]


def test_an_item_with_many_signatures_is_listed_and_counted_once(shelf: House) -> None:
    """Two signers of one transaction both match: a join would show it twice."""
    answer = get(
        shelf.owner, f"{PATH}?where_signer__in=ugo,robot&where_status=performed&where_signature_name__contains=o"
    )
    assert titles(answer) == ["Alpha"]
    assert answer.body["pagination"]["count"] == 1


def test_what_is_shown_as_created_finds_it_again(shelf: House) -> None:
    for item in get(shelf.owner, PATH).data:
        assert ask(shelf, f"where_created={item['created']}&where_status={item['status']}") == [item["title"]]


@pytest.mark.parametrize(
    ("query", "code", "word"),
    [
        ("where_password=x", "unknown_filter", "where_password"),
        ("where_organization=x", "unknown_filter", "where_organization"),
        ("where_created_by__organization__slug=x", "unknown_lookup", "where_created_by__organization__slug"),
        ("where_signer__password_hash__startswith=a", "unknown_lookup", "signer"),
        ("where_title__regex=a", "unknown_lookup", "where_title__regex"),
        ("where_title__gt=a", "unknown_lookup", "where_title__gt"),
        ("where_title__=a", "unknown_lookup", "where_title__"),
        ("where_created__contains=2024", "unknown_lookup", "where_created__contains"),
        ("where_created__year__gte=2024", "unknown_lookup", "where_created__year__gte"),
        ("where_=a", "unknown_filter", "where_"),
        ("status=pending", "unknown_parameter", "status"),
        ("limit=5", "unknown_parameter", "limit"),
        ("where_created=yesterday", "invalid_moment", "where_created"),
        ("where_created__range=2024-05-01", "invalid_filter_value", "two moments"),
        ("where_created__date=2024-13-01", "invalid_filter_value", "where_created__date"),
        ("where_created__month=13", "invalid_filter_value", "from 1 to 12"),
        ("where_reason__isnull=perhaps", "invalid_filter_value", "true or false"),
        ("where_title=a%00b", "nul_character", "where_title"),
        ("where_title=" + "x" * 1001, "invalid_filter_value", "1000"),
        ("where_title=a&where_title=b", "repeated_parameter", "where_title"),
        ("where_order=password", "invalid_order", "password"),
        ("where_order=signer", "invalid_order", "signer"),
        ("where_order=", "invalid_order", "where_order"),
        ("&".join(f"a{number}=1" for number in range(61)), "too_many_parameters", "60"),
        ("page=0", "invalid_page", "page"),
        ("page=-1", "invalid_page", "page"),
        ("page=x", "invalid_page", "page"),
        ("page=1.5", "invalid_page", "page"),
        ("page=", "invalid_page", "page"),
        ("page=٣", "invalid_page", "page"),
        ("count=0", "invalid_count", "count"),
        ("count=abc", "invalid_count", "count"),
    ],
)
def test_what_is_unknown_or_malformed_is_refused_by_name(query: str, code: str, word: str, acme: House) -> None:
    assert_refused(get(acme.owner, f"{PATH}?{quote(query, safe='=&,%')}"), 400, code, word)


def test_order(shelf: House) -> None:
    assert titles(get(shelf.owner, PATH)) == [None, "Łukasz_王", "beta 100%", "Alpha"]
    assert titles(get(shelf.owner, f"{PATH}?where_order=created")) == ["Alpha", "beta 100%", "Łukasz_王", None]
    assert titles(get(shelf.owner, f"{PATH}?where_order=-status"))[0] is None
    assert titles(get(shelf.owner, f"{PATH}?where_order=created_by,-created")) == [
        "Łukasz_王",
        "Alpha",
        "beta 100%",
        None,
    ]


@pytest.mark.parametrize("order", ["", "title", "-title", "created", "-created", "-status,title", "created_by"])
@pytest.mark.parametrize("query", ["where_status__in=pending,waiting", "where_signer=robot&where_title__istartswith=t"])
def test_few_and_many_come_in_the_same_order(query: str, order: str, acme: House) -> None:
    moment = now()
    for number, title in enumerate(("t1", "T1", "t2", "T0", "t_", "t1", "Ta")):
        make(
            acme, title, author=acme.rao if number % 2 else acme.owner, created=moment - timedelta(seconds=number // 2)
        )
    address = f"{PATH}?{query}" + (f"&where_order={order}" if order else "")
    few = get(acme.owner, address).data
    with patch.object(listing, "FEW", -1):
        many = [get(acme.owner, f"{address}&count=2&page={page}").data for page in (1, 2, 3, 4)]
    assert [item["id"] for page in many for item in page] == [item["id"] for item in few]
    assert len(few) == 7


def test_texts_are_put_in_order_without_regard_to_case(acme: House) -> None:
    for title in ("b", "A", "a", "C", "B"):
        make(acme, title)
    assert [title.lower() for title in titles(get(acme.owner, f"{PATH}?where_order=title"))] == list("aabbc")
    assert [title.lower() for title in titles(get(acme.owner, f"{PATH}?where_order=-title"))] == list("cbbaa")


def test_pages_keep_the_filters_and_leave_nothing_out(acme: House) -> None:
    for number in range(5):
        make(acme, f"T&{number}")
    make(acme, "other")
    seen, address = [], f"{PATH}?where_title__startswith=T%26&count=2"
    while address:
        answer = get(acme.owner, address)
        pagination = answer.body["pagination"]
        assert (pagination["count"], pagination["pages"]) == (5, 3)
        seen += titles(answer)
        following = pagination["next"]
        assert following is None or following.startswith(f"http://127.0.0.1:8000{PATH}?")
        if following:
            assert dict(parse_qsl(urlsplit(following).query)) == {
                "where_title__startswith": "T&",
                "count": "2",
                "page": str(pagination["page"] + 1),
            }
        address = following.removeprefix("http://127.0.0.1:8000") if following else ""
    assert sorted(seen) == [f"T&{number}" for number in range(5)]
    last = get(acme.owner, f"{PATH}?where_title__startswith=T%26&count=2&page=3").body["pagination"]
    assert last["previous"].endswith("page=2")
    assert get(acme.owner, f"{PATH}?page=2&count=100").status == 404


def test_page_past_the_end_is_not_there_and_an_empty_list_has_one_page(acme: House) -> None:
    answer = get(acme.owner, PATH)
    assert answer.body["pagination"] == {"count": 0, "next": None, "previous": None, "pages": 1, "page": 1}
    for number in ("2", "9" * 12, "9" * 400):
        assert_refused(get(acme.owner, f"{PATH}?page={number}"), 404, "page_not_found")


def test_count_above_a_hundred_means_a_hundred(acme: House) -> None:
    for number in range(101):
        make(acme, str(number))
    for query in ("", "?count=5000", "?count=" + "9" * 400):
        answer = get(acme.owner, PATH + query)
        assert (len(answer.data), answer.body["pagination"]["pages"]) == (100, 2)


def test_the_price_of_a_page_is_constant(acme: House) -> None:
    def price(query: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert get(acme.owner, PATH + query).status == 200
        return len(queries)

    query = "?where_signer=robot&where_signature_name__icontains=robot&where_created_by=jdo"
    for number in range(2):
        make(acme, str(number), acme.automatic, acme.user, acme.rao)
    few = price(query)
    for number in range(18):
        make(acme, str(number), acme.automatic, acme.user, acme.rao)
    assert price(query) == few
    assert few <= 10


@pytest.mark.parametrize("role", ["owner", "rao"])
def test_next_is_null_on_a_single_page(role: str, shelf: House) -> None:
    actor: Actor = getattr(shelf, role)
    pagination = get(actor, PATH).body["pagination"]
    assert (pagination["next"], pagination["previous"], pagination["count"]) == (None, None, 4)


NASTY = ("", "a'\\Z(?!)", "***:[[:x:]]{1,9}%", "\ufffe\U0001f600\n", "9" * 30, ",,")


def test_no_value_breaks_any_filter(shelf: House) -> None:
    """Every attribute with every lookup and hostile values: an answer or a refusal, on whichever database."""
    for name, attribute in transactions(shelf.owner.principal).items():
        for lookup in attribute.lookups:
            for value in NASTY:
                status = get(shelf.owner, f"{PATH}?where_{name}__{lookup}={quote(value, safe='')}").status
                assert status in (200, 400), (name, lookup, value)
