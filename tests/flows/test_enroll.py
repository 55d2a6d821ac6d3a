"""Somebody is enrolled: by whom, for whom, with what; the user that it makes, and the code that goes out."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from sigillo.base.errors import Conflict, Forbidden, Invalid
from sigillo.flows.enroll import NewEnrollment, enroll
from sigillo.identities.keys import open_provider_data
from sigillo.identities.models import Enrollment, Identity, IssuedCertificate
from sigillo.journal.models import Event, Fact
from sigillo.messages.models import Message
from sigillo.organizations.models import Organization, Tally, User
from tests.flows.stories import TOLD, enrolled
from tests.flows.wholeness import assert_whole
from tests.support.at_once import at_once
from tests.support.codes import newest_code, read_address, read_text
from tests.support.world import House

SMS = NewEnrollment("newcomer", "sms", label="mine", provider_data=TOLD)
APPROVAL = replace(SMS, provider_id="st-approval")


def _rows() -> list[list[tuple[object, ...]]]:
    models = (User, Identity, Enrollment, IssuedCertificate, Message, Event, Fact, Tally)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def _with(**fields: Any) -> NewEnrollment:
    return replace(APPROVAL, provider_data=TOLD | fields)


def test_a_rao_enrolls_somebody_new(acme: House) -> None:
    row = enroll(acme.rao.principal, replace(SMS, registered_by="rita", urlback="https://caller.example/back"))
    user = User.objects.get(handle="newcomer")
    assert (user.first_name, user.last_name, user.email) == ("John", "Doe", "jdo@example.com")
    assert (user.owner, user.rao, user.automatic, user.created_by) == (False, False, False, "rita@acme")
    assert (row.status, row.user, row.registered_by, row.created_by) == ("pending", user, acme.rao.user, "rita@acme")
    assert (row.label, row.urlback) == ("mine", "https://caller.example/back")
    identity = row.identity
    assert (identity.status, identity.user, identity.certificate_pem, identity.sealed_key) == ("pending", user, "", "")
    assert open_provider_data(identity)[0] == TOLD | {"birth_date": "1990-01-01"}
    assert_whole()


def test_what_the_journal_says_names_nobody(acme: House) -> None:
    row = enroll(acme.rao.principal, SMS)
    created, submitted = Event.objects.filter(kind__in=("user.created", "enrollment.submitted")).order_by("sequence")
    who = f"user:{acme.rao.user.id}"
    assert (created.actor, submitted.actor) == (who, who)
    assert created.data == {"user": str(row.user_id), "automatic": False, "owner": False, "rao": False}
    assert submitted.data == {
        "enrollment": str(row.id),
        "identity": str(row.identity_id),
        "user": str(row.user_id),
        "provider": "sms",
    }
    said = str(list(Event.objects.values_list("kind", "actor", "data")))
    assert not any(text in said for text in ("newcomer", "John", "Doe", "jdo@example.com", "1234567890", "1990"))
    assert not any(text in identity for identity in _sealed() for text in ("John", "1234567890"))
    assert not Fact.objects.exists()  # only its activation is told


def _sealed() -> list[str]:
    return list(Identity.objects.values_list("sealed_provider_data", flat=True))


def test_the_code_goes_to_the_telephone_at_once(acme: House) -> None:
    row = enroll(acme.rao.principal, SMS)
    message = Message.objects.get()
    assert (message.user, message.organization, message.channel) == (row.user, acme.organization, "sms")
    assert read_address(message) == "+391234567890"
    code = newest_code(row.user)
    assert "Acme S.p.A." in read_text(message)
    assert code not in str(_rows())  # neither in the message's row nor beside its hash


def test_without_a_code_nothing_is_written(acme: House) -> None:
    enroll(acme.rao.principal, APPROVAL)
    assert not Message.objects.exists()


def test_an_existing_user_stays_as_it_is(acme: House) -> None:
    before = User.objects.values().get(id=acme.user.user.id)
    row = enroll(acme.owner.principal, replace(APPROVAL, user="ugo"))
    assert row.user == acme.user.user
    assert User.objects.values().get(id=acme.user.user.id) == before
    assert not Event.objects.filter(kind="user.created").exists()


def test_the_default_rao_vouches_where_none_is_named(acme: House) -> None:
    assert enroll(acme.owner.principal, APPROVAL).registered_by is None
    Organization.objects.filter(id=acme.organization.id).update(default_rao=acme.rao.user)
    assert enroll(acme.owner.principal, replace(APPROVAL, user="other")).registered_by == acme.rao.user
    assert Identity.objects.get(user__handle="other").registered_by == acme.rao.user


@pytest.mark.parametrize(("fact", "value"), [("rao", False), ("status", "disabled")])
def test_a_default_rao_who_is_none_any_more_vouches_for_nobody(acme: House, fact: str, value: Any) -> None:
    Organization.objects.filter(id=acme.organization.id).update(default_rao=acme.rao.user)
    User.objects.filter(id=acme.rao.user.id).update(**{fact: value})
    before = _rows()
    with pytest.raises(Invalid, match="default_rao: 'rita' is no enabled RAO"):
        enroll(acme.owner.principal, APPROVAL)
    assert _rows() == before
    assert enroll(acme.owner.principal, replace(APPROVAL, registered_by="jdo")).registered_by == acme.owner.user


@pytest.mark.parametrize("handle", ["ugo", "gone", "only-bravo", "nobody-here"])
def test_who_registers_is_an_enabled_rao_of_this_house(acme: House, bravo: House, handle: str) -> None:
    User.objects.filter(handle="only-bravo").update(rao=True)
    before = _rows()
    with pytest.raises(Invalid, match=f"registered_by: '{handle}' is no enabled RAO"):
        enroll(acme.owner.principal, replace(SMS, registered_by=handle))
    assert _rows() == before


def test_a_user_enrolls_only_himself(acme: House) -> None:
    before = _rows()
    for handle in ("jdo", "newcomer"):
        with pytest.raises(Forbidden, match="for other users"):
            enroll(acme.user.principal, replace(SMS, user=handle))
    with pytest.raises(Forbidden):
        enroll(acme.automatic.principal, replace(SMS, user="robot"))
    assert _rows() == before
    assert enroll(acme.user.principal, replace(SMS, user="ugo")).user == acme.user.user


def test_the_same_handle_in_the_other_house_is_another_user(acme: House, bravo: House) -> None:
    ours = enroll(acme.rao.principal, SMS)
    theirs = enroll(bravo.rao.principal, SMS)
    assert ours.user != theirs.user
    assert (ours.organization, theirs.organization) == (acme.organization, bravo.organization)
    assert_whole()


@pytest.mark.parametrize(
    ("handle", "code"),
    [("gone", "user_disabled"), ("robot", "user_automatic"), ("a/b", "invalid_user_id"), ("", "invalid_user_id")],
)
def test_people_who_can_sign_are_enrolled(acme: House, handle: str, code: str) -> None:
    before = _rows()
    with pytest.raises(Invalid) as refusal:
        enroll(acme.owner.principal, replace(SMS, user=handle))
    assert refusal.value.code == code
    assert _rows() == before


def test_one_request_is_open_for_a_user_and_a_provider(acme: House) -> None:
    first = enroll(acme.rao.principal, SMS)
    before = _rows()
    with pytest.raises(Conflict) as refusal:
        enroll(acme.owner.principal, SMS)
    assert refusal.value.code == "enrollment_open"
    assert _rows() == before
    assert enroll(acme.rao.principal, APPROVAL).user == first.user  # another provider


def test_after_one_that_is_over_another_may_be_submitted(acme: House) -> None:
    first = enrolled(acme)
    again = enroll(acme.rao.principal, replace(APPROVAL, user="ugo"))
    assert (again.user, again.identity_id == first.id) == (first.user, False)
    assert_whole()


@pytest.mark.parametrize(
    ("new", "code", "word"),
    [
        (replace(SMS, provider_id="aruba"), "unknown_provider", "sms, st-approval"),
        (replace(SMS, provider_data={}), "invalid_provider_data", "last_name"),
        (_with(phone_mobile="12345"), "invalid_phone", "phone_mobile"),
        (_with(email="nobody"), "invalid_email", "email"),
        (_with(email="a,b@example.com"), "invalid_email", "email"),
        (_with(first_name="Jo\u202ehn"), "invalid_provider_data", "first_name"),
        (replace(SMS, urlback="https://bank.example@evil.example/"), "outbound_userinfo", "urlback"),
        (replace(SMS, urlback="https://evil.example;frame-src/"), "outbound_host", "urlback"),
        (replace(SMS, urlback="javascript:alert(1)"), "outbound_scheme", "urlback"),
    ],
)
def test_what_does_not_fit_leaves_nothing_behind(acme: House, new: NewEnrollment, code: str, word: str) -> None:
    before = _rows()
    with pytest.raises(Invalid) as refusal:
        enroll(acme.rao.principal, new)
    assert refusal.value.code.startswith(code)
    assert word in refusal.value.message
    assert _rows() == before


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_user_and_one_request(acme: House) -> None:
    owner, rao = acme.owner.principal, acme.rao.principal
    for handle in ("first", "second"):
        new = replace(SMS, user=handle)
        outcomes = at_once(partial(enroll, owner, new), partial(enroll, rao, new))
        assert [outcome.code for outcome in outcomes if outcome] == ["enrollment_open"]
        assert User.objects.filter(handle=handle).count() == 1
        assert Enrollment.objects.filter(user__handle=handle).count() == 1
    assert Message.objects.count() == 2
    assert_whole()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_other_providers_share_the_user_they_make(acme: House) -> None:
    """The one who comes second finds the user there: that is no open request."""
    owner, rao = acme.owner.principal, acme.rao.principal
    for handle in ("first", "second", "third"):
        sms, approval = replace(SMS, user=handle), replace(APPROVAL, user=handle)
        assert at_once(partial(enroll, owner, sms), partial(enroll, rao, approval)) == [None, None]
        assert User.objects.filter(handle=handle).count() == 1
        assert sorted(Enrollment.objects.filter(user__handle=handle).values_list("provider_id", flat=True)) == [
            "sms",
            "st-approval",
        ]
    assert Event.objects.filter(kind="user.created").count() == 3
    assert_whole()
