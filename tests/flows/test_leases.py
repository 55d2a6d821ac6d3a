"""Who loses the lease of a signature writes nothing, and takes nothing from who has it now."""

from datetime import timedelta

import pytest

from sigillo.base.clock import now
from sigillo.base.errors import Conflict
from sigillo.base.ids import new_id
from sigillo.flows.create_transaction import NewSignature
from sigillo.flows.sign import Attempt, close_attempt, commit, make, reserve, sign, take_signature
from sigillo.flows.upkeep import expire, recover
from sigillo.identities.models import Identity
from sigillo.journal.models import Event, Fact
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.flows.stories import give_identity, kinds, ready, signatures
from tests.support.world import House


def _attempt(signature: Signature, actor: str) -> Attempt:
    stored = Signature.objects.select_related("document", "transaction", "signer").get(id=signature.id)
    return Attempt(id=new_id(), signature=stored, identity=Identity.objects.get(), actor=actor)


def _begin(attempt: Attempt) -> Revision:
    """Both leases and the intent."""
    take_signature(attempt)
    base = reserve(attempt)
    assert base
    return base


def _rows() -> list[list[tuple[object, ...]]]:
    models = (Transaction, Document, Signature, Revision, Event, Fact)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def _run_out() -> None:
    Signature.objects.update(attempt_until=now() - timedelta(seconds=1))
    Document.objects.update(lease_until=now() - timedelta(seconds=1))


def test_a_lease_lost_meanwhile_commits_nothing(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    slow, fast = (_attempt(signatures(row)[0], f"user:{name}") for name in ("slow", "fast"))
    base = _begin(slow)
    made = make(slow, base)
    _run_out()
    _begin(fast)
    before = _rows()
    with pytest.raises(Conflict) as refusal:
        commit(slow, base, made)
    assert refusal.value.code == "already_performed"
    assert _rows() == before
    assert (signatures(row)[0].status, signatures(row)[0].attempt) == ("pending", fast.id)
    assert commit(fast, base, made)
    assert kinds(row)[-4:] == ["signature.intent", "signature.intent", "signature.performed", "transaction.performed"]
    assert Event.objects.get(kind="signature.performed").actor == "user:fast"


def test_a_lease_that_was_closed_commits_nothing(acme: House) -> None:
    """`recover` gave it back, so the journal says that it was abandoned: it cannot be performed after all."""
    give_identity(acme)
    row = ready(acme)
    attempt = _attempt(signatures(row)[0], "user:slow")
    base = _begin(attempt)
    made = make(attempt, base)
    _run_out()
    assert recover() == 1
    before = _rows()
    with pytest.raises(Conflict):
        commit(attempt, base, made)
    assert _rows() == before
    assert kinds(row)[-1] == "signature.abandoned"


def test_who_lost_the_lease_does_not_take_it_from_the_other(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    slow, fast = (_attempt(signatures(row)[0], f"user:{name}") for name in ("slow", "fast"))
    _begin(slow)
    _run_out()
    _begin(fast)
    before = _rows()
    with pytest.raises(Conflict) as refusal:
        sign(slow)
    assert refusal.value.code == "being_performed"
    assert not close_attempt(slow.signature.id, slow.id, actor=slow.actor)
    assert _rows() == before


def test_a_lease_lasts_a_minute_and_recover_leaves_it_alone(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    began = now()
    _begin(_attempt(signatures(row)[0], "user:slow"))
    until = signatures(row)[0].attempt_until
    assert until
    assert timedelta(seconds=60) <= until - began < timedelta(seconds=65)
    before = _rows()
    assert recover() == 0
    assert _rows() == before


def test_a_transaction_that_ended_meanwhile_takes_no_revision(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    attempt = _attempt(signatures(row)[0], "user:slow")
    base = _begin(attempt)
    made = make(attempt, base)
    Transaction.objects.update(not_after=now() - timedelta(seconds=1))
    assert expire() == 1
    before = _rows()
    with pytest.raises(Conflict) as refusal:
        commit(attempt, base, made)
    assert refusal.value.code == "transaction_ended"
    assert _rows() == before
    assert (signatures(row)[0].status, signatures(row)[0].attempt) == ("expired", None)


def test_over_a_base_that_is_no_longer_the_newest_nothing_is_written(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    attempt = _attempt(signatures(row)[0], "user:slow")
    base = _begin(attempt)
    made = make(attempt, base)
    Document.objects.update(head=2)
    before = list(Signature.objects.values_list()), list(Revision.objects.values_list())
    assert not commit(attempt, base, made)
    assert (list(Signature.objects.values_list()), list(Revision.objects.values_list())) == before
    assert kinds(row)[-2:] == ["signature.intent", "signature.overtaken"]


def test_a_document_is_signed_by_one_at_a_time(acme: House) -> None:
    give_identity(acme)
    row = ready(acme, (NewSignature(signer="robot"),) * 2)
    first, second = (_attempt(signature, "user:any") for signature in signatures(row))
    base = _begin(first)
    take_signature(second)
    assert reserve(second) is None
    assert commit(first, base, make(first, base))
    assert reserve(second)
