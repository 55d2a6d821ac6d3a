"""Somebody's identity at a provider joins the wallet of a user."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction

from sigillo.base.errors import Forbidden, Invalid
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.voice import about_organization, actor
from sigillo.identities import authority
from sigillo.identities.keys import key_context, seal_provider_data
from sigillo.identities.models import Identity
from sigillo.identities.providers import embedded
from sigillo.identities.providers.csc.granting import find_credential
from sigillo.identities.providers.csc.services import find_service
from sigillo.identities.providers.embedded import fiscal_code_in
from sigillo.identities.providers.granted import Granted
from sigillo.identities.providers.table import (
    CREDENTIAL_FIELD,
    SECRET_FIELDS,
    Provider,
    check_provider_data,
    find_provider,
)
from sigillo.installation import is_sandbox, keyring, outbound
from sigillo.journal.record import record
from sigillo.organizations.access import access_enabled_user
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in
from sigillo.pki.certificates import describe, to_bundle, to_pem
from sigillo.secrets.passwords import hash_password


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """What the caller says of the identity; `provider_data` is the provider's own."""

    provider_id: str
    label: str = ""
    provider_data: Mapping[str, object] = field(default_factory=dict)


def associate_identity(principal: Principal, handle: str, new: NewIdentity) -> Identity:
    """Add the identity to the wallet of the user; it is active at once, with a certificate.

    The certificate is the one that the user has at the provider's signing service, where the operator configured one.
    Else, in the sandbox, it is made here.

    Raises:
        Forbidden: the wallet is somebody else's and the principal is neither owner nor RAO; or the service would sign
            with the key without asking its holder for anything, so that a RAO must vouch for whose it is.
        NotFound: there is no such user.
        Invalid: the provider is unknown or not configured here, its data are incomplete or not those of a user there,
            or the user has not the one credential that could sign.
        Unavailable: the signing service fails.
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
    if not is_sandbox() and find_service(provider.id) is None:
        raise Invalid(
            "provider_not_configured",
            f"The provider {provider.id} is not configured on this installation; ask its operator to do so.",
        )
    row = Identity(organization=user.organization, user=user, provider_id=provider.id, label=new.label)
    names = {"identity": str(row.id), "user": str(user.id), "provider": provider.id}
    _say(principal, "identity.intent", names)  # before a key is used or a service is asked
    try:
        granted = _grant(user, provider, data)
        if scope is Scope.OWN and not granted.guarded:
            raise Forbidden(
                "unguarded_credential",
                f"The signing service of {provider.id} asks nobody before it signs with this credential, so only an "
                "owner or a RAO associates it.",
            )
    except Exception:
        _say(principal, "identity.abandoned", names)
        raise
    _hold(row, granted, data)
    with transaction.atomic():
        if granted.issued:
            authority.register(granted.issued)
        row.save(force_insert=True)
        count_in(row.organization_id, Counted.IDENTITIES)
        _say(principal, "identity.associated", {**names, "certificate": describe(granted.certificate).sha256})
    return row


def _grant(user: User, provider: Provider, data: Mapping[str, str]) -> Granted:
    """Ask the provider's signing service, or the embedded authority where there is none."""
    service = find_service(provider.id)
    if service is not None:
        return find_credential(service, outbound(), provider, data)
    issued = embedded.issue_for(user)
    return Granted(certificate=issued.certificate, chain=issued.chain, issued=issued)


def _say(principal: Principal, kind: str, data: Mapping[str, object]) -> None:
    with transaction.atomic():
        record(about_organization(principal), kind, actor=actor(principal), data=data)


def _hold(row: Identity, granted: Granted, data: Mapping[str, str]) -> None:
    """Give the identity its certificate, and what it takes to use its key, which makes it active."""
    kept = {name: value for name, value in data.items() if name not in (*SECRET_FIELDS, CREDENTIAL_FIELD)}
    seal_provider_data(row, kept, granted.credential)
    if granted.issued:
        row.sealed_key = keyring().seal(granted.issued.key, key_context(row.organization_id, row.id))
    if granted.password_here:
        row.password_hash = hash_password(data["password"])
    row.certificate_pem = to_pem(granted.certificate)
    row.chain_pem = to_bundle(granted.chain)
    facts = describe(granted.certificate)
    row.not_after, row.fiscal_code = facts.not_after, fiscal_code_in(facts.subject.get("serialNumber", ""))
    row.status = Identity.Status.ACTIVE
