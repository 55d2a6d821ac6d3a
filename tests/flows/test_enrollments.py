"""A request comes to its end once: activated by its code or by a RAO, refused, or deleted, whatever races with what."""

from collections.abc import Callable
from functools import partial
from itertools import combinations

import pytest

from sigillo.base.errors import Conflict, Forbidden, Invalid, NotFound
from sigillo.flows.activate import activate
from sigillo.flows.enroll import NewEnrollment, enroll
from sigillo.flows.enrollment_ticket import activate_by_ticket, open_ticket, resend_by_ticket
from sigillo.flows.enrollments import (
    activate_by_code,
    approve,
    delete_enrollment,
    list_enrollments,
    list_enrollments_of,
    read_enrollment,
    refuse,
    send_code,
)
from sigillo.flows.identities import delete_identity, list_identities
from sigillo.identities.keys import certificate_of
from sigillo.identities.models import Enrollment, Identity, IssuedCertificate
from sigillo.journal.models import Event, Fact
from sigillo.messages.models import Message
from sigillo.organizations.listing import Listing
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from tests.flows.stories import TOLD, enrolled, request_identity
from tests.flows.wholeness import assert_whole, serial_of
from tests.support.at_once import at_once, overtaken_by
from tests.support.codes import newest_code, wrong_code
from tests.support.world import House


def _state() -> tuple[object, ...]:
    return (
        list(Enrollment.objects.order_by("id").values_list("status", "deleted_at")),
        list(Identity.objects.order_by("id").values_list("status", "certificate_pem", "deleted_at")),
        list(IssuedCertificate.objects.order_by("id").values_list("serial", "revoked_at")),
        list(Fact.objects.values_list("data", flat=True)),
    )


def test_the_code_activates(acme: House) -> None:
    row = request_identity(acme, told={"fiscal_code": "rssmra80a01h501u"})
    activated = activate_by_code(acme.user.principal, row.id, newest_code(acme.user.user))
    assert activated.status == "active"
    identity = Identity.objects.get(id=row.identity_id)
    certificate = certificate_of(identity)
    assert (identity.status, identity.not_after) == ("active", certificate.not_after)
    assert (certificate.subject["commonName"], certificate.subject["organizationName"]) == ("John Doe", "Acme S.p.A.")
    assert (certificate.subject["serialNumber"], certificate.subject["E"]) == (
        "TINIT-RSSMRA80A01H501U",
        "jdo@example.com",
    )
    assert identity.fiscal_code == "RSSMRA80A01H501U"
    assert IssuedCertificate.objects.get(serial=serial_of(identity.certificate_pem)).revoked_at is None
    assert_whole()


def test_what_is_told_and_recorded_of_an_activation(acme: House, bravo: House) -> None:
    row = request_identity(acme)
    activate_by_code(acme.rao.principal, row.id, newest_code(acme.user.user))
    fact = Fact.objects.get()
    assert (fact.message, fact.organization_id, fact.subject_id) == (
        "IDENTITY_REQUEST_ENROLLED",
        acme.organization.id,
        row.id,
    )
    assert fact.data == {"status": "active", "request": str(row.id), "user": "ugo"}
    intent, activated = Event.objects.filter(kind__in=("identity.intent", "enrollment.activated")).order_by("sequence")
    names = {
        "enrollment": str(row.id),
        "identity": str(row.identity_id),
        "user": str(row.user_id),
        "provider": "sms",
    }
    assert intent.data == names
    certificate = certificate_of(Identity.objects.get(id=row.identity_id)).sha256
    assert activated.data == names | {"factor": "otp", "certificate": certificate}
    assert {intent.actor, activated.actor} == {f"user:{acme.rao.user.id}"}
    assert fact.event == activated


def test_a_wrong_code_activates_nothing(acme: House) -> None:
    row = request_identity(acme)
    code, before = newest_code(acme.user.user), _state()
    with pytest.raises(Forbidden):
        activate_by_code(acme.user.principal, row.id, wrong_code(code))
    assert _state() == before
    assert not Event.objects.filter(kind="identity.intent").exists()
    activate_by_code(acme.user.principal, row.id, code)


def test_the_code_of_another_request_activates_nothing(acme: House) -> None:
    row, other = request_identity(acme), request_identity(acme, acme.rao)
    before = _state()
    with pytest.raises(Forbidden):
        activate_by_code(acme.rao.principal, row.id, newest_code(other.user))
    assert _state() == before


def test_a_rao_approves(acme: House) -> None:
    row = request_identity(acme, provider_id="st-approval")
    assert approve(acme.rao.principal, row.id).status == "active"
    assert Event.objects.get(kind="enrollment.activated").data["factor"] == "approval"
    assert Fact.objects.get().data == {"status": "active", "request": str(row.id), "user": "ugo"}
    assert_whole()


def test_each_provider_has_its_own_way_to_be_activated(acme: House) -> None:
    by_code, by_approval = request_identity(acme), request_identity(acme, provider_id="st-approval")
    before = _state()
    with pytest.raises(Invalid, match="takes no approval"):
        approve(acme.rao.principal, by_code.id)
    with pytest.raises(Invalid, match="approval of a RAO"):
        activate_by_code(acme.rao.principal, by_approval.id, "000000")
    with pytest.raises(Invalid, match="approval of a RAO"):
        send_code(acme.rao.principal, by_approval.id)
    assert _state() == before


def test_a_user_decides_nothing(acme: House) -> None:
    row = request_identity(acme, provider_id="st-approval")
    before = _state()
    for decide in (approve, refuse, delete_enrollment):
        with pytest.raises(Forbidden):
            decide(acme.user.principal, row.id)
    assert _state() == before


def test_a_refused_request_is_an_error_for_good(acme: House) -> None:
    row = request_identity(acme, provider_id="st-approval")
    assert refuse(acme.owner.principal, row.id).status == "error"
    assert Identity.objects.get(id=row.identity_id).status == "error"
    assert Event.objects.get(kind="enrollment.refused").data["enrollment"] == str(row.id)
    before = _state()
    for decide in (approve, refuse):
        with pytest.raises(Conflict, match="status is error"):
            decide(acme.rao.principal, row.id)
    assert _state() == before
    assert not Fact.objects.exists()
    assert_whole()


def test_an_active_request_is_over(acme: House) -> None:
    row = request_identity(acme)
    code = newest_code(acme.user.user)
    activate_by_code(acme.user.principal, row.id, code)
    before = _state()
    for again in (
        lambda: activate_by_code(acme.user.principal, row.id, code),
        lambda: refuse(acme.rao.principal, row.id),
        lambda: send_code(acme.rao.principal, row.id),
    ):
        with pytest.raises(Conflict, match="is active"):
            again()
    assert _state() == before


def test_deleting_an_open_request_takes_its_identity_along(acme: House) -> None:
    row = request_identity(acme)
    code = newest_code(acme.user.user)
    delete_enrollment(acme.rao.principal, row.id)
    everything = Listing()
    assert list_enrollments(acme.owner.principal, everything).total == 0
    assert list_enrollments_of(acme.owner.principal, "ugo", everything).rows == []
    assert list_identities(acme.owner.principal, everything).rows == []
    assert Event.objects.get(kind="enrollment.deleted").data["enrollment"] == str(row.id)
    for call in (
        lambda: read_enrollment(acme.owner.principal, row.id),
        lambda: activate_by_code(acme.user.principal, row.id, code),
        lambda: activate_by_ticket(row.ticket, code),
        lambda: resend_by_ticket(row.ticket),
        lambda: delete_enrollment(acme.rao.principal, row.id),
    ):
        with pytest.raises(NotFound):
            call()
    assert_whole()
    request_identity(acme)  # the user may be enrolled anew


def test_deleting_an_active_request_leaves_the_identity(acme: House) -> None:
    identity = enrolled(acme)
    delete_enrollment(acme.rao.principal, identity.enrollment.id)
    assert list_identities(acme.owner.principal, Listing()).rows == [identity]
    assert_whole()


def test_deleting_a_pending_identity_takes_its_request_along(acme: House) -> None:
    row = request_identity(acme)
    delete_identity(acme.user.principal, row.identity_id)
    with pytest.raises(NotFound):
        read_enrollment(acme.owner.principal, row.id)
    with pytest.raises(NotFound):
        open_ticket(row.ticket)
    assert_whole()


def test_a_request_outlives_its_deleted_identity_and_can_be_deleted(acme: House) -> None:
    identity = enrolled(acme)
    row = identity.enrollment
    delete_identity(acme.rao.principal, identity.id)
    assert read_enrollment(acme.owner.principal, row.id).status == "active"
    with pytest.raises(NotFound):
        open_ticket(row.ticket)
    delete_enrollment(acme.rao.principal, row.id)
    assert_whole()


def test_a_disabled_user_gets_nothing_to_sign_with(acme: House) -> None:
    by_code, by_approval = request_identity(acme), request_identity(acme, provider_id="st-approval")
    code = newest_code(acme.user.user)
    User.objects.filter(id=acme.user.user.id).update(status="disabled")
    before, written = _state(), Message.objects.count()
    for call in (
        lambda: approve(acme.rao.principal, by_approval.id),
        lambda: activate_by_code(acme.rao.principal, by_code.id, code),
        lambda: send_code(acme.rao.principal, by_code.id),
    ):
        with pytest.raises(Invalid, match="'ugo' is disabled"):
            call()
    for by_ticket in (open_ticket, resend_by_ticket, lambda ticket: activate_by_ticket(ticket, code)):
        with pytest.raises(NotFound):
            by_ticket(by_code.ticket)
    assert (_state(), Message.objects.count()) == (before, written)


def test_the_other_house_and_others_find_nothing(acme: House, bravo: House) -> None:
    row = request_identity(acme, acme.rao)
    code, before = newest_code(acme.rao.user), _state()
    calls: tuple[Callable[[Principal], object], ...] = (
        lambda principal: read_enrollment(principal, row.id),
        lambda principal: activate_by_code(principal, row.id, code),
        lambda principal: send_code(principal, row.id),
    )
    decisions: tuple[Callable[[Principal], object], ...] = (
        lambda principal: approve(principal, row.id),
        lambda principal: refuse(principal, row.id),
        lambda principal: delete_enrollment(principal, row.id),
    )
    for call in (*calls, *decisions):
        for actor in (bravo.owner, bravo.rao):
            with pytest.raises(NotFound):
                call(actor.principal)
    for call in calls:
        for actor in (bravo.user, acme.user):
            with pytest.raises(NotFound):
                call(actor.principal)
    assert list_enrollments(bravo.owner.principal, Listing()).rows == []
    assert list_enrollments(acme.user.principal, Listing()).rows == []
    assert _state() == before


def test_what_was_read_before_it_ended_is_not_activated(acme: House) -> None:
    """The certificate that was made for nothing is in no register, and the journal says that it was abandoned."""
    row = request_identity(acme, provider_id="st-approval")
    stale = read_enrollment(acme.rao.principal, row.id)
    refuse(acme.owner.principal, row.id)
    before = _state()
    with pytest.raises(Conflict, match="came to an end"):
        activate(stale, actor="user:late", factor="approval")
    assert _state() == before
    assert Event.objects.order_by("at", "sequence").filter(actor="user:late").last().kind == "identity.abandoned"  # type: ignore[union-attr]
    assert_whole()


def test_what_was_activated_since_it_was_read_is_not_refused_and_its_identity_stays(acme: House) -> None:
    row = request_identity(acme, provider_id="st-approval")
    with overtaken_by(partial(approve, acme.rao.principal, row.id)), pytest.raises(Conflict, match="active"):
        refuse(acme.owner.principal, row.id)
    other = request_identity(acme, provider_id="st-approval")
    with overtaken_by(partial(approve, acme.rao.principal, other.id)):
        delete_enrollment(acme.owner.principal, other.id)
    assert set(Identity.objects.values_list("status", "deleted_at")) == {("active", None)}
    assert_whole()


def test_what_ended_since_it_was_read_is_not_activated_by_its_code(acme: House) -> None:
    for end in (delete_enrollment, refuse):
        row = request_identity(acme)
        code = newest_code(acme.user.user)
        with overtaken_by(partial(end, acme.rao.principal, row.id)), pytest.raises(Conflict):
            activate_by_code(acme.user.principal, row.id, code)
    row = request_identity(acme, acme.rao, "st-approval")
    with overtaken_by(partial(delete_identity, acme.rao.principal, row.identity_id)), pytest.raises(Conflict):
        approve(acme.owner.principal, row.id)
    assert not Fact.objects.exists()
    assert_whole()


Step = Callable[[House, Enrollment], object]
ENDINGS: dict[str, Step] = {
    "approve": lambda house, row: approve(house.rao.principal, row.id),
    "approve too": lambda house, row: approve(house.owner.principal, row.id),
    "refuse": lambda house, row: refuse(house.owner.principal, row.id),
    "delete": lambda house, row: delete_enrollment(house.owner.principal, row.id),
    "delete the identity": lambda house, row: delete_identity(house.user.principal, row.identity_id),
}


@pytest.mark.django_db(transaction=True)
def test_two_ends_at_once(acme: House) -> None:
    """Nothing is done by halves; what was activated or refused may be deleted afterwards, so both may succeed."""
    for one, other in combinations(ENDINGS, 2):
        row = request_identity(acme, provider_id="st-approval")
        outcomes = at_once(*(partial(ENDINGS[name], acme, row) for name in (one, other)))
        assert None in outcomes, (one, other, outcomes)
        assert all(isinstance(outcome, Conflict | NotFound) for outcome in outcomes if outcome), (one, other, outcomes)
        if "delete" not in one + other:
            assert [outcome.code for outcome in outcomes if outcome] == ["enrollment_closed"]
        assert_whole()


@pytest.mark.django_db(transaction=True)
def test_one_code_activates_once(acme: House) -> None:
    row = request_identity(acme)
    code = newest_code(acme.user.user)
    outcomes = at_once(
        lambda: activate_by_code(acme.rao.principal, row.id, code), lambda: activate_by_ticket(row.ticket, code)
    )
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    assert all(isinstance(outcome, Conflict | Forbidden) for outcome in outcomes if outcome)
    assert_whole()


def test_names_in_any_script_reach_the_certificate(acme: House) -> None:
    for first, last in (("Łukasz 王", "Ιωάννης"), ("می\u200cخواهم", "العربية"), ("José", "Nguyễn")):
        new = NewEnrollment(
            "x" + first[0], "st-approval", provider_data=TOLD | {"first_name": first, "last_name": last}
        )
        row = enroll(acme.rao.principal, new)
        approve(acme.rao.principal, row.id)
        subject = certificate_of(Identity.objects.get(id=row.identity_id)).subject
        assert (subject["givenName"], subject["surname"]) == (first, last)
