"""Somebody's identity at a provider joins the wallet of a user."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from sigillo.base.errors import Forbidden, Invalid
from sigillo.base.ids import new_id
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.voice import about_organization, actor
from sigillo.identities import authority
from sigillo.identities.authority import Issued
from sigillo.identities.keys import key_context, seal_provider_data
from sigillo.identities.models import Identity
from sigillo.identities.providers import embedded
from sigillo.identities.providers.table import SECRET_FIELDS, check_provider_data, find_provider
from sigillo.installation import is_sandbox, keyring
from sigillo.journal.record import record
from sigillo.organizations.access import access_enabled_user
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in
from sigillo.pki.certificates import describe, to_pem
from sigillo.secrets.passwords import hash_password


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """What the caller says of the identity; `provider_data` is the provider's own."""

    provider_id: str
    label: str = ""
    provider_data: Mapping[str, object] = field(default_factory=dict)


def associate_identity(principal: Principal, handle: str, new: NewIdentity) -> Identity:
    """Add the identity to the wallet of the user; in the sandbox it is active at once, with a certificate.

    Raises:
        Forbidden: the wallet is somebody else's and the principal is neither owner nor RAO.
        NotFound: there is no such user.
        Invalid: the provider is unknown or not configured here, or its data are incomplete.
    """
    scope = check_permission(principal, Verb.ASSOCIATE_IDENTITY)
    if scope is Scope.OWN and handle != principal.handle:  # before the look-up, so that it tells nobody who exists
        raise Forbidden("not_your_wallet", "Only an owner or a RAO associates identities to other users.")
    user = access_enabled_user(principal, handle)
    provider = find_provider(new.provider_id)
    data = check_provider_data(provider, new.provider_data)
    if provider.automatic and not user.automatic:
        raise Invalid(
            "not_automatic",
            f"{provider.id} is for automatic signers and {handle!r} is not one; create it with automatic true.",
        )
    if not is_sandbox():
        raise Invalid(
            "provider_not_configured",
            f"The provider {provider.id} is not configured on this installation; ask its operator to do so.",
        )
    row = _row(user, new, data)
    names = {"identity": str(row.id), "user": str(user.id), "provider": provider.id}
    _say(principal, "identity.intent", names)  # before the authority uses its key
    try:
        issued = embedded.issue_for(user)
    except Exception:
        _say(principal, "identity.abandoned", names)
        raise
    _hold(row, issued)
    with transaction.atomic():
        authority.register(issued)
        row.save(force_insert=True)
        count_in(row.organization_id, Counted.IDENTITIES)
        _say(principal, "identity.associated", {**names, "certificate": describe(issued.certificate).sha256})
    return row


def _say(principal: Principal, kind: str, data: Mapping[str, object]) -> None:
    with transaction.atomic():
        record(about_organization(principal), kind, actor=actor(principal), data=data)


def _row(user: User, new: NewIdentity, data: Mapping[str, str]) -> Identity:
    """The identity to be, not stored yet, without its certificate."""
    key: UUID = new_id()
    kept = {name: value for name, value in data.items() if name not in SECRET_FIELDS}
    row = Identity(
        id=key,
        organization=user.organization,
        user=user,
        provider_id=new.provider_id,
        label=new.label,
        password_hash=hash_password(data["password"]),
    )
    seal_provider_data(row, kept)
    return row


def _hold(row: Identity, issued: Issued) -> None:
    """Give the identity its certificate and sealed key, which makes it active."""
    row.certificate_pem = to_pem(issued.certificate)
    row.chain_pem = "".join(to_pem(certificate) for certificate in issued.chain)
    row.not_after = describe(issued.certificate).not_after
    row.sealed_key = keyring().seal(issued.key, key_context(row.organization_id, row.id))
    row.status = Identity.Status.ACTIVE
