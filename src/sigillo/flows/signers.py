"""Whose a signature is to make: its signer's, or that of any member of the group from which it is due."""

from sigillo.base.errors import Forbidden, Invalid
from sigillo.organizations.access import is_member
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.transactions.models import Signature


def is_own(principal: Principal, signature: Signature) -> bool:
    """Whether the principal is the signer, or may become it."""
    if signature.signer_id is not None:
        return signature.signer_id == principal.user_id
    return is_member(signature.signer_group_id, principal.user_id)


def check_own(principal: Principal, signature: Signature) -> None:
    """Refuse a signature that is due from somebody else. Raises Forbidden."""
    if not is_own(principal, signature):
        raise Forbidden("not_your_signature", "This signature is another user's to make.")


def is_automatic(signature: Signature) -> bool:
    """Whether the signer is a program, and known."""
    return signature.signer is not None and signature.signer.automatic


def signer_of_group(principal: Principal, signature: Signature) -> User | None:
    """Who may sign for the group: the principal if it is a member, else the one automatic member there is.

    None where the signer is fixed already, or the group has no such member.
    """
    if signature.signer is not None or signature.signer_group is None:
        return signature.signer
    members = {member.id: member for member in signature.signer_group.members.all()}
    if principal.user_id in members:
        return members[principal.user_id]
    automatic = [member for member in members.values() if member.automatic]
    return automatic[0] if len(automatic) == 1 else None


def check_enabled(signer: User) -> None:
    """Refuse a signature of a disabled signer. Raises Invalid."""
    if signer.status != User.Status.ENABLED:
        raise Invalid("signer_disabled", "The signer is disabled; enable it before it signs.")
