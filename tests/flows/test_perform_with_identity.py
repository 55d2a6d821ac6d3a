"""People sign over the API: with a code, with a PIN, or by their own credential alone; and nobody signs for them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Forbidden, Invalid, NotFound
from sigillo.flows.associate_identity import NewIdentity, associate_identity
from sigillo.flows.create_transaction import NewSignature
from sigillo.flows.identities import unlock_identity
from sigillo.flows.perform import perform_automatic
from sigillo.flows.perform_with_identity import perform_with_identity
from sigillo.flows.signing_codes import send_signing_code
from sigillo.identities.models import Identity
from sigillo.journal.models import Event
from sigillo.messages.models import Message
from sigillo.organizations.models import User
from sigillo.transactions.models import Revision, Signature
from tests.flows.stories import ARUBA, PASSWORD, enrolled, give_identity, kinds, ready, request_identity, signatures
from tests.support.codes import a_minute_later, newest_code, read_address, wrong_code
from tests.support.world import Actor, House

UGO = NewSignature(signer="ugo", page=1, position="rect: 50, 100, 200, 150")


def _sign(actor: Actor, identity: UUID, signature: Signature, *, otp: str = "", pin: str = "") -> Signature:
    return perform_with_identity(actor.principal, identity, signature.id, otp=otp, pin=pin)


def _aruba(house: House) -> UUID:
    """An identity of ugo's that asks for a PIN."""
    return associate_identity(house.owner.principal, "ugo", NewIdentity("aruba", provider_data=ARUBA)).id


def _factor() -> object:
    return Event.objects.get(kind="signature.performed").data["factor"]


def test_a_code_signs(acme: House) -> None:
    identity = enrolled(acme, provider_id="sms")
    row = ready(acme, (UGO,))
    with a_minute_later():
        sent_to = send_signing_code(acme.user.principal, identity.id)
        assert sent_to.startswith("+39")
        assert "345678" not in sent_to
        message = Message.objects.latest("created")
        assert (message.kind, message.channel, message.user) == ("signing-code", "sms", acme.user.user)
        assert read_address(message) == "+391234567890"
        signed = _sign(acme.user, identity.id, signatures(row)[0], otp=newest_code(acme.user.user))
        row.refresh_from_db()
        assert (signed.status, row.status, Revision.objects.count()) == ("performed", "performed", 2)
        assert (signatures(row)[0].identity_id, _factor()) == (identity.id, "otp")
        assert Event.objects.get(kind="signature.performed").actor == f"user:{acme.user.user.id}"


def test_a_wrong_code_signs_nothing(acme: House) -> None:
    identity = enrolled(acme, provider_id="sms")
    row = ready(acme, (UGO,))
    with a_minute_later():
        send_signing_code(acme.user.principal, identity.id)
        before = kinds(row)
        with pytest.raises(Forbidden):
            _sign(acme.user, identity.id, signatures(row)[0], otp=wrong_code(newest_code(acme.user.user)))
        assert (kinds(row), signatures(row)[0].status, Revision.objects.count()) == (before, "pending", 1)


def test_without_a_factor_nothing_is_signed(acme: House) -> None:
    by_code, by_pin = enrolled(acme, provider_id="sms").id, _aruba(acme)
    row = ready(acme, (UGO,))
    for identity, wanted in ((by_code, "otp is missing"), (by_pin, "pin is missing")):
        with pytest.raises(Invalid, match=wanted):
            _sign(acme.user, identity, signatures(row)[0])
    with pytest.raises(Invalid, match="otp is missing"):
        _sign(acme.user, by_code, signatures(row)[0], pin=PASSWORD)  # this one was told no PIN
    assert signatures(row)[0].status == "pending"


def test_a_code_is_good_for_what_it_was_asked_for(acme: House) -> None:
    identity = enrolled(acme, provider_id="sms")
    row = ready(acme, (UGO, UGO))
    first, second = signatures(row)
    with a_minute_later():
        send_signing_code(acme.user.principal, identity.id, [first.id])
        code = newest_code(acme.user.user)
        with pytest.raises(Forbidden):
            _sign(acme.user, identity.id, second, otp=code)
        _sign(acme.user, identity.id, first, otp=code)
        assert [signature.status for signature in signatures(row)] == ["performed", "pending"]


def test_a_code_to_activate_is_none_to_sign(acme: House) -> None:
    identity = enrolled(acme, provider_id="sms")
    code = newest_code(acme.user.user)
    row = ready(acme, (UGO,))
    with pytest.raises(Forbidden):
        _sign(acme.user, identity.id, signatures(row)[0], otp=code)
    assert signatures(row)[0].status == "pending"


def test_what_a_rao_approved_signs_by_its_own_users_credential_alone(acme: House) -> None:
    identity = enrolled(acme)
    row = ready(acme, (UGO,))
    _sign(acme.user, identity.id, signatures(row)[0])
    assert (signatures(row)[0].status, _factor()) == ("performed", "credential")


def test_nobody_signs_for_a_person(acme: House, bravo: House) -> None:
    identity = enrolled(acme)
    row = ready(acme, (UGO,))
    before = kinds(row)
    for actor in (acme.owner, acme.rao):
        with pytest.raises(Forbidden, match="another user's"):
            _sign(actor, identity.id, signatures(row)[0])
    for actor in (acme.automatic, bravo.owner, bravo.rao, bravo.user):
        with pytest.raises(NotFound):
            _sign(actor, identity.id, signatures(row)[0])
    assert (kinds(row), signatures(row)[0].status) == (before, "pending")


def test_nor_where_the_person_has_become_automatic(acme: House) -> None:
    """An owner has automatic signers sign by their password; what was enrolled for has none."""
    approved, by_code = enrolled(acme), enrolled(acme, provider_id="sms")
    row = ready(acme, (UGO,))
    User.objects.filter(id=acme.user.user.id).update(automatic=True)
    with pytest.raises(Forbidden, match="another user's"):
        _sign(acme.owner, approved.id, signatures(row)[0])
    with pytest.raises(Invalid, match="missing"):
        _sign(acme.owner, by_code.id, signatures(row)[0], otp="123456")
    with pytest.raises(Invalid, match="no active identity"):
        perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    assert signatures(row)[0].status == "pending"


def test_a_pin_signs(acme: House) -> None:
    identity = _aruba(acme)
    row = ready(acme, (UGO,))
    _sign(acme.user, identity, signatures(row)[0], pin=PASSWORD)
    assert (signatures(row)[0].status, _factor()) == ("performed", "password")


def test_a_wrong_pin_is_not_made_good_by_a_code(acme: House) -> None:
    identity = _aruba(acme)
    row = ready(acme, (UGO,))
    send_signing_code(acme.user.principal, identity)
    assert read_address(Message.objects.get()) == "ugo@acme.example"  # no telephone of his is known
    code = newest_code(acme.user.user)
    with pytest.raises(Forbidden, match="not that of"):
        _sign(acme.user, identity, signatures(row)[0], otp=code, pin="wrong")
    _sign(acme.user, identity, signatures(row)[0], otp=code, pin=PASSWORD)
    assert _factor() == "password+otp"


def test_five_wrong_pins_lock_until_a_rao_unlocks(acme: House) -> None:
    identity = _aruba(acme)
    row = ready(acme, (UGO,))
    for _ in range(5):
        with pytest.raises(Forbidden, match="not that of"):
            _sign(acme.user, identity, signatures(row)[0], pin="wrong")
    with pytest.raises(Forbidden, match="locked"):
        _sign(acme.user, identity, signatures(row)[0], pin=PASSWORD)
    said = Event.objects.filter(kind__in=("identity.password_refused", "identity.locked")).order_by("sequence")
    assert list(said.values_list("kind", flat=True)) == ["identity.password_refused"] * 4 + ["identity.locked"]
    assert signatures(row)[0].status == "pending"
    unlock_identity(acme.rao.principal, identity)
    _sign(acme.user, identity, signatures(row)[0], pin=PASSWORD)
    assert signatures(row)[0].status == "performed"


def test_an_automatic_signer_signs_by_its_password_and_by_no_code(acme: House) -> None:
    identity = give_identity(acme)
    row = ready(acme)
    with pytest.raises(Invalid, match="by no code"):
        send_signing_code(acme.owner.principal, identity)
    with pytest.raises(Invalid, match="pin is missing"):
        _sign(acme.owner, identity, signatures(row)[0], otp="123456")
    assert not Message.objects.exists()
    _sign(acme.owner, identity, signatures(row)[0], pin=PASSWORD)
    assert signatures(row)[0].status == "performed"


def test_the_identity_is_one_of_the_signers(acme: House) -> None:
    identity = enrolled(acme, acme.rao)
    row = ready(acme, (UGO,))
    with pytest.raises(NotFound):  # to ugo, it is not even there
        _sign(acme.user, identity.id, signatures(row)[0])
    due_from_owner = ready(acme, (NewSignature(signer="jdo"),))
    with pytest.raises(Invalid, match="not one of this signature's signer"):
        _sign(acme.owner, identity.id, signatures(due_from_owner)[0])
    assert {signature.status for signature in Signature.objects.all()} == {"pending"}


def test_only_what_is_active_signs_or_gets_codes(acme: House) -> None:
    identity = request_identity(acme).identity
    row = ready(acme, (UGO,))
    for status in ("pending", "error"):
        Identity.objects.update(status=status)
        with pytest.raises(Conflict, match=status):
            _sign(acme.user, identity.id, signatures(row)[0], otp="123456")
        with pytest.raises(Conflict, match=status):
            send_signing_code(acme.user.principal, identity.id)


def test_a_signature_is_made_once_and_in_its_turn(acme: House) -> None:
    identity = enrolled(acme)
    row = ready(acme, (UGO,), (UGO,))
    first, second = signatures(row)
    with pytest.raises(Conflict, match="turn"):
        _sign(acme.user, identity.id, second)
    _sign(acme.user, identity.id, first)
    with pytest.raises(Conflict, match="already"):
        _sign(acme.user, identity.id, first)
    _sign(acme.user, identity.id, second)
    assert Revision.objects.count() == 3


def test_a_constraint_and_the_days_of_the_certificate_hold(acme: House) -> None:
    identity = enrolled(acme)
    row = ready(acme, (NewSignature(signer="ugo", constraints={"certificate__subject_givenName": "Ann"}),))
    with pytest.raises(Invalid, match="certificate__subject_givenName=Ann"):
        _sign(acme.user, identity.id, signatures(row)[0])
    with time_machine.travel(now() + timedelta(days=4 * 365)):
        later = ready(acme, (UGO,))
        with pytest.raises(Invalid, match="not in date"):
            _sign(acme.user, identity.id, signatures(later)[0])
    assert {signature.status for signature in Signature.objects.all()} == {"pending"}


def test_a_disabled_person_signs_nothing_and_gets_no_code(acme: House) -> None:
    identity = enrolled(acme)
    row = ready(acme, (UGO,))
    principal = acme.user.principal  # a request that is under way
    User.objects.filter(id=acme.user.user.id).update(status="disabled")
    with pytest.raises(Invalid, match="disabled"):
        perform_with_identity(principal, identity.id, signatures(row)[0].id, otp="", pin="")
    with pytest.raises(Invalid, match="'ugo' is disabled"):
        send_signing_code(acme.rao.principal, identity.id)
    assert (signatures(row)[0].status, Message.objects.count()) == ("pending", 0)


def test_codes_are_for_open_signatures_of_the_holder(acme: House, bravo: House) -> None:
    identity = enrolled(acme, provider_id="sms")
    row = ready(acme, (UGO, NewSignature(signer="jdo")))
    mine, other = signatures(row)
    written = Message.objects.count()
    for wanted in ([other.id], [mine.id, other.id], [uuid4()]):
        with pytest.raises(Invalid, match="no open signature"):
            send_signing_code(acme.user.principal, identity.id, wanted)
    for actor in (bravo.owner, bravo.user):
        with pytest.raises(NotFound):
            send_signing_code(actor.principal, identity.id)
    assert Message.objects.count() == written
    with a_minute_later():
        send_signing_code(acme.rao.principal, identity.id, [mine.id, mine.id])
        assert Message.objects.count() == written + 1


def test_without_an_address_no_code_is_sent(acme: House) -> None:
    identity = _aruba(acme)
    User.objects.filter(id=acme.user.user.id).update(email="")
    ready(acme, (UGO,))
    with pytest.raises(Invalid, match="Neither a telephone nor an e-mail"):
        send_signing_code(acme.user.principal, identity)
    assert not Message.objects.exists()
