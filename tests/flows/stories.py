"""The steps that most tests of flows begin with, through the same doors that callers use."""

import base64
from contextlib import nullcontext
from uuid import UUID

from django_q.models import OrmQ

from sigillo.base.clock import now
from sigillo.flows.associate_identity import NewIdentity, associate_identity
from sigillo.flows.claim_document import claim_download
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction, create_transaction
from sigillo.flows.enroll import NewEnrollment, enroll
from sigillo.flows.fetch_document import fetch_document as attempt
from sigillo.flows.read_transactions import read_transaction
from sigillo.flows.take_in_document import take_in, take_in_document
from sigillo.identities.models import Enrollment
from sigillo.journal.models import Event
from sigillo.transactions.models import Document, Signature, Transaction
from tests.support.pages import pdf
from tests.support.world import Actor, House

PASSWORD = "bit4idtest"
ARUBA = {"auth_domain": "demo", "username": "robot", "password": PASSWORD}


def data_uri(content: bytes) -> str:
    return "data:application/pdf;base64," + base64.b64encode(content).decode()


def give_identity(house: House, actor: Actor | None = None) -> UUID:
    """An `aruba-auto` identity in the wallet of the house's automatic user."""
    handle = (actor or house.automatic).user.handle
    new = NewIdentity(provider_id="aruba-auto", label="seal", provider_data=ARUBA)
    return associate_identity(house.owner.principal, handle, new).id


def request_identity(house: House, actor: Actor | None = None, provider_id: str = "sms") -> Enrollment:
    """An enrollment request of the house's plain user, submitted by its RAO."""
    told = {
        "last_name": "Doe",
        "first_name": "John",
        "birth_date": "01-01-1990",
        "birth_country": "Italy",
        "email": "jdo@example.com",
        "phone_mobile": "+391234567890",
    }
    new = NewEnrollment((actor or house.user).user.handle, provider_id, label="mine", provider_data=told)
    return enroll(house.rao.principal, new)


def begin(house: House, *groups: tuple[NewSignature, ...], uri: str = "") -> UUID:
    """A transaction of one document, `waiting`; without groups the automatic user signs, seen on page 1."""
    signature = NewSignature(signer="robot", page=1, position="rect: 50, 100, 200, 150", reason="For approval")
    document = NewDocument(
        document_uri=uri or data_uri(pdf()), groups=groups or ((signature,),), display_name="Work Contract"
    )
    return create_transaction(house.owner.principal, NewTransaction(documents=(document,), title="Demo"))


def fetch_document(document_id: UUID) -> None:
    """What the worker does with one document, in this thread; the wait for another attempt is over."""
    Document.objects.filter(id=document_id, ready=False).update(next_attempt_at=now())
    claim = claim_download(document_id)
    if claim is not None and attempt(claim, nullcontext, lambda _size: True):
        take_in(claim, nullcontext)
    take_in_document(document_id)


def fetch_all(transaction_id: UUID) -> Transaction:
    """Do what the worker does with every document of the transaction."""
    for key in Document.objects.filter(transaction_id=transaction_id).values_list("id", flat=True):
        fetch_document(key)
    return Transaction.objects.get(id=transaction_id)


def ready(house: House, *groups: tuple[NewSignature, ...]) -> Transaction:
    """A transaction that is `pending`."""
    row = fetch_all(begin(house, *groups))
    assert (row.status, row.reason_detail) == ("pending", "")
    return row


def signatures(row: Transaction) -> list[Signature]:
    """Its signatures by group and place."""
    return list(Signature.objects.filter(transaction=row).order_by("document__order", "group_index", "position"))


def kinds(row: Transaction) -> list[str]:
    """What the journal says of it, in order."""
    return list(Event.objects.filter(chain__subject_id=row.id).order_by("sequence").values_list("kind", flat=True))


def jobs() -> int:
    """How many jobs the queue holds."""
    return int(OrmQ.objects.count())


def look(house: House, row: Transaction) -> Transaction:
    return read_transaction(house.owner.principal, row.id)
