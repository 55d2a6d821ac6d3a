"""What most tests of revocation begin with: somebody's certificate, and its end."""

from django.db import transaction

from sigillo.identities import authority
from sigillo.identities.authority import Issued
from sigillo.identities.models import Authority
from sigillo.identities.providers import embedded
from sigillo.journal.models import Event
from sigillo.pki.crl import Reason
from tests.support.world import House

OPERATOR = "system:test"


def certified(house: House) -> Issued:
    """A certificate of the house's automatic user, in the register."""
    issued = embedded.issue_for(house.automatic.user)
    authority.register(issued)
    return issued


def revoked(certificate: bytes | str, reason: Reason = Reason.KEY_COMPROMISE) -> bool:
    """Revoke it in a transaction of its own."""
    with transaction.atomic():
        return authority.revoke(certificate, reason, actor=OPERATOR)


def issuing() -> Authority:
    """The issuing authority, as it is in the database now."""
    return Authority.objects.get(parent__isnull=False)


def said(kind: str = "") -> list[str]:
    """The kinds of what the authorities' chain holds, in order; those that begin with `kind`."""
    events = Event.objects.filter(chain__subject_kind="authority", kind__startswith=kind).order_by("sequence")
    return list(events.values_list("kind", flat=True))
