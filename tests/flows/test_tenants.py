"""A handle of the other house is no handle here: nothing is made for its user, and nothing of it is said."""

import pytest
from django_q.models import OrmQ

from sigillo.base.errors import Invalid, NotFound
from sigillo.credentials.models import Token
from sigillo.flows.associate_identity import NewIdentity, associate_identity
from sigillo.flows.create_token import NewToken, create_token
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction, create_transaction
from sigillo.identities.models import Identity, IssuedCertificate
from sigillo.journal.models import Event, Fact
from sigillo.transactions.models import Document, Signature, Transaction
from tests.flows.stories import ARUBA, data_uri
from tests.support.pages import pdf
from tests.support.world import House


def _rows() -> list[list[tuple[object, ...]]]:
    models = (Token, Identity, IssuedCertificate, Transaction, Document, Signature, Event, Fact, OrmQ)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def _identity(house: House, handle: str) -> None:
    associate_identity(house.owner.principal, handle, NewIdentity("aruba-auto", provider_data=ARUBA))


def _transaction(house: House, *handles: str) -> None:
    signatures = tuple(NewSignature(signer=handle) for handle in handles)
    documents = (NewDocument(document_uri=data_uri(pdf()), groups=(signatures,)),)
    create_transaction(house.owner.principal, NewTransaction(documents=documents))


def test_an_identity_for_the_other_houses_user(acme: House, bravo: House) -> None:
    before = _rows()
    with pytest.raises(NotFound, match="only-bravo"):
        _identity(acme, "only-bravo")
    assert _rows() == before
    _identity(bravo, "only-bravo")
    assert Identity.objects.get().user == bravo.only.user


def test_a_token_for_the_other_houses_user(acme: House, bravo: House) -> None:
    before = _rows()
    with pytest.raises(NotFound, match="only-bravo"):
        create_token(acme.owner.principal, NewToken(user="only-bravo"))
    assert _rows() == before
    assert create_token(bravo.owner.principal, NewToken(user="only-bravo")).token.user == bravo.only.user


def test_a_signature_by_the_other_houses_user(acme: House, bravo: House) -> None:
    before = _rows()
    with pytest.raises(Invalid, match=r"groups\[0\]\[1\]\.signer.*only-bravo"):
        _transaction(acme, "only-acme", "only-bravo")
    assert _rows() == before
    _transaction(acme, "only-acme", "robot")
    assert {row.signer for row in Signature.objects.all()} == {acme.only.user, acme.automatic.user}


def test_a_disabled_user_signs_nothing(acme: House) -> None:
    before = _rows()
    with pytest.raises(Invalid, match="disabled"):
        _transaction(acme, "gone")
    assert _rows() == before


def test_a_disabled_user_is_given_nothing_to_act_with(acme: House) -> None:
    before = _rows()
    with pytest.raises(Invalid, match="'gone' is disabled"):
        _identity(acme, "gone")
    with pytest.raises(Invalid, match="'gone' is disabled"):
        create_token(acme.owner.principal, NewToken(user="gone"))
    assert _rows() == before
