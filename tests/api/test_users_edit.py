"""GET and PUT of users: who sees whom, what may be changed by whom, and what disabling stops."""

import pytest

from sigillo.identities.models import Identity
from sigillo.journal.models import Event
from sigillo.organizations.models import User
from tests.api.bodies import transaction_body, wallet_body
from tests.api.calling import Answer, assert_refused, get, post, send
from tests.flows.stories import PASSWORD, give_identity, ready, signatures
from tests.support.world import Actor, House

PATH = "/api/v1/acme/users"
HANDLES = ["gone", "jdo", "rita", "ugo", "robot", "only-acme"]


def put(actor: Actor | None, handle: str, body: object) -> Answer:
    return send(actor, "PUT", f"{PATH}/{handle}", body)


def rows() -> dict[str, dict[str, object]]:
    """Every user of every house, whole, by handle@slug."""
    return {
        f"{row['handle']}@{row['organization__slug']}": row
        for row in User.objects.values("organization__slug", *COLUMNS)
    }


COLUMNS = [field.attname for field in User._meta.concrete_fields]


def edits() -> list[dict[str, object]]:
    """What the journal says of each edit, without whom it was of."""
    events = Event.objects.filter(kind="user.edited").order_by("sequence")
    return [{name: value for name, value in event.data.items() if name != "user"} for event in events]


def test_owners_and_raos_list_all_and_others_themselves(acme: House, bravo: House) -> None:
    for actor in (acme.owner, acme.rao):
        answer = get(actor, PATH)
        assert [user["id"] for user in answer.data] == HANDLES
        assert answer.body["pagination"] == {"count": 6, "next": None, "previous": None, "pages": 1, "page": 1}
    for actor, handle in ((acme.user, "ugo"), (acme.automatic, "robot")):
        answer = get(actor, PATH)
        assert ([user["id"] for user in answer.data], answer.body["pagination"]["count"]) == ([handle], 1)
        assert get(actor, f"{PATH}/{handle}").data == answer.data[0]
        assert_refused(get(actor, f"{PATH}/jdo"), 404, "user_not_found", "jdo")
    assert_refused(get(acme.owner, f"{PATH}/only-bravo"), 404, "user_not_found", "only-bravo")
    assert_refused(get(bravo.owner, PATH), 403, "foreign_organization")
    assert_refused(get(None, PATH), 401, "no_credential")


def test_a_user_is_shown_with_its_wallet_and_without_what_was_deleted(acme: House) -> None:
    kept, deleted = give_identity(acme), give_identity(acme)
    Identity.objects.filter(id=deleted).update(deleted_at="2026-01-31T12:00:00Z")
    data = get(acme.rao, f"{PATH}/robot").data
    assert [identity["id"] for identity in data["wallet"]] == [str(kept)]
    assert data | {"wallet": []} == {
        "id": "robot",
        "status": "enabled",
        "type": "Basic user account",
        "email": "robot@acme.example",
        "first_name": "Robot",
        "last_name": "Ιωάννης",
        "created_by": "system",
        "automatic": True,
        "owner": False,
        "rao": False,
        "wallet": [],
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("where_membership_id=ugo", ["ugo"]),
        ("where_membership_id__in=ugo,jdo,only-bravo", ["jdo", "ugo"]),
        ("where_email=RITA@acme.example", []),
        ("where_email__iexact=RITA@acme.example", ["rita"]),
        ("where_first_name__icontains=RO", ["robot"]),
        ("where_last_name=Ιωάννης&where_rao=true", ["jdo", "rita"]),
        ("where_automatic=true&where_order=-membership_id", ["robot", "only-acme"]),
        ("where_membership_id__startswith=r&where_order=first_name&count=1&page=2", ["robot"]),
    ],
)
def test_filters(query: str, found: list[str], acme: House, bravo: House) -> None:
    assert [user["id"] for user in get(acme.owner, f"{PATH}?{query}").data] == found


@pytest.mark.parametrize("query", ["where_owner=true", "where_handle=ugo", "where_organization=x", "where_id=ugo"])
def test_what_is_no_filter_is_refused(query: str, acme: House) -> None:
    assert_refused(get(acme.owner, f"{PATH}?{query}"), 400, "unknown_filter", query.partition("=")[0])


def test_an_owner_changes_what_is_sent_and_nothing_else(acme: House, bravo: House) -> None:
    before = rows()
    changes = {"first_name": "Ada", "email": "ada@acme.example", "automatic": True, "rao": True}
    answer = put(acme.owner, "ugo", changes)
    assert answer.status == 200
    assert {name: answer.data[name] for name in changes} == changes
    assert answer.data == get(acme.owner, f"{PATH}/ugo").data
    assert rows() == before | {"ugo@acme": before["ugo@acme"] | changes}
    assert edits() == [{"fields": sorted(changes), "automatic": True, "rao": True}]
    event = Event.objects.get()
    assert (event.actor, event.data["user"]) == (f"user:{acme.owner.user.id}", str(acme.user.user.id))
    assert "ada" not in str(event.data).lower()


def test_null_leaves_and_an_empty_text_takes_away(acme: House) -> None:
    before = rows()
    assert (
        put(
            acme.owner, "ugo", dict.fromkeys(("first_name", "email", "automatic", "rao", "status", "id", "owner"))
        ).status
        == 200
    )
    assert (rows(), edits()) == (before, [])
    answer = put(acme.owner, "ugo", {"first_name": "", "last_name": "", "email": ""})
    assert (answer.data["first_name"], answer.data["last_name"], answer.data["email"]) == (None, None, None)
    assert edits() == [{"fields": ["email", "first_name", "last_name"]}]


def test_a_user_changes_its_own_name_and_address_and_nothing_else(acme: House) -> None:
    assert put(acme.user, "ugo", {"first_name": "Ada", "last_name": "L", "email": "ada@acme.example"}).status == 200
    before = rows()
    for change in ({"rao": True}, {"automatic": True}, {"status": "disabled"}):
        assert_refused(put(acme.user, "ugo", {"first_name": "X"} | change), 403, "not_yours_to_edit", *change)
    for change in ({"owner": True}, {"id": "jdo"}):
        assert_refused(put(acme.user, "ugo", {"first_name": "X"} | change), 400, "fixed_field", *change)
    for handle in ("rita", "nobody"):
        assert_refused(put(acme.user, handle, {"first_name": "X"}), 404, "user_not_found", handle)
    assert (rows(), len(edits())) == (before, 1)


def test_raos_automatic_signers_and_other_houses_edit_nobody(acme: House, bravo: House) -> None:
    before = rows()
    for actor, handle in ((acme.rao, "ugo"), (acme.rao, "rita"), (acme.automatic, "robot"), (acme.automatic, "x")):
        assert_refused(put(actor, handle, {"first_name": "X"}), 403, "not_permitted", "edit users")
    assert_refused(put(bravo.owner, "ugo", {"first_name": "X"}), 403, "foreign_organization")
    assert_refused(send(bravo.owner, "PUT", "/api/v1/bravo/users/only-acme", {"rao": True}), 404, "user_not_found")
    assert_refused(put(acme.disabled, "gone", {"first_name": "X"}), 401, "invalid_token")
    assert (rows(), edits()) == (before, [])


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({"id": "other"}, "fixed_field", "id"),
        ({"id": ""}, "fixed_field", "id"),
        ({"owner": True}, "fixed_field", "owner"),
        ({"status": "gone"}, "invalid_value", "status"),
        ({"email": "nonsense"}, "invalid_email", "email"),
        ({"email": "a\u202eb@x.example"}, "invalid_email", "email"),
        ({"first_name": "a\u2028b"}, "invalid_name", "first_name"),
        ({"last_name": "a\u202eb"}, "invalid_name", "last_name"),
        ({"last_name": "x" * 151}, "invalid_value", "150"),
        ({"rao": "yes"}, "invalid_value", "rao"),
        ({"organization": "bravo"}, "unknown_field", "organization"),
        ({"handle": "x"}, "unknown_field", "handle"),
    ],
)
def test_what_does_not_fit_changes_nothing(body: dict[str, object], code: str, word: str, acme: House) -> None:
    before = rows()
    assert_refused(put(acme.owner, "ugo", {"rao": True} | body), 400, code, word)
    assert (rows(), edits()) == (before, [])


def test_only_the_making_makes_an_owner(acme: House) -> None:
    """Nobody becomes one later, and nobody stops being one: an owner is told as it is, or refused."""
    assert put(acme.owner, "jdo", {"owner": True, "id": "jdo"}).status == 200
    assert_refused(put(acme.owner, "jdo", {"owner": False}), 400, "fixed_field", "owner")
    made = post(acme.owner, PATH, {"id": "second", "owner": True})
    assert (made.data["owner"], made.data["created_by"]) == (True, "jdo@acme")
    assert edits() == []


def test_disabling_stops_every_credential_at_once_and_enabling_gives_it_back(acme: House) -> None:
    second = post(acme.owner, "/api/v1/acme/tokens", {"user": "ugo"}).data["value"]
    tokens = [acme.user, Actor(user=acme.user.user, token=second)]
    assert put(acme.owner, "ugo", {"status": "disabled"}).data["status"] == "disabled"
    for actor in tokens:
        for method, path in (("GET", PATH), ("PUT", f"{PATH}/ugo"), ("POST", "/api/v1/acme/tokens")):
            assert_refused(send(actor, method, path, {}), 401, "invalid_token")
    assert_refused(post(acme.owner, "/api/v1/acme/tokens", {"user": "ugo"}), 400, "user_disabled", "ugo")
    assert_refused(post(acme.owner, f"{PATH}/ugo/wallet", wallet_body()), 400, "user_disabled", "ugo")
    body = transaction_body()
    body["documents"][0]["groups"][0][0]["signer"] = "ugo"
    assert_refused(post(acme.owner, "/api/v1/acme/signature-transactions", body), 400, "disabled_signer", "ugo")
    assert put(acme.owner, "ugo", {"status": "enabled"}).status == 200
    assert [get(actor, PATH).status for actor in tokens] == [200, 200]
    assert edits() == [{"fields": ["status"], "status": status} for status in ("disabled", "enabled")]


def test_a_disabled_automatic_signer_makes_no_signature(acme: House) -> None:
    give_identity(acme)
    signature = signatures(ready(acme))[0]
    put(acme.owner, "robot", {"status": "disabled"})
    path = f"/api/v1/acme/signatures/{signature.id}/perform"
    assert_refused(post(acme.owner, path, {"password": PASSWORD}), 400, "signer_disabled")
    assert_refused(post(acme.automatic, path, {"password": PASSWORD}), 401, "invalid_token")
    signature.refresh_from_db()
    assert signature.status == "pending"


def test_the_last_owner_who_is_enabled_stays(acme: House) -> None:
    """`gone` is an owner too, and disabled: it does not count."""
    before = rows()
    assert_refused(put(acme.owner, "jdo", {"status": "disabled", "first_name": "X"}), 400, "last_owner")
    assert (rows(), edits()) == (before, [])
    assert put(acme.owner, "gone", {"status": "enabled"}).status == 200
    assert put(acme.owner, "jdo", {"status": "disabled"}).data["status"] == "disabled"
    assert_refused(get(acme.owner, PATH), 401, "invalid_token")
    assert_refused(put(acme.disabled, "gone", {"status": "disabled"}), 400, "last_owner")


def test_the_wallet_is_listed_newest_first_in_pages(acme: House, bravo: House) -> None:
    made = [str(give_identity(acme)) for _ in range(3)]
    answer = get(acme.automatic, f"{PATH}/robot/wallet?count=2")
    assert [identity["id"] for identity in answer.data] == made[:0:-1]
    assert answer.body["pagination"]["count"] == 3
    assert get(acme.rao, f"{PATH}/robot/wallet?where_provider=aruba").data == []
    assert_refused(get(acme.user, f"{PATH}/robot/wallet"), 404, "user_not_found")
    assert_refused(get(acme.owner, f"{PATH}/only-bravo/wallet"), 404, "user_not_found")
    assert_refused(get(acme.owner, f"{PATH}/robot/wallet?page=2"), 404, "page_not_found")
    assert PASSWORD.encode() not in answer.content
