"""Groups of signers: owners make, change and delete them, everybody of the house reads them."""

from urllib.parse import quote

import pytest

from sigillo.journal.models import Event
from sigillo.organizations.models import Group, Membership, User
from tests.api.calling import Answer, assert_refused, get, post, send
from tests.support.world import Actor, House

PATH = "/api/v1/acme/groups"


def put(actor: Actor | None, path: str, body: object = None) -> Answer:
    return send(actor, "PUT", f"{PATH}/{path}", body)


def delete(actor: Actor | None, path: str) -> Answer:
    return send(actor, "DELETE", f"{PATH}/{path}")


def rows() -> list[list[tuple[object, ...]]]:
    return [list(model.objects.order_by("pk").values_list()) for model in (Group, Membership)]


def said() -> list[tuple[str, object]]:
    events = Event.objects.filter(kind__startswith="group.").order_by("sequence")
    return [(event.kind.removeprefix("group."), event.data.get("fields") or event.data.get("user")) for event in events]


@pytest.fixture
def legal(acme: House) -> House:
    """The house with a group of two."""
    assert post(acme.owner, PATH, {"name": "legal", "members": ["ugo", "jdo"]}).status == 201
    return acme


def test_a_group_is_made_and_everybody_reads_it(acme: House, bravo: House) -> None:
    answer = post(acme.owner, PATH, {"name": "Ufficio Legale", "members": ["ugo", "jdo", "ugo"]})
    assert (answer.status, answer.body["meta"]) == (201, {"code": 200})
    assert answer.data == {"name": "Ufficio Legale", "members": ["jdo", "ugo"], "created_by": "jdo@acme"}
    for actor in (acme.owner, acme.rao, acme.user, acme.automatic):
        assert get(actor, f"{PATH}/Ufficio%20Legale").data == answer.data
        assert get(actor, PATH).data == [answer.data]
    row = Group.objects.get()
    assert (row.organization, {user.handle for user in row.members.all()}) == (acme.organization, {"jdo", "ugo"})
    assert said() == [("created", None)]
    event = Event.objects.get()
    assert (event.actor, event.data) == (f"user:{acme.owner.user.id}", {"group": str(row.id)})
    assert get(bravo.owner, "/api/v1/bravo/groups").data == []
    assert_refused(get(bravo.owner, f"{PATH}/legal"), 403, "foreign_organization")
    assert_refused(get(acme.disabled, PATH), 401, "invalid_token")


def test_two_houses_have_groups_of_one_name(legal: House, bravo: House) -> None:
    assert post(bravo.owner, "/api/v1/bravo/groups", {"name": "legal", "members": ["rita"]}).status == 201
    assert_refused(post(legal.owner, PATH, {"name": "legal"}), 409, "group_exists", "legal")
    assert get(legal.owner, f"{PATH}/legal").data["members"] == ["jdo", "ugo"]
    assert Group.objects.count() == 2


def test_groups_are_listed_by_name_filtered_and_in_pages(acme: House) -> None:
    for name in ("b", "a", "ab"):
        post(acme.owner, PATH, {"name": name})
    assert [group["name"] for group in get(acme.user, PATH).data] == ["a", "ab", "b"]
    answer = get(acme.user, f"{PATH}?where_name__startswith=a&count=1&page=2")
    assert ([group["name"] for group in answer.data], answer.body["pagination"]["count"]) == (["ab"], 2)
    assert_refused(get(acme.user, f"{PATH}?where_members=ugo"), 400, "unknown_filter", "where_members")


def test_an_edit_changes_what_is_sent_and_nothing_else(legal: House) -> None:
    kept = Membership.objects.get(user=legal.user.user).id
    assert put(legal.owner, "legal", {"name": "law"}).data["members"] == ["jdo", "ugo"]
    assert_refused(get(legal.owner, f"{PATH}/legal"), 404, "group_not_found", "legal")
    answer = put(legal.owner, "law", {"members": ["rita", "ugo"]})
    assert answer.data == {"name": "law", "members": ["rita", "ugo"], "created_by": "jdo@acme"}
    assert Membership.objects.get(user=legal.user.user).id == kept
    assert put(legal.owner, "law", {"members": [], "name": "none"}).data["members"] == []
    assert said()[1:] == [("edited", ["name"]), ("edited", ["members"]), ("edited", ["members", "name"])]


def test_what_stays_is_not_told(legal: House) -> None:
    before = rows()
    for body in ({}, {"name": None, "members": None}, {"name": "legal", "members": ["ugo", "jdo"]}):
        assert put(legal.owner, "legal", body).status == 200
    assert put(legal.owner, "legal/members/ugo").data["members"] == ["jdo", "ugo"]
    assert delete(legal.owner, "legal/members/rita").data["members"] == ["jdo", "ugo"]
    assert (rows(), said()) == (before, [("created", None)])


def test_members_come_and_go_one_by_one(legal: House) -> None:
    assert put(legal.owner, "legal/members/robot").data["members"] == ["jdo", "robot", "ugo"]
    assert delete(legal.owner, "legal/members/ugo").data["members"] == ["jdo", "robot"]
    keys = [str(actor.user.id) for actor in (legal.automatic, legal.user)]
    assert said()[1:] == [("member_added", keys[0]), ("member_removed", keys[1])]


def test_a_deleted_group_leaves_its_members(legal: House) -> None:
    people = User.objects.count()
    answer = delete(legal.owner, "legal")
    assert (answer.status, answer.body) == (200, {"meta": {"code": 200}, "data": None})
    assert (Group.objects.count(), Membership.objects.count(), User.objects.count()) == (0, 0, people)
    assert_refused(delete(legal.owner, "legal"), 404, "group_not_found", "legal")
    assert_refused(put(legal.owner, "legal", {"name": "x"}), 404, "group_not_found")
    assert said()[1:] == [("deleted", None)]


def test_others_change_nothing(legal: House, bravo: House) -> None:
    before, told = rows(), said()
    for actor in (legal.rao, legal.user, legal.automatic):
        for answer in (
            post(actor, PATH, {"name": "x"}),
            put(actor, "legal", {"members": []}),
            put(actor, "legal/members/ugo"),
            delete(actor, "legal/members/ugo"),
            delete(actor, "legal"),
        ):
            assert_refused(answer, 403, "not_permitted", "groups")
    for method, path in (("PUT", "legal"), ("DELETE", "legal"), ("PUT", "legal/members/rita")):
        assert_refused(send(bravo.owner, method, f"{PATH}/{path}", {}), 403, "foreign_organization")
        assert_refused(send(bravo.owner, method, f"/api/v1/bravo/groups/{path}", {}), 404, "group_not_found")
    assert (rows(), said()) == (before, told)


NAMES = ["", " legal", "legal ", ".", "..", "a/b", "a,b", "@legal", "a\nb", "x" * 151]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_cannot_stand_in_an_address_are_refused(name: str, legal: House) -> None:
    before, told = rows(), said()
    for answer in (post(legal.owner, PATH, {"name": name}), put(legal.owner, "legal", {"name": name, "members": []})):
        assert (answer.status, answer.code in ("invalid_value", "invalid_group_name")) == (400, True)
        assert "name" in answer.message
    assert (rows(), said()) == (before, told)


@pytest.mark.parametrize("name", ["Ufficio 100%", "a?b#c", "法務 & Co.", "x" * 150])
def test_other_names_can(name: str, acme: House) -> None:
    assert post(acme.owner, PATH, {"name": name}).status == 201
    assert put(acme.owner, quote(name, safe=""), {"members": ["ugo"]}).data["members"] == ["ugo"]
    assert delete(acme.owner, quote(name, safe="")).status == 200


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({"members": ["nobody"]}, "unknown_member", "nobody"),
        ({"members": ["ugo", "only-bravo"]}, "unknown_member", "only-bravo"),
        ({"members": ["ugo", ""]}, "unknown_member", "members"),
        ({"members": "ugo"}, "invalid_value", "members"),
        ({"members": [5]}, "invalid_value", "members"),
        ({"members": ["a\0"]}, "nul_character", "members"),
        ({"organization": "bravo"}, "unknown_field", "organization"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    body: dict[str, object], code: str, word: str, legal: House, bravo: House
) -> None:
    before, told = rows(), said()
    for answer in (post(legal.owner, PATH, {"name": "new"} | body), put(legal.owner, "legal", {"name": "new"} | body)):
        assert_refused(answer, 400, code, word)
    for method in ("PUT", "DELETE"):
        for handle in ("nobody", "only-bravo", "a%00b"):
            answer = send(legal.owner, method, f"{PATH}/legal/members/{handle}")
            assert_refused(answer, 404, "user_not_found")
    assert (rows(), said()) == (before, told)


def test_a_name_that_another_group_has_is_a_conflict(legal: House) -> None:
    post(legal.owner, PATH, {"name": "law"})
    before, told = rows(), said()
    assert_refused(put(legal.owner, "legal", {"name": "law", "members": []}), 409, "group_exists", "law")
    assert (rows(), said()) == (before, told)
