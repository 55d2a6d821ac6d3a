"""An identity is deleted or gets another certificate: what it signed stays, what it had is revoked for good."""

from collections.abc import Callable
from functools import partial

import pytest

from sigillo.base.errors import Conflict, Forbidden, Invalid, NotFound
from sigillo.base.ids import new_id
from sigillo.documents import store
from sigillo.flows.appearance import delete_appearance, set_appearance
from sigillo.flows.create_transaction import NewSignature
from sigillo.flows.enrollments import approve
from sigillo.flows.identities import delete_identity, list_identities, read_identity, unlock_identity
from sigillo.flows.perform import perform_automatic
from sigillo.flows.perform_with_identity import perform_with_identity
from sigillo.flows.publish import certificate_standing
from sigillo.flows.read_users import list_users, list_wallet, read_user
from sigillo.flows.renew_certificate import renew_certificate
from sigillo.flows.sign import Attempt, close_attempt, commit, make, reserve, take_signature
from sigillo.flows.signing_codes import send_signing_code
from sigillo.flows.token_identity import create_from_token
from sigillo.identities.access import lock_identity
from sigillo.identities.keys import certificate_of
from sigillo.identities.models import Identity, IssuedCertificate
from sigillo.journal.models import Event
from sigillo.organizations.listing import Listing
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.pki.certificates import from_pem_or_base64, to_pem
from sigillo.pki.crl import Reason, Revocation
from sigillo.pki.ocsp_answers import Standing
from sigillo.transactions.models import Revision, Signature
from tests.flows.stories import (
    PASSWORD,
    begin,
    enrolled,
    fetch_all,
    give_identity,
    kinds,
    ready,
    request_identity,
    signatures,
)
from tests.flows.wholeness import assert_whole
from tests.support.at_once import at_once, overtaken_by
from tests.support.people import people
from tests.support.world import House


def _standing(pem: str) -> Reason | Standing:
    standing = certificate_standing(from_pem_or_base64(pem))
    return standing.reason if isinstance(standing, Revocation) else standing


def _begun(signature: Signature) -> Callable[[], bool]:
    """A signature that was made and waits for its commit."""
    stored = Signature.objects.select_related("document", "transaction", "signer").get(id=signature.id)
    assert stored.signer
    identity = Identity.objects.get(user=stored.signer)
    attempt = Attempt(id=new_id(), signature=stored, identity=identity, actor="user:slow")
    take_signature(attempt)
    base = reserve(attempt)
    assert base
    made = make(attempt, base)

    def finish() -> bool:
        try:
            return commit(attempt, base, made)
        except Conflict:
            close_attempt(stored.id, attempt.id, actor="user:slow")
            raise

    return finish


def test_a_deleted_identity_leaves_its_evidence_and_nothing_to_sign_with(acme: House) -> None:
    identity = Identity.objects.get(id=give_identity(acme))
    row = ready(acme)
    perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    before, signed = kinds(row), Revision.objects.latest("number").digest
    delete_identity(acme.owner.principal, identity.id)
    gone = Identity.objects.get(id=identity.id)
    assert gone.deleted_at
    assert (gone.sealed_key, gone.password_hash) == ("", "")
    assert (gone.certificate_pem, gone.chain_pem) == (identity.certificate_pem, identity.chain_pem)
    assert signatures(row)[0].identity_id == identity.id
    assert (kinds(row), store.is_intact(signed)) == (before, True)
    assert _standing(identity.certificate_pem) is Reason.CESSATION_OF_OPERATION
    deleted = Event.objects.get(kind="identity.deleted")
    assert deleted.data == {"identity": str(identity.id), "user": str(acme.automatic.user.id)}
    assert deleted.actor == f"user:{acme.owner.user.id}"
    assert_whole()


def test_a_deleted_identity_is_nowhere(acme: House) -> None:
    identity = enrolled(acme)
    row = ready(acme, (NewSignature(signer="ugo"),))
    delete_identity(acme.user.principal, identity.id)
    everything = Listing()
    for principal in (acme.owner.principal, acme.user.principal):
        assert list_identities(principal, everything).total == 0
        assert list_wallet(principal, "ugo", everything).rows == []
        assert list(read_user(principal, "ugo").wallet.all()) == []
        assert not any(user.wallet.all() for user in list_users(principal, everything).rows)
    calls: tuple[Callable[[Principal], object], ...] = (
        lambda principal: read_identity(principal, identity.id),
        lambda principal: delete_identity(principal, identity.id),
        lambda principal: renew_certificate(principal, identity.id, ""),
        lambda principal: set_appearance(principal, identity.id, "https://example.org/picture.png"),
        lambda principal: delete_appearance(principal, identity.id),
        lambda principal: send_signing_code(principal, identity.id),
        lambda principal: perform_with_identity(principal, identity.id, signatures(row)[0].id, otp="", pin=""),
    )
    for call in calls:
        for principal in (acme.owner.principal, acme.user.principal):
            with pytest.raises(NotFound):
                call(principal)
    with pytest.raises(NotFound):
        unlock_identity(acme.rao.principal, identity.id)
    assert signatures(row)[0].status == "pending"


def test_others_delete_renew_and_unlock_nothing(acme: House, bravo: House) -> None:
    identity = Identity.objects.get(id=give_identity(acme))
    before = list(Identity.objects.values_list())
    calls: tuple[Callable[[Principal], object], ...] = (
        lambda principal: delete_identity(principal, identity.id),
        lambda principal: renew_certificate(principal, identity.id, ""),
        lambda principal: delete_appearance(principal, identity.id),
    )
    for call in calls:
        for actor in (bravo.owner, bravo.rao, bravo.user, acme.user):
            with pytest.raises(NotFound):
                call(actor.principal)
        with pytest.raises(Forbidden):
            call(acme.automatic.principal)
    for actor in (acme.user, acme.automatic, bravo.user):
        with pytest.raises(Forbidden):
            unlock_identity(actor.principal, identity.id)
    with pytest.raises(NotFound):
        unlock_identity(bravo.owner.principal, identity.id)
    assert list(Identity.objects.values_list()) == before
    assert _standing(identity.certificate_pem) is Standing.GOOD


def test_a_renewed_identity_has_another_key_and_its_former_certificate_is_superseded(acme: House) -> None:
    former = enrolled(acme)
    renewed = renew_certificate(acme.user.principal, former.id, "")
    now_there = Identity.objects.get(id=former.id)
    assert renewed.certificate_pem == now_there.certificate_pem != former.certificate_pem
    assert (now_there.status, now_there.sealed_key == former.sealed_key) == ("active", False)
    assert certificate_of(now_there).subject == certificate_of(former).subject
    assert now_there.not_after == certificate_of(now_there).not_after
    assert _standing(former.certificate_pem) is Reason.SUPERSEDED
    assert _standing(now_there.certificate_pem) is Standing.GOOD
    said = Event.objects.get(kind="identity.renewed")
    assert said.data == {
        "identity": str(former.id),
        "certificate": certificate_of(now_there).sha256,
        "former": certificate_of(former).sha256,
    }
    assert_whole()


def test_a_renewed_identity_signs_with_what_it_has_now(acme: House) -> None:
    key = give_identity(acme)
    renew_certificate(acme.owner.principal, key, "")
    row = ready(acme)
    perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)  # the password is what it was
    performed = Event.objects.get(kind="signature.performed")
    assert performed.data["certificate"] == certificate_of(Identity.objects.get()).sha256


@pytest.mark.parametrize("status", ["pending", "error"])
def test_what_is_not_active_is_not_renewed(acme: House, status: str) -> None:
    key = give_identity(acme)
    Identity.objects.update(status=status)
    with pytest.raises(Conflict, match=status):
        renew_certificate(acme.owner.principal, key, "")
    assert IssuedCertificate.objects.filter(authority__parent__isnull=False).count() == 1


def test_a_certificate_is_not_taken_where_the_key_is_here(acme: House) -> None:
    key = give_identity(acme)
    before = list(Identity.objects.values_list())
    with pytest.raises(Invalid) as refusal:
        renew_certificate(acme.owner.principal, key, to_pem(people().rsa.certificate))
    assert refusal.value.code == "certificate_not_taken"
    assert list(Identity.objects.values_list()) == before


def test_nothing_is_renewed_for_a_disabled_user(acme: House) -> None:
    key = give_identity(acme)
    User.objects.filter(id=acme.automatic.user.id).update(status="disabled")
    before = list(Identity.objects.values_list())
    with pytest.raises(Invalid, match="'robot' is disabled"):
        renew_certificate(acme.owner.principal, key, "")
    assert list(Identity.objects.values_list()) == before
    delete_identity(acme.owner.principal, key)  # but it can be taken away


def test_the_certificate_of_another_is_not_revoked_by_who_brings_it(acme: House, bravo: House) -> None:
    """Every signed document carries it: whoever brings it must not be able to have it revoked by deleting it."""
    victim = enrolled(bravo)
    with pytest.raises(Invalid) as refusal:
        create_from_token(acme.user.principal, victim.certificate_pem)
    assert refusal.value.code == "certificate_issued_here"
    own = create_from_token(acme.user.principal, to_pem(people().rsa.certificate))
    with pytest.raises(Invalid) as refusal:
        renew_certificate(acme.user.principal, own, victim.certificate_pem)
    assert refusal.value.code == "certificate_issued_here"
    Identity.objects.filter(id=own).update(certificate_pem=victim.certificate_pem)  # as if it had been brought before
    delete_identity(acme.user.principal, own)
    assert _standing(victim.certificate_pem) is Standing.GOOD


def test_a_lock_shows_what_was_done_meanwhile(acme: House) -> None:
    read = Identity.objects.get(id=give_identity(acme))
    renew_certificate(acme.owner.principal, read.id, "")
    assert lock_identity(read).certificate_pem != read.certificate_pem
    delete_identity(acme.owner.principal, read.id)
    with pytest.raises(NotFound):
        lock_identity(read)


def test_deleting_reaches_what_was_renewed_or_activated_since_it_was_read(acme: House) -> None:
    key = give_identity(acme)
    with overtaken_by(lambda: renew_certificate(acme.owner.principal, key, "")):
        delete_identity(acme.owner.principal, key)
    assert_whole()
    row = request_identity(acme, provider_id="st-approval")
    with overtaken_by(lambda: approve(acme.rao.principal, row.id)):
        delete_identity(acme.owner.principal, row.identity_id)
    assert _standing(Identity.objects.get(id=row.identity_id).certificate_pem) is Reason.CESSATION_OF_OPERATION
    assert_whole()


def test_what_was_deleted_or_renewed_since_it_was_read_is_not_renewed(acme: House) -> None:
    key = give_identity(acme)
    renew = partial(renew_certificate, acme.owner.principal, key, "")
    delete = partial(delete_identity, acme.owner.principal, key)
    with overtaken_by(renew), pytest.raises(Conflict) as refusal:
        renew()
    assert refusal.value.code == "identity_changed"
    assert Event.objects.filter(kind="identity.abandoned").count() == 1
    assert_whole()
    with overtaken_by(delete), pytest.raises(NotFound):
        renew()
    with pytest.raises(NotFound):
        delete()
    assert_whole()


def test_what_was_deleted_since_it_was_read_is_not_deleted_or_unlocked_again(acme: House) -> None:
    for call in (delete_identity, unlock_identity):
        key = give_identity(acme)
        with overtaken_by(partial(delete_identity, acme.owner.principal, key)), pytest.raises(NotFound):
            call(acme.rao.principal, key)
    assert Event.objects.filter(kind="identity.deleted").count() == 2
    assert_whole()


ENDS: tuple[tuple[Callable[[House, Identity], object], str], ...] = (
    (lambda house, identity: delete_identity(house.owner.principal, identity.id), "identity_deleted"),
    (lambda house, identity: renew_certificate(house.owner.principal, identity.id, ""), "identity_renewed"),
)


@pytest.mark.parametrize(("end", "code"), ENDS, ids=[code for _, code in ENDS])
def test_a_signature_that_was_made_before_the_revocation_is_not_committed_after_it(
    acme: House, end: Callable[[House, Identity], object], code: str
) -> None:
    give_identity(acme)
    row = ready(acme)
    finish = _begun(signatures(row)[0])
    end(acme, Identity.objects.get())
    with pytest.raises(Conflict) as refusal:
        finish()
    assert refusal.value.code == code
    assert (signatures(row)[0].status, Revision.objects.count(), kinds(row)[-1]) == (
        "pending",
        1,
        "signature.abandoned",
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("end", "code"), ENDS, ids=[code for _, code in ENDS])
def test_perform_against_what_revokes(acme: House, end: Callable[[House, Identity], object], code: str) -> None:
    """Whichever is first, no signature was committed with a certificate that was revoked before."""
    for _ in range(2):
        identity = Identity.objects.get(id=give_identity(acme))
        row = fetch_all(begin(acme))
        signature = signatures(row)[0]
        performed, ended = at_once(
            partial(perform_automatic, acme.owner.principal, signature.id, PASSWORD), partial(end, acme, identity)
        )
        assert ended is None
        if performed is None:
            said = Event.objects.get(kind="signature.performed", chain__subject_id=row.id).data["certificate"]
            assert said in {certificate_of(known).sha256 for known in (identity, Identity.objects.get(id=identity.id))}
        else:
            assert performed.code in (code, "no_identity", "wrong_password")
            assert signatures(row)[0].status == "pending"
        assert_whole()
        Identity.objects.filter(id=identity.id, deleted_at=None).update(status="error")


@pytest.mark.django_db(transaction=True)
def test_renewed_twice_at_once_there_is_one_new_certificate(acme: House) -> None:
    for _ in range(2):
        key = give_identity(acme)
        outcomes = at_once(*[partial(renew_certificate, acme.owner.principal, key, "")] * 2)
        refused = [outcome.code for outcome in outcomes if outcome]
        assert refused in ([], ["identity_changed"])  # one after the other is two renewals
        assert Event.objects.filter(kind="identity.renewed", data__identity=str(key)).count() == 2 - len(refused)
        assert_whole()


@pytest.mark.django_db(transaction=True)
def test_renewed_and_deleted_at_once_nothing_stands(acme: House) -> None:
    for _ in range(3):
        key = give_identity(acme)
        renewed, deleted = at_once(
            partial(renew_certificate, acme.owner.principal, key, ""),
            partial(delete_identity, acme.rao.principal, key),
        )
        assert deleted is None
        assert renewed is None or isinstance(renewed, NotFound)
        assert_whole()


def test_unlocking_forgets_the_wrong_tries(acme: House) -> None:
    key = give_identity(acme)
    Identity.objects.update(failed_attempts=5, failed_codes=100)
    row = ready(acme)
    with pytest.raises(Forbidden, match="a RAO unlocks"):
        perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    unlocked = unlock_identity(acme.rao.principal, key)
    assert (unlocked.failed_attempts, unlocked.failed_codes) == (0, 0)
    forgotten = {"identity": str(key), "failed_attempts": 5, "failed_codes": 100}
    assert Event.objects.get(kind="identity.unlocked").data == forgotten
    perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    assert signatures(row)[0].status == "performed"
