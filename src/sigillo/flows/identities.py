"""The identities of an organization: looked at, deleted, unlocked."""

from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import NotFound
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.voice import about_organization, actor
from sigillo.identities import authority, one_time_passwords
from sigillo.identities.access import access_identity, visible_identities
from sigillo.identities.models import Enrollment, Identity
from sigillo.journal.record import record
from sigillo.organizations.listing import Listed, Listing, take_page
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
    identity = editable_identity(principal, identity_id)
    with transaction.atomic():
        if identity.certificate_pem:
            revoke_if_ours(identity.certificate_pem, Reason.CESSATION_OF_OPERATION, who=actor(principal))
        if not retire(identity):
            raise NotFound("identity_not_found", "There is no such identity; check its id.")
        gone = Enrollment.objects.filter(identity=identity, status=Enrollment.Status.PENDING, deleted_at=None)
        if gone.update(deleted_at=now()):
            count_in(principal.organization_id, Counted.ENROLLMENTS, -1)
        data = {"identity": str(identity.id), "user": str(identity.user_id)}
        record(about_organization(principal), "identity.deleted", actor=actor(principal), data=data)


def retire(identity: Identity) -> bool:
    """Take an identity out of its wallet and destroy what uses its key; False when somebody did so before."""
    taken = Identity.objects.filter(id=identity.id, deleted_at=None).update(
        deleted_at=now(), sealed_key="", password_hash=""
    )
    if taken:
        count_in(identity.organization_id, Counted.IDENTITIES, -1)
    return bool(taken)


def revoke_if_ours(certificate: str, reason: Reason, *, who: str) -> None:
    """Revoke a certificate (PEM) in the caller's transaction, unless another authority issued it."""
    try:
        authority.revoke(certificate, reason, actor=who)
    except NotFound:
        return  # its own issuer revokes it, or its holder there


def unlock_identity(principal: Principal, identity_id: UUID) -> Identity:
    """Have an identity that was locked by wrong passwords or codes be used again.

    Raises:
        NotFound: there is no such identity for this principal.
    """
    check_permission(principal, Verb.UNLOCK_IDENTITY)
    identity = access_identity(principal, identity_id, own_only=False)
    with transaction.atomic():
        one_time_passwords.unlock(identity, actor=actor(principal))
    return access_identity(principal, identity_id, own_only=False)
