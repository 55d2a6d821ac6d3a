"""The lists of users, tokens, groups and wallets: what they are filtered by, for whom, and at what price."""

from collections.abc import Callable
from unittest.mock import patch
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sigillo.base.clock import now
from sigillo.credentials.models import Token
from sigillo.flows.create_token import NewToken, store_token
from sigillo.identities.models import Enrollment, Identity
from sigillo.organizations import conditions, listing
from sigillo.organizations.models import Group, Membership, User
from sigillo.transactions.models import Signature
from tests.api.calling import Answer, assert_refused, get
from tests.api.test_listing import make
from tests.support.world import Actor, House

ROOT = "/api/v1/acme"
WALLET = "users/ugo/wallet"
NAMED_BY = {"users": "id", "tokens": "label", "groups": "name"}


def named(answer: Answer, path: str) -> list[str]:
    assert answer.status == 200, answer.content
    return sorted(item[NAMED_BY.get(path, "label")] for item in answer.data)


def token(actor: Actor, label: str) -> None:
    with transaction.atomic():
        store_token(actor.user, NewToken(label=label), created_by="system")


def identity(actor: Actor, label: str, **more: object) -> Identity:
    return Identity.objects.create(
        organization=actor.user.organization, user=actor.user, label=label, status="active", **more
    )


def request(actor: Actor, label: str, **more: object) -> None:
    Enrollment.objects.create(
        organization=actor.user.organization,
        user=actor.user,
        label=label,
        status="active",
        identity=identity(actor, "enrolled", provider_id="other", deleted_at=now()),
        created_by="x",
        **more,
    )


@pytest.fixture
def shelf(acme: House, bravo: House) -> House:
    """Something to be found in every list, and the like at the neighbours'."""
    for house in (bravo, acme):
        User.objects.filter(id=house.user.user.id).update(first_name="Ugo", last_name="Foscolo", email="")
        for name in ("Teachers", "teachers 2", "pupils"):
            Group.objects.create(organization=house.organization, name=name, created_by="x")
        Token.objects.all().update(label="first")
        identity(house.user, "seal", provider_id="aruba-auto", fiscal_code="TINIT-1", registered_by=house.rao.user)
        identity(house.user, "phone", provider_id="sms")
        identity(house.user, "gone", provider_id="sms", deleted_at=now())
        request(house.user, "approved", provider_id="st-approval", fiscal_code="TINIT-1", registered_by=house.rao.user)
        request(house.user, "withdrawn", provider_id="st-approval", deleted_at=now())
        request(house.only, "texted", provider_id="sms")
    return acme


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        ("users", "where_membership_id=ugo", ["ugo"]),
        ("users", "where_membership_id=UGO", []),
        ("users", "where_membership_id__iexact=UGO", ["ugo"]),
        ("users", "where_membership_id__startswith=r", ["rita", "robot"]),
        ("users", "where_email=rita@acme.example", ["rita"]),
        ("users", "where_email__isnull=true", ["ugo"]),
        ("users", "where_email__endswith=bravo.example", []),
        ("users", "where_first_name__istartswith=R", ["rita", "robot"]),
        ("users", "where_last_name=Foscolo", ["ugo"]),
        ("users", "where_last_name__icontains=ΙΩΆΝ", ["gone", "jdo", "only-acme", "rita", "robot"]),
        ("users", "where_rao=true", ["jdo", "rita"]),
        ("users", "where_rao=false&where_automatic=true", ["only-acme", "robot"]),
        ("users", "where_rao__isnull=true", []),
        ("tokens", "where_user=ugo", ["first"]),
        ("tokens", "where_user__in=rita,ugo,stranger", ["first", "first"]),
        ("tokens", "where_label__startswith=fir&where_user__istartswith=R", ["first", "first"]),
        ("tokens", "where_label=First", []),
        ("groups", "where_name=Teachers", ["Teachers"]),
        ("groups", "where_name__iexact=TEACHERS", ["Teachers"]),
        ("groups", "where_name__istartswith=teach", ["Teachers", "teachers 2"]),
        ("groups", "where_name__startswith=teach", ["teachers 2"]),
        (WALLET, "", ["phone", "seal"]),
        (WALLET, "where_provider=sms", ["phone"]),
        (WALLET, "where_provider__startswith=aruba", ["seal"]),
        (WALLET, "where_user=ugo&where_first_name=Ugo", ["phone", "seal"]),
        (WALLET, "where_user=rita", []),
        (WALLET, "where_last_name__istartswith=FOS", ["phone", "seal"]),
        (WALLET, "where_registered_by=rita", ["seal"]),
        (WALLET, "where_registered_by__isnull=true", ["phone"]),
        (WALLET, "where_fiscal_code=TINIT-1", ["seal"]),
        (WALLET, "where_fiscal_code__isnull=true", ["phone"]),
        (WALLET, "where_fiscal_code__isnull=false", ["seal"]),
        ("identities", "where_provider__in=sms,aruba-auto", ["phone", "seal"]),
        ("identities", "where_user__startswith=u&where_registered_by__iexact=RITA", ["seal"]),
        ("identities", "where_fiscal_code__istartswith=tinit", ["seal"]),
        ("identity-requests", "", ["approved", "texted"]),
        ("identity-requests", "where_provider=sms", ["texted"]),
        ("identity-requests", "where_last_name=Foscolo", ["approved"]),
        ("identity-requests", "where_registered_by=rita&where_fiscal_code=TINIT-1", ["approved"]),
        ("identity-requests", "where_user=only-acme&where_registered_by__isnull=true", ["texted"]),
        ("users/ugo/identity-requests", "where_provider__startswith=st", ["approved"]),
    ],
)
def test_filters(path: str, query: str, found: list[str], shelf: House) -> None:
    address = f"{ROOT}/{path}?{quote(query, safe='=&,_-@.')}"
    assert named(get(shelf.owner, address), path) == found
    with patch.object(listing, "FEW", -1), patch.object(conditions, "LOOKED_UP", 1):
        assert named(get(shelf.owner, address), path) == found


def test_a_plain_user_filters_what_is_its_own(shelf: House) -> None:
    assert named(get(shelf.user, f"{ROOT}/users?where_membership_id__startswith=r"), "users") == []
    assert named(get(shelf.user, f"{ROOT}/users?where_last_name=Foscolo"), "users") == ["ugo"]
    assert get(shelf.user, f"{ROOT}/tokens?where_user=rita").data == []
    assert get(shelf.user, f"{ROOT}/tokens").body["pagination"]["count"] == 1
    assert named(get(shelf.user, f"{ROOT}/identities"), "identities") == ["phone", "seal"]
    assert named(get(shelf.user, f"{ROOT}/identity-requests?where_provider=sms"), "identity-requests") == []


def test_own_transactions_are_those_created_and_those_signed(acme: House, bravo: House) -> None:
    make(acme, "mine", author=acme.user)
    make(acme, "signed", acme.user, acme.automatic, author=acme.user)
    make(acme, "for me", acme.user, acme.user)
    make(acme, "theirs")
    make(bravo, "beyond", bravo.user)
    for title, name in (("ours", "members"), ("not ours", "others")):
        group = Group.objects.create(organization=acme.organization, name=name, created_by="x")
        make(acme, title)
        Signature.objects.filter(transaction__title=title).update(
            signer=None, signer_group=group, signer_group_name=name
        )
        if name == "members":
            Membership.objects.create(group=group, user=acme.user.user)
    for few in (listing.FEW, -1):
        with patch.object(listing, "FEW", few):
            answer = get(acme.user, f"{ROOT}/signature-transactions")
            assert [item["title"] for item in answer.data] == ["ours", "for me", "signed", "mine"]
            assert answer.body["pagination"]["count"] == 4
            answer = get(acme.user, f"{ROOT}/signature-transactions?where_signer=robot&where_order=-title")
            assert [item["title"] for item in answer.data] == ["signed", "mine"]
            answer = get(acme.user, f"{ROOT}/signature-transactions?where_signer_group__iexact=MEMBERS")
            assert [item["title"] for item in answer.data] == ["ours"]
            assert get(acme.user, f"{ROOT}/signature-transactions?where_signer_group=others").data == []
    assert get(acme.only, f"{ROOT}/signature-transactions").data == []


@pytest.mark.parametrize("path", ["users", "tokens", "groups", "identities", "identity-requests"])
def test_nobody_from_outside_sees_a_list(path: str, shelf: House, bravo: House) -> None:
    assert get(None, f"{ROOT}/{path}").status == 401
    assert_refused(get(bravo.owner, f"{ROOT}/{path}"), 403, "foreign_organization")


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("users", "where_handle=x", "unknown_filter"),
        ("users", "where_rao=perhaps", "invalid_filter_value"),
        ("users", "where_rao__startswith=t", "unknown_lookup"),
        ("tokens", "where_value=x", "unknown_filter"),
        ("groups", "where_members=x", "unknown_filter"),
        (WALLET, "where_password_hash__startswith=x", "unknown_filter"),
        (WALLET, "where_registered_by__isnull=perhaps", "invalid_filter_value"),
        (WALLET, "where_order=appearance_uri", "invalid_order"),
    ],
)
def test_what_is_unknown_is_refused_by_name(path: str, query: str, code: str, acme: House) -> None:
    assert_refused(get(acme.owner, f"{ROOT}/{path}?{query}"), 400, code, "where_")


def test_orders(shelf: House) -> None:
    users = [item["id"] for item in get(shelf.owner, f"{ROOT}/users?where_order=-membership_id").data]
    assert users == sorted(users, reverse=True)
    names = [item["name"] for item in get(shelf.owner, f"{ROOT}/groups?where_order=-name").data]
    assert names == ["teachers 2", "Teachers", "pupils"]
    labels = [item["label"] for item in get(shelf.owner, f"{ROOT}/{WALLET}?where_order=provider").data]
    assert labels == ["seal", "phone"]
    tokens = [item["user"] for item in get(shelf.owner, f"{ROOT}/tokens?where_order=user").data]
    assert tokens == sorted(tokens)


def _more_users(house: House, number: int) -> None:
    user = User.objects.create(organization=house.organization, handle=f"u{number:02d}", first_name="Ann")
    identity(Actor(user, ""), "seal", provider_id="sms", registered_by=house.rao.user)


def _more_tokens(house: House, number: int) -> None:
    token(house.user if number % 2 else house.automatic, f"Ann {number}")


def _more_groups(house: House, number: int) -> None:
    group = Group.objects.create(organization=house.organization, name=f"Ann {number}", created_by="x")
    Membership.objects.create(group=group, user=house.user.user)


def _more_identities(house: House, number: int) -> None:
    identity(house.user, "Ann", provider_id="sms", registered_by=house.rao.user)


def _more_requests(house: House, number: int) -> None:
    request(house.user, "Ann", provider_id="sms", registered_by=house.rao.user, fiscal_code=f"A{number}")


def _more_transactions(house: House, number: int) -> None:
    make(house, f"Ann {number}", house.user, house.automatic, author=house.rao if number % 2 else house.user)


@pytest.mark.parametrize(
    ("path", "query", "add"),
    [
        ("users", "where_first_name__startswith=An", _more_users),
        ("tokens", "where_label__startswith=An&where_user__in=ugo,robot", _more_tokens),
        ("users/ugo/tokens", "where_label__startswith=An", _more_tokens),
        ("groups", "where_name__startswith=An", _more_groups),
        (
            WALLET,
            "where_provider__startswith=s&where_registered_by=rita&where_first_name__istartswith=u",
            _more_identities,
        ),
        ("identities", "where_provider__startswith=s&where_user=ugo", _more_identities),
        ("identity-requests", "where_fiscal_code__startswith=A&where_registered_by=rita", _more_requests),
        ("signature-transactions", "where_title__startswith=An&where_signer=ugo", _more_transactions),
    ],
)
def test_the_price_of_a_page_is_constant(path: str, query: str, add: Callable[[House, int], None], acme: House) -> None:
    def prices() -> list[int]:
        counted = []
        for address in (f"{ROOT}/{path}", f"{ROOT}/{path}?{query}"):
            with CaptureQueriesContext(connection) as queries:
                assert get(acme.owner, address).data
            counted.append(len(queries))
        return counted

    add(acme, 0)
    add(acme, 1)
    few = prices()
    for number in range(2, 50):
        add(acme, number)
    assert prices() == few
