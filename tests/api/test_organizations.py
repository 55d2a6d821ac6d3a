"""GET and PATCH of an organization: the settings, who changes them, and what cannot be changed."""

from datetime import UTC, datetime, timedelta

import pytest

from sigillo.journal.models import Event
from sigillo.organizations.models import Organization, User
from sigillo.pki.certificates import describe, from_pem_or_base64
from tests.api.bodies import transaction_body, wallet_body
from tests.api.calling import Answer, assert_refused, get, post, send
from tests.support.world import Actor, House

PATH = "/api/v1/organizations/acme"


def patch(actor: Actor | None, body: object, path: str = PATH) -> Answer:
    return send(actor, "PATCH", path, body)


def row(house: House) -> dict[str, object]:
    return {**Organization.objects.filter(id=house.organization.id).values().get()}


def edits() -> list[list[str]]:
    """What the journal says was changed, edit by edit."""
    return [event.data["fields"] for event in Event.objects.filter(kind="organization.edited").order_by("sequence")]


def test_everybody_of_the_house_reads_it(acme: House) -> None:
    for actor in (acme.owner, acme.rao, acme.user, acme.automatic):
        answer = get(actor, PATH)
        assert answer.body == {
            "meta": {"code": 200},
            "data": {
                "id": str(acme.organization.id),
                "name": "Acme S.p.A.",
                "slug": "acme",
                "settings": {
                    "default_rao": None,
                    "dst_default_months": 3,
                    "signature_appearance": None,
                    "dst_default_days": None,
                },
                "logo": None,
            },
        }
    assert get(acme.owner, f"/api/v1/organizations/{acme.organization.id}").data["slug"] == "acme"


def test_flat_settings_are_stored_and_shown_nested(acme: House, bravo: House) -> None:
    before, other = row(acme), row(bravo)
    body = {
        "default_rao": "rita",
        "dst_default_months": 6,
        "signature_appearance": "https://acme.example/signature.png",
        "name": "Acme Holding",
        "logo": "https://acme.example/logo.png",
    }
    answer = patch(acme.owner, body)
    assert answer.status == 200
    assert (answer.data["name"], answer.data["logo"]) == (body["name"], body["logo"])
    assert answer.data["settings"] == {
        "default_rao": "rita",
        "dst_default_months": 6,
        "signature_appearance": body["signature_appearance"],
        "dst_default_days": None,
    }
    assert answer.data == get(acme.user, PATH).data
    stored = {name: value for name, value in body.items() if name != "default_rao"}
    assert row(acme) == before | stored | {"default_rao_id": acme.rao.user.id}
    assert row(bravo) == other
    assert edits() == [sorted(body)]
    assert Event.objects.get().actor == f"user:{acme.owner.user.id}"


def test_nested_settings_serve_like_flat_ones_and_flat_ones_come_first(acme: House) -> None:
    answer = patch(acme.owner, {"settings": {"dst_default_months": 6, "default_rao": "rita"}, "dst_default_months": 7})
    settings = answer.data["settings"]
    assert (settings["dst_default_months"], settings["default_rao"]) == (7, "rita")


def test_null_leaves_and_an_empty_text_takes_away(acme: House) -> None:
    given = {
        "default_rao": "rita",
        "signature_appearance": "https://a.example/s.png",
        "logo": "https://a.example/l.png",
    }
    assert patch(acme.owner, given | {"dst_default_days": 9}).status == 200
    assert patch(acme.owner, dict.fromkeys([*given, "name", "slug", "dst_default_days", "settings"])).status == 200
    assert row(acme)["logo"] == given["logo"]
    assert len(edits()) == 1
    answer = patch(acme.owner, dict.fromkeys(given, "") | {"dst_default_days": 0})
    assert answer.data["logo"] is None
    assert set(answer.data["settings"].items()) >= {("default_rao", None), ("signature_appearance", None)}
    assert (answer.data["settings"]["dst_default_days"], row(acme)["dst_default_days"]) == (None, None)
    assert edits()[1] == sorted([*given, "dst_default_days"])


def test_deadlines_of_new_transactions_follow_it(acme: House) -> None:
    body = transaction_body()
    body["documents"][0]["document_uri"] = "https://files.example/a.pdf"

    def deadline() -> timedelta:
        not_after = post(acme.user, "/api/v1/acme/signature-transactions", body).data["not_after"]
        return datetime.fromisoformat(not_after) - datetime.now(UTC)

    assert timedelta(days=89) < deadline() < timedelta(days=93)
    patch(acme.owner, {"dst_default_months": 1})
    assert timedelta(days=27) < deadline() < timedelta(days=32)
    patch(acme.owner, {"dst_default_days": 2})
    assert timedelta(days=1) < deadline() <= timedelta(days=2)


def test_a_default_rao_who_is_none_any_more_may_be_told_as_it_is(acme: House) -> None:
    patch(acme.owner, {"default_rao": "rita"})
    User.objects.filter(id=acme.rao.user.id).update(rao=False)
    assert patch(acme.owner, get(acme.owner, PATH).data | {"name": "New"}).status == 200
    assert edits() == [["default_rao"], ["name"]]
    patch(acme.owner, {"default_rao": ""})
    assert_refused(patch(acme.owner, {"default_rao": "rita"}), 400, "not_a_rao", "default_rao", "rita")


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({"slug": "other"}, "fixed_field", "slug"),
        ({"slug": ""}, "fixed_field", "slug"),
        ({"name": ""}, "empty_name", "name"),
        ({"name": "  "}, "empty_name", "name"),
        ({"name": "a\u202eb"}, "invalid_name", "name"),
        ({"name": "x" * 201}, "invalid_value", "name"),
        ({"name": "a\0b"}, "nul_character", "name"),
        ({"default_rao": "ugo"}, "not_a_rao", "default_rao"),
        ({"default_rao": "nobody"}, "not_a_rao", "nobody"),
        ({"default_rao": "only-bravo"}, "not_a_rao", "only-bravo"),
        ({"default_rao": "gone"}, "not_a_rao", "gone"),
        ({"settings": {"default_rao": "ugo"}}, "not_a_rao", "default_rao"),
        ({"dst_default_months": 0}, "invalid_value", "dst_default_months"),
        ({"dst_default_months": 121}, "invalid_value", "120"),
        ({"dst_default_months": "3"}, "invalid_value", "dst_default_months"),
        ({"dst_default_days": -1}, "invalid_value", "dst_default_days"),
        ({"logo": "javascript:alert(1)"}, "invalid_address", "logo"),
        ({"logo": "/logo.png"}, "invalid_address", "logo"),
        ({"logo": "https://me:s3cret@a.example/"}, "outbound_userinfo", "logo"),
        ({"settings": {"signature_appearance": "ftp://a.example/"}}, "invalid_address", "signature_appearance"),
        ({"settings": {"signature_appearance": "https://me@a.example/"}}, "outbound_userinfo", "signature_appearance"),
        ({"strict_intake": True}, "unknown_field", "strict_intake"),
        ({"settings": {"strict_intake": True}}, "unknown_field", "settings.strict_intake"),
        ({"settings": {"logo": "https://a.example/"}}, "unknown_field", "settings.logo"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    body: dict[str, object], code: str, word: str, acme: House, bravo: House
) -> None:
    User.objects.filter(id__in=(acme.disabled.user.id, bravo.only.user.id)).update(rao=True)
    before = row(acme)
    answer = patch(acme.owner, {"name": "New", **body} if "name" not in body else body)
    assert_refused(answer, 400, code, word)
    assert "s3cret" not in answer.message
    assert (row(acme), edits()) == (before, [])


def test_only_owners_edit_and_only_their_own_house(acme: House, bravo: House) -> None:
    before = row(acme), row(bravo)
    for actor in (acme.rao, acme.user, acme.automatic):
        assert_refused(patch(actor, {"name": "New"}), 403, "not_permitted", "edit the organization")
    for path in (PATH, f"/api/v1/organizations/{acme.organization.id}", "/api/v1/organizations/nobody"):
        assert_refused(patch(bravo.owner, {"name": "New"}, path), 403, "foreign_organization")
        assert_refused(get(bravo.owner, path), 403, "foreign_organization")
    assert_refused(patch(acme.disabled, {"name": "New"}), 401, "invalid_token")
    assert_refused(patch(None, {"name": "New"}), 401, "no_credential")
    assert ((row(acme), row(bravo)), edits()) == (before, [])


def test_the_new_name_is_in_the_next_certificate(acme: House) -> None:
    patch(acme.owner, {"name": "Acme Holding"})
    made = post(acme.owner, "/api/v1/acme/users/robot/wallet", wallet_body()).data
    assert describe(from_pem_or_base64(made["certificate"])).subject["organizationName"] == "Acme Holding"
