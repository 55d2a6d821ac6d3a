"""What most tests of one-time passwords begin with: an identity, a code for it, and what became of both."""

from collections.abc import Sequence

from django.core.serializers import serialize
from django.db import transaction

from sigillo.base.ids import new_id
from sigillo.identities.models import Identity, OneTimePassword
from sigillo.identities.one_time_passwords import Aim, Purpose, check, for_signature, issue
from sigillo.journal.models import Event, Fact
from tests.support.world import House

ACTOR = "user:test"
FIRST, SECOND = (for_signature(new_id(), digit * 64) for digit in "ab")
ELSEWHERE = for_signature(new_id(), "c" * 64)


def identity_of(house: House) -> Identity:
    """An identity of the house's plain user."""
    return Identity.objects.create(organization=house.organization, user=house.user.user, provider_id="sms")


def issued(identity: Identity, *aims: Aim, purpose: Purpose = Purpose.SIGN) -> str:
    """A code in a transaction of its own; for FIRST where nothing else is said."""
    with transaction.atomic():
        return issue(identity, purpose, aims or (FIRST,), actor=ACTOR)


def used(identity: Identity, code: str, aim: Aim = FIRST, purpose: Purpose = Purpose.SIGN) -> OneTimePassword:
    return check(identity, purpose, aim, code, actor=ACTOR)


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10**6:06d}"


def said(*kinds: str) -> list[str]:
    """What the journal has, in order; of these kinds."""
    found = Event.objects.order_by("chain_id", "sequence").values_list("kind", flat=True)
    return [kind for kind in found if not kinds or kind in kinds]


def counts(identity: Identity) -> tuple[int, int]:
    """Wrong tries of the newest code, and of the identity."""
    identity.refresh_from_db()
    newest = OneTimePassword.objects.filter(identity=identity).latest("created", "expires")
    return newest.tries, identity.failed_codes


def at_rest(models: Sequence[type] = (OneTimePassword, Identity, Event, Fact)) -> str:
    """All rows of a one-time password as they lie in the database."""
    return "\n".join(serialize("json", model.objects.all()) for model in models)  # type: ignore[attr-defined]
