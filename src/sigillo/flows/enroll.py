"""Somebody asks for an identity: a request that its owner activates by a one-time password, or a RAO approves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Forbidden, Invalid
from sigillo.base.ids import new_id
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.create_user import check_handle, check_name
from sigillo.flows.enrollment_codes import check_addresses, write_activation_code
from sigillo.flows.organization import get_rao
from sigillo.flows.voice import about_organization, actor
from sigillo.identities.access import access_enrollment
from sigillo.identities.keys import seal_provider_data
from sigillo.identities.models import Enrollment, Identity
from sigillo.identities.providers.enrolled import check_enrolled_provider, check_enrollment_data
from sigillo.identities.providers.table import SMS
from sigillo.journal.record import record
from sigillo.organizations.access import access_own_organization, get_users
from sigillo.organizations.models import Organization, User
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in


@dataclass(frozen=True, slots=True)
class NewEnrollment:
    """What the caller says of the request; without `registered_by` it is the organization's default RAO."""

    user: str
    provider_id: str
    label: str = ""
    provider_data: Mapping[str, object] = field(default_factory=dict)
    registered_by: str = ""
    urlback: str = ""


def enroll(principal: Principal, new: NewEnrollment) -> Enrollment:
    """Submit a request, and make its user if there is none of this id; for `sms` the code goes out at once.

    Raises:
        Forbidden: it is for somebody else and the principal is neither owner nor RAO.
        Invalid: the provider or its data do not fit, the RAO is none, or the user is disabled or automatic.
        Conflict: the user has an open request with this provider.
        Unavailable: no gateway for messages is configured.
    """
    scope = check_permission(principal, Verb.SUBMIT_ENROLLMENT)
    if scope is Scope.OWN and new.user != principal.handle:  # before the look-up, so that it tells nobody who exists
        raise Forbidden("not_your_enrollment", "Only an owner or a RAO submits requests for other users.")
    provider_id = check_enrolled_provider(new.provider_id)
    told = check_enrollment_data(new.provider_data, now().date())
    check_name("provider_data.first_name", told["first_name"])
    check_name("provider_data.last_name", told["last_name"])
    check_addresses(told)
    try:
        with transaction.atomic():
            organization = access_own_organization(principal)
            registrar = _registrar(principal, organization, new.registered_by)
            user = _user(principal, organization, new.user, told)
            row = _store(principal, user, registrar, new, told)
            if provider_id == SMS:
                write_activation_code(row, actor=actor(principal))
            count_in(organization.id, Counted.IDENTITIES)
            count_in(organization.id, Counted.ENROLLMENTS)
    except IntegrityError:
        raise Conflict(
            "enrollment_open",
            f"The user {new.user!r} has an open request with {provider_id}; activate or delete that one first.",
        ) from None
    return access_enrollment(principal, row.id, own_only=False)


def _registrar(principal: Principal, organization: Organization, handle: str) -> User | None:
    if handle:
        return get_rao(principal, handle, "registered_by")
    rao = organization.default_rao
    return rao if rao and rao.rao and rao.status == User.Status.ENABLED else None


def _user(principal: Principal, organization: Organization, handle: str, told: Mapping[str, str]) -> User:
    user = get_users(principal, {handle}).get(handle)
    if user is None:
        return _new_user(principal, organization, handle, told)
    if user.status != User.Status.ENABLED:
        raise Invalid("user_disabled", f"The user {handle!r} is disabled; enable it first.")
    if user.automatic:
        raise Invalid("user_automatic", f"The user {handle!r} is an automatic signer; enroll people only.")
    return user


def _new_user(principal: Principal, organization: Organization, handle: str, told: Mapping[str, str]) -> User:
    check_handle(handle)
    user = User.objects.create(
        organization=organization,
        handle=handle,
        email=told["email"],
        first_name=told["first_name"][:150],
        last_name=told["last_name"][:150],
        created_by=principal.name,
    )
    roles = {"automatic": False, "owner": False, "rao": False}
    data = {"user": str(user.id), **roles}
    record(about_organization(principal), "user.created", actor=actor(principal), data=data)
    count_in(organization.id, Counted.USERS)
    return user


def _store(
    principal: Principal, user: User, registrar: User | None, new: NewEnrollment, told: Mapping[str, str]
) -> Enrollment:
    """The identity to be, and the request for it."""
    common = {
        "organization": user.organization,
        "user": user,
        "provider_id": new.provider_id,
        "label": new.label,
        "registered_by": registrar,
        "fiscal_code": told.get("fiscal_code", ""),
    }
    identity = Identity(id=new_id(), status=Identity.Status.PENDING, **common)
    seal_provider_data(identity, told)
    identity.save(force_insert=True)
    row = Enrollment.objects.create(identity=identity, urlback=new.urlback, created_by=principal.name, **common)
    data = {"enrollment": str(row.id), "identity": str(identity.id), "user": str(user.id), "provider": new.provider_id}
    record(about_organization(principal), "enrollment.submitted", actor=actor(principal), data=data)
    return row
