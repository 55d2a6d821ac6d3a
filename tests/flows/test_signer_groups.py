"""A signature that is due from a group: any one member signs it, once, and is its signer from then on."""

import pytest

from sigillo.base.errors import Conflict, Forbidden, Invalid, NotFound
from sigillo.flows.close_transaction import decline
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction, create_transaction
from sigillo.flows.groups import add_member, create_group, delete_group, remove_member
from sigillo.flows.perform import perform_automatic
from sigillo.flows.read_transactions import read_transaction
from sigillo.organizations.models import User
from sigillo.transactions.models import Signature, Transaction
from tests.flows.stories import PASSWORD, data_uri, give_identity, ready, signatures
from tests.support.pages import pdf
from tests.support.world import House

FROM_GROUP = NewSignature(signer_group="teachers")


def _ready(house: House, *members: str) -> Transaction:
    create_group(house.owner.principal, "teachers", members)
    return ready(house, (FROM_GROUP,))


def _only(row: Transaction) -> Signature:
    return signatures(row)[0]


def test_any_member_signs_and_is_the_signer_then(acme: House) -> None:
    give_identity(acme)
    give_identity(acme, acme.only)
    row = _ready(acme, "robot", "only-acme")
    assert (_only(row).signer, _only(row).signer_group_name, _only(row).status) == (None, "teachers", "pending")
    perform_automatic(acme.only.principal, _only(row).id, PASSWORD)
    row.refresh_from_db()
    assert (row.status, _only(row).signer) == ("performed", acme.only.user)
    with pytest.raises(NotFound):  # for the other member there is nothing any more, not even to see
        perform_automatic(acme.automatic.principal, _only(row).id, PASSWORD)
    assert _only(row).signer == acme.only.user


def test_who_is_no_member_neither_sees_nor_signs(acme: House, bravo: House) -> None:
    give_identity(acme)
    row = _ready(acme, "ugo")
    assert read_transaction(acme.user.principal, row.id) == row
    for stranger in (acme.automatic, bravo.automatic, bravo.owner):
        with pytest.raises(NotFound):
            read_transaction(stranger.principal, row.id)
        with pytest.raises(NotFound):
            perform_automatic(stranger.principal, _only(row).id, PASSWORD)
    with pytest.raises(Forbidden):
        perform_automatic(acme.rao.principal, _only(row).id, PASSWORD)
    with pytest.raises(Invalid, match="person"):  # an owner reaches automatic members only
        perform_automatic(acme.owner.principal, _only(row).id, PASSWORD)
    assert (_only(row).status, _only(row).signer) == ("pending", None)


def test_an_owner_has_the_automatic_member_sign(acme: House) -> None:
    give_identity(acme)
    row = _ready(acme, "ugo", "robot")
    perform_automatic(acme.owner.principal, _only(row).id, PASSWORD)
    assert _only(row).signer == acme.automatic.user


def test_membership_counts_at_the_moment_of_signing(acme: House) -> None:
    give_identity(acme)
    row = _ready(acme, "ugo")
    add_member(acme.owner.principal, "teachers", "robot")
    remove_member(acme.owner.principal, "teachers", "ugo")
    with pytest.raises(NotFound):
        read_transaction(acme.user.principal, row.id)
    perform_automatic(acme.automatic.principal, _only(row).id, PASSWORD)
    assert _only(row).status == "performed"


def test_any_member_declines(acme: House) -> None:
    row = _ready(acme, "ugo", "rita")
    with pytest.raises(Forbidden):
        decline(acme.owner.principal, _only(row).id, "not a member")
    decline(acme.user.principal, _only(row).id, "no")
    row.refresh_from_db()
    assert (row.status, row.reason) == ("cancelled", "declined")


def test_a_group_is_needed_as_long_as_a_signature_is_due_from_it(acme: House) -> None:
    give_identity(acme)
    row = _ready(acme, "robot")
    with pytest.raises(Conflict, match="due"):
        delete_group(acme.owner.principal, "teachers")
    perform_automatic(acme.automatic.principal, _only(row).id, PASSWORD)
    delete_group(acme.owner.principal, "teachers")
    assert (_only(row).signer_group, _only(row).signer_group_name) == (None, "teachers")


def test_unknown_and_empty_groups_are_refused_by_their_place(acme: House, bravo: House) -> None:
    create_group(bravo.owner.principal, "theirs", ["ugo"])
    create_group(acme.owner.principal, "nobody")
    create_group(acme.owner.principal, "gone", ["gone"])
    assert User.objects.get(organization=acme.organization, handle="gone").status == "disabled"
    for name, said in (("theirs", "there is no group"), ("nobody", "no enabled member"), ("gone", "no enabled member")):
        document = NewDocument(document_uri=data_uri(pdf()), groups=((NewSignature(signer_group=name),),))
        with pytest.raises(Invalid, match=rf"documents\[0\].groups\[0\]\[0\].signer_group: .*{said}"):
            create_transaction(acme.owner.principal, NewTransaction(documents=(document,)))
    assert not Transaction.objects.exists()
