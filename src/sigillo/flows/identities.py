"""The identities of an organization: looked at, deleted, unlocked."""

from contextlib import suppress
from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Invalid, NotFound
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.voice import about_organization, actor
from sigillo.identities import authority, one_time_passwords
from sigillo.identities.access import access_identity, lock_identity, visible_identities
from sigillo.identities.models import Enrollment, Identity
from sigillo.journal.record import record
from sigillo.organizations.listing import Listed, Listing, take_page
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in, total
from sigillo.pki.crl import Reason

NEWEST_FIRST = ("-created", "id")


def list_identities(principal: Principal, listing: Listing) -> Listed[Identity]:
    """A page of the identities that the principal may see. Raises NotFound past the end."""
    own_only = check_permission(principal, Verb.READ_IDENTITY) is Scope.OWN
    count = None if own_only else lambda: total(principal.organization_id, Counted.IDENTITIES)
    return take_page(visible_identities(principal, own_only=own_only), listing, order=NEWEST_FIRST, count=count)


def read_identity(principal: Principal, identity_id: UUID) -> Identity:
    """One identity. Raises NotFound where there is none of this id for this principal."""
    own_only = check_permission(principal, Verb.READ_IDENTITY) is Scope.OWN
    return access_identity(principal, identity_id, own_only=own_only)


def editable_identity(principal: Principal, identity_id: UUID) -> Identity:
    """One identity that the principal may change. Raises Forbidden, and NotFound for one that is not its."""
    own_only = check_permission(principal, Verb.EDIT_IDENTITY) is Scope.OWN
    return access_identity(principal, identity_id, own_only=own_only)


def delete_identity(principal: Principal, identity_id: UUID) -> None:
    """Delete an identity: its certificate is revoked where it was issued here, and its key is destroyed.

    The row stays as evidence of what was signed with it. A request for it that is still open goes with it.

    Raises:
        NotFound: there is no such identity for this principal.
    """
    read = editable_identity(principal, identity_id)
    with transaction.atomic():
        identity = lock_identity(read)  # it may have been activated or renewed since it was read
        revoke_certificate(identity, Reason.CESSATION_OF_OPERATION, who=actor(principal))
        retire(identity)
        requests = Enrollment.objects.filter(identity=identity, status=Enrollment.Status.PENDING, deleted_at=None)
        gone = requests.update(deleted_at=now())
        data = {"identity": str(identity.id), "user": str(identity.user_id)}
        record(about_organization(principal), "identity.deleted", actor=actor(principal), data=data)
        count_in(identity.organization_id, Counted.IDENTITIES, -1)
        if gone:
            count_in(identity.organization_id, Counted.ENROLLMENTS, -1)


def retire(identity: Identity) -> None:
    """Take a locked identity out of its wallet and destroy its key and picture; the caller counts it out."""
    Identity.objects.filter(id=identity.id).update(
        deleted_at=now(), sealed_key="", password_hash="", appearance_uri="", appearance_digest=""
    )


def revoke_certificate(identity: Identity, reason: Reason, *, who: str) -> None:
    """Revoke the certificate of a locked identity in the caller's transaction, if its key is here.

    A certificate that its holder brought is revoked by its own issuer: anybody can bring anybody's.
    """
    if identity.sealed_key:
        with suppress(NotFound):  # it is of an installation whose register is lost
            authority.revoke(identity.certificate_pem, reason, actor=who)


def check_holder(user: User) -> None:
    """Refuse to give a disabled user anything to sign with. Raises Invalid."""
    if user.status != User.Status.ENABLED:
        raise Invalid("user_disabled", f"The user {user.handle!r} is disabled; enable it first.")


def unlock_identity(principal: Principal, identity_id: UUID) -> Identity:
    """Have an identity that was locked by wrong passwords or codes be used again.

    Raises:
        NotFound: there is no such identity for this principal.
    """
    check_permission(principal, Verb.UNLOCK_IDENTITY)
    identity = access_identity(principal, identity_id, own_only=False)
    with transaction.atomic():
        lock_identity(identity)
        one_time_passwords.unlock(identity, actor=actor(principal))
    return access_identity(principal, identity_id, own_only=False)
