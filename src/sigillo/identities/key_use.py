"""What the journal says of each use of an authority's key: the intent before it, and afterwards what came of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import transaction

from sigillo.identities.models import Authority
from sigillo.journal.record import Subject, record

ACTOR = "system:authority"


def about(authority: Authority) -> Subject:
    """The subject of what authorities do: those of one installation share a chain, the root's."""
    root_id = authority.parent_id or authority.id
    return Subject(kind="authority", id=root_id, organization_id=root_id)


@contextmanager
def intended(authority: Authority, what: str, facts: Mapping[str, object]) -> Iterator[None]:
    """Record the intent to use the authority's key, then let the block use it.

    The block records the result in the transaction that stores it. If the block raises, the intent is closed as
    abandoned; if the process dies in it, the intent stays open, and nothing that was signed is in use.
    """
    _say(authority, f"{what}.intent", facts)
    try:
        yield
    except Exception:
        _say(authority, f"{what}.abandoned", facts)
        raise


def _say(authority: Authority, kind: str, facts: Mapping[str, object]) -> None:
    with transaction.atomic():
        record(about(authority), kind, actor=ACTOR, data=facts)
