"""The password of an identity: five wrong tries lock it until an owner or a RAO unlocks it, whoever counted them."""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.db import transaction
from django.db.models import F

from sigillo.base.errors import Forbidden
from sigillo.identities.keys import open_provider_data
from sigillo.identities.models import Identity
from sigillo.identities.providers.csc.errors import WrongFactor
from sigillo.journal.record import Subject, record
from sigillo.secrets.passwords import verify_password

MAX_TRIES = 5


class _Verified:
    """Passwords that this process has verified, as keyed hashes under a key that never leaves it.

    Argon2id is slow on purpose; an automatic signer presents the same password a thousand times an hour. A wrong
    password is never remembered, and a changed hash in the row makes what was remembered useless.
    """

    def __init__(self, size: int = 1024) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._size = size
        self._lock = Lock()

    def has(self, identity: Identity, password: str) -> bool:
        with self._lock:
            return self._digest(identity, password) in self._seen

    def add(self, identity: Identity, password: str) -> None:
        with self._lock:
            self._seen[self._digest(identity, password)] = None
            while len(self._seen) > self._size:
                self._seen.popitem(last=False)

    def _digest(self, identity: Identity, password: str) -> bytes:
        text = f"{identity.id}\0{identity.password_hash}\0{password}"
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")


_VERIFIED = _Verified()


def check_password(identity: Identity, password: str, *, actor: str) -> None:
    """Check the password (or PIN) that the provider was told.

    Call it outside of any transaction, so that a wrong try is counted for good. Where a signing service checks it,
    this looks at the lock alone: sign inside of `counting_refusals`.

    Requests in flight at the same moment may each have their try, so an attacker with n connections has at most
    five plus n.

    Raises:
        Forbidden: the password is wrong, or the identity is locked.
    """
    if identity.failed_attempts >= MAX_TRIES:
        raise Forbidden(
            "identity_locked", "The identity is locked after five wrong passwords; an owner or a RAO unlocks it."
        )
    if _VERIFIED.has(identity, password) or _is_checked_elsewhere(identity):
        return
    if not identity.password_hash or not verify_password(identity.password_hash, password):
        _count_wrong(identity, actor)
        raise Forbidden("wrong_password", "The password is not that of the identity; try another.")
    _VERIFIED.add(identity, password)
    if identity.sealed_key:  # a key at a service may ask for more than the password: `counting_refusals` forgets
        _forget_wrong(identity)


def _is_checked_elsewhere(identity: Identity) -> bool:
    """Whether there is a signing service that knows the password, which we then do not."""
    return not (identity.password_hash or identity.sealed_key) and bool(open_provider_data(identity)[1])


@contextmanager
def counting_refusals(identity: Identity, *, actor: str) -> Iterator[None]:
    """Count what a signing service refuses like a wrong password; once it has signed, forget the wrong tries.

    For a key that is here this does nothing. Raises WrongFactor, which is a Forbidden, as it came.
    """
    try:
        yield
    except WrongFactor:
        _count_wrong(identity, actor)
        raise
    if not identity.sealed_key:
        _forget_wrong(identity)


def _forget_wrong(identity: Identity) -> None:
    if identity.failed_attempts:
        Identity.objects.filter(id=identity.id).update(failed_attempts=0)


def _count_wrong(identity: Identity, actor: str) -> None:
    """Count a wrong try, and record it with the lock that it may bring."""
    subject = Subject("organization", identity.organization_id, identity.organization_id)
    with transaction.atomic():
        Identity.objects.filter(id=identity.id).update(failed_attempts=F("failed_attempts") + 1)
        tries = Identity.objects.values_list("failed_attempts", flat=True).get(id=identity.id)
        kind = "identity.locked" if tries == MAX_TRIES else "identity.password_refused"
        record(subject, kind, actor=actor, data={"identity": str(identity.id), "tries": tries})
