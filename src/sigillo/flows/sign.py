"""A signature is made: reserved, signed outside of any transaction, and committed once.

    reserve    a lease on the signature and the journaled intent, before the key is used   ← short transaction
    sign       engine, then the new bytes durable by digest                               ← no transaction
    commit     signature performed, revision, journal, facts, next group, perhaps the end ← one transaction

A crash between reserve and commit leaves the intent in the journal and the signature pending; the lease runs
out, and `recover` closes the intent. Signers of one document stand in line for its lease; its `head` is the last
word, so whoever outlived a lease finds that it moved and signs again, over the newer revision.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Conflict
from sigillo.flows.make_signature import Made, make_signature
from sigillo.flows.voice import about_transaction, say_signatures, say_transaction
from sigillo.identities.keys import certificate_of
from sigillo.identities.models import Identity
from sigillo.identities.presented import Presented
from sigillo.journal.record import record
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from sigillo.transactions.moves import check_there, due, lock_transaction, move_transaction, open_signatures
from sigillo.transactions.states import SignatureStatus, TransactionStatus, is_complete

LEASE = timedelta(seconds=60)
PATIENCE_SECONDS = 20.0
"""How long a signer waits for its turn at a document that others are signing."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One reserved try at one signature: who asked, with which identity, under which lease; what the key is shown."""

    id: UUID
    signature: Signature
    identity: Identity
    actor: str
    presented: Presented = field(default_factory=Presented)


def check_open(signature: Signature) -> None:
    """Refuse a signature that is not to be made now. Raises Conflict."""
    row = signature.transaction
    if signature.status == SignatureStatus.PERFORMED:
        raise Conflict("already_performed", "This signature has been made already.")
    if row.status not in (TransactionStatus.WAITING, TransactionStatus.PENDING):
        raise Conflict("transaction_ended", f"The transaction is {row.status}; nothing more is signed in it.")
    if row.not_after <= now():
        raise Conflict("transaction_expired", "The transaction's deadline has passed; nothing more is signed in it.")
    if signature.status != SignatureStatus.PENDING:
        raise Conflict(
            "not_open", "It is not this signature's turn: its documents or an earlier group are not complete yet."
        )


def sign(attempt: Attempt) -> None:
    """Reserve, sign and commit; again over the newer revision when another signer of the document was faster.

    Raises:
        Conflict: the signature or its transaction came to an end meanwhile, or is being made by somebody else.
        EngineError: the document cannot be signed; nothing has changed.
        Unavailable: the time-stamp that the profile asks for is not to be had; nothing has changed.
        WrongFactor, Unusable, ServiceFault: the signing service that holds the key does not sign; nothing has changed.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    try:
        take_signature(attempt)
        while time.monotonic() < end:
            base = reserve(attempt)
            if base is None:
                time.sleep(0.01)
            elif commit(attempt, base, make(attempt, base)):
                return
    except BaseException:
        _release(attempt)
        raise
    _release(attempt)
    raise Conflict("document_busy", "Other signatures of this document took too long; try again.")


def take_signature(attempt: Attempt) -> None:
    """Take the lease of the signature, so that nobody else begins to make it."""
    signature, moment = attempt.signature, now()
    mine = Signature.objects.filter(id=signature.id, status=SignatureStatus.PENDING.value)
    free = mine.filter(attempt=None) | mine.filter(attempt_until__lt=moment)
    if not free.update(attempt=attempt.id, attempt_until=moment + LEASE):
        signature.refresh_from_db()
        check_open(signature)
        raise Conflict("being_performed", "This signature is being made by another request; wait for its outcome.")


def reserve(attempt: Attempt) -> Revision | None:
    """Take the lease of the document and write the intent; the revision to sign, or None while it is another's turn."""
    signature, moment = attempt.signature, now()
    document = Document.objects.filter(id=signature.document_id)
    free = document.filter(lease=None) | document.filter(lease_until__lt=moment) | document.filter(lease=attempt.id)
    if not free.exists():  # a look costs less than a try, and many may be waiting
        return None
    with transaction.atomic():
        if not free.update(lease=attempt.id, lease_until=moment + LEASE):
            return None
        held = Signature.objects.filter(id=signature.id, status=SignatureStatus.PENDING.value, attempt=attempt.id)
        if not held.update(attempt_until=moment + LEASE):
            raise Conflict("already_performed", "This signature was made, or came to an end, meanwhile.")
        base = Revision.objects.filter(document_id=signature.document_id).order_by("-number")[:1].get()
        facts = {
            "signature": str(signature.id),
            "attempt": str(attempt.id),
            "identity": str(attempt.identity.id),
            "base": base.digest,
        }
        record(about_transaction(signature.transaction), "signature.intent", actor=attempt.actor, data=facts)
    return base


def make(attempt: Attempt, base: Revision) -> Made:
    """Sign the base revision and store the result durably."""
    return make_signature(attempt.signature, attempt.identity, attempt.presented, base)


def commit(attempt: Attempt, base: Revision, made: Made) -> bool:
    """Everything that a made signature changes, in one transaction; False when the base is no longer the newest."""
    with transaction.atomic():
        row = lock_transaction(attempt.signature.transaction_id)
        check_there(row)
        if row.status != TransactionStatus.PENDING:
            raise Conflict("transaction_ended", f"The transaction is {row.status}; nothing more is signed in it.")
        mine = Signature.objects.filter(id=attempt.signature.id, status="pending", attempt=attempt.id)
        if not mine.exists():
            raise Conflict("already_performed", "This signature was made, or came to an end, meanwhile.")
        if not Identity.objects.filter(id=attempt.identity.id, deleted_at=None).exists():
            raise Conflict("identity_deleted", "The identity was deleted meanwhile; sign with another.")
        document = Document.objects.filter(id=base.document_id, head=base.number)
        if not document.update(head=base.number + 1, lease=None, lease_until=None):
            _say_overtaken(row, attempt, base)
            return False
        mine.update(
            status="performed",
            identity=attempt.identity,
            signer_id=attempt.signature.signer_id,  # whom a signature that was due from a group did not have yet
            attempt=None,
            attempt_until=None,
        )
        Revision.objects.create(
            document_id=base.document_id,
            number=base.number + 1,
            digest=made.stored.digest,
            size=made.stored.size,
            signature=attempt.signature,
        )
        attempt.signature.status = SignatureStatus.PERFORMED.value
        _say_performed(row, attempt, base, made)
        _go_on(row, attempt.actor)
    return True


def _say_overtaken(row: Transaction, attempt: Attempt, base: Revision) -> None:
    """The result of an intent whose signature is thrown away, since it covers a revision that is no longer newest."""
    facts = {"signature": str(attempt.signature.id), "attempt": str(attempt.id), "base": base.digest}
    record(about_transaction(row), "signature.overtaken", actor=attempt.actor, data=facts)


def _say_performed(row: Transaction, attempt: Attempt, base: Revision, made: Made) -> None:
    facts = {
        "attempt": str(attempt.id),
        "identity": str(attempt.identity.id),
        "certificate": certificate_of(attempt.identity).sha256,
        "factor": attempt.presented.factor,
        "base": base.digest,
        "digest": made.stored.digest,
        "revision": base.number + 1,
        **made.facts,
    }
    say_signatures(row, [attempt.signature], actor=attempt.actor, data=facts)


def _go_on(row: Transaction, who: str) -> None:
    """Open the next group, or end the transaction when this was the last signature."""
    opened = open_signatures(row)
    say_signatures(row, opened, actor=who)
    if is_complete(due(signature) for signature in row.signatures.select_related("document")):
        move_transaction(row, TransactionStatus.PERFORMED)
        say_transaction(row, actor=who)


def _release(attempt: Attempt) -> None:
    """Give the lease back after a failure and close the intent, so that the next try need not wait."""
    close_attempt(attempt.signature.id, attempt.id, actor=attempt.actor)


def close_attempt(signature_id: UUID, attempt_id: UUID, *, actor: str) -> bool:
    """End an attempt that did not come to a signature; False when it is already over."""
    with transaction.atomic():
        Document.objects.filter(lease=attempt_id).update(lease=None, lease_until=None)
        mine = Signature.objects.filter(id=signature_id, attempt=attempt_id)
        if not mine.update(attempt=None, attempt_until=None):
            return False
        signature = Signature.objects.select_related("transaction").get(id=signature_id)
        facts = {"signature": str(signature_id), "attempt": str(attempt_id)}
        record(about_transaction(signature.transaction), "signature.abandoned", actor=actor, data=facts)
    return True
