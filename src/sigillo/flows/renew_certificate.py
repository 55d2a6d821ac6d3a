"""An identity gets a new certificate: of the embedded authority, or one that its holder brings."""

from uuid import UUID

from django.db import transaction

from sigillo.base.errors import Conflict, Invalid, NotFound
from sigillo.flows.identities import editable_identity, revoke_if_ours
from sigillo.flows.token_identity import read_signer_certificate
from sigillo.flows.voice import about_organization, actor
from sigillo.identities import authority
from sigillo.identities.access import access_identity
from sigillo.identities.authority import Issued
from sigillo.identities.keys import certificate_of, key_context, open_provider_data
from sigillo.identities.models import Identity
from sigillo.identities.providers import embedded
from sigillo.identities.providers.table import TOKEN
from sigillo.installation import keyring
from sigillo.journal.record import record
from sigillo.organizations.principal import Principal
from sigillo.pki.certificates import describe, to_bundle, to_pem
from sigillo.pki.crl import Reason


def renew_certificate(principal: Principal, identity_id: UUID, certificate: str) -> Identity:
    """Renew an identity's certificate; the former one is superseded, and revoked where it was issued here.

    The identity of a physical key takes the `certificate` that it is given. One whose key is here gets a new key and
    certificate of the embedded authority, and is given none.

    Raises:
        NotFound: there is no such identity for this principal.
        Conflict: the identity is not active, or was changed meanwhile.
        Invalid: a certificate is missing, or given where none is taken, or it cannot sign documents.
    """
    identity = editable_identity(principal, identity_id)
    if identity.status != Identity.Status.ACTIVE:
        raise Conflict("identity_not_active", f"The identity is {identity.status}; only an active one is renewed.")
    if identity.provider_id == TOKEN:
        return _replace(principal, identity, certificate)
    if not identity.sealed_key:
        raise Invalid("renewed_elsewhere", "The key is at a signing service: renew it there, then associate it anew.")
    if certificate:
        raise Invalid(
            "certificate_not_taken", "The key of this identity is here and gets a new certificate; send no certificate."
        )
    return _reissue(principal, identity)


def _replace(principal: Principal, identity: Identity, certificate: str) -> Identity:
    der, info = read_signer_certificate(certificate)
    changes = {"certificate_pem": to_pem(der), "not_after": info.not_after}
    with transaction.atomic():
        _change(principal, identity, changes, info.sha256)
    return access_identity(principal, identity.id, own_only=False)


def _reissue(principal: Principal, identity: Identity) -> Identity:
    about, who = about_organization(principal), actor(principal)
    facts = {"identity": str(identity.id), "user": str(identity.user_id), "provider": identity.provider_id}
    with transaction.atomic():
        record(about, "identity.intent", actor=who, data=facts)  # before the authority uses its key
    try:
        issued = embedded.issue_for(identity.user, open_provider_data(identity)[0])
        with transaction.atomic():
            authority.register(issued)
            _change(principal, identity, _held(identity, issued), describe(issued.certificate).sha256)
    except Exception:
        with transaction.atomic():
            record(about, "identity.abandoned", actor=who, data=facts)
        raise
    return access_identity(principal, identity.id, own_only=False)


def _held(identity: Identity, issued: Issued) -> dict[str, object]:
    return {
        "certificate_pem": to_pem(issued.certificate),
        "chain_pem": to_bundle(issued.chain),
        "not_after": describe(issued.certificate).not_after,
        "sealed_key": keyring().seal(issued.key, key_context(identity.organization_id, identity.id)),
    }


def _change(principal: Principal, identity: Identity, changes: dict[str, object], fingerprint: str) -> None:
    """Put the new certificate in the place of the one that was read, if that is still there."""
    former = certificate_of(identity).sha256
    if former != fingerprint:
        revoke_if_ours(identity.certificate_pem, Reason.SUPERSEDED, who=actor(principal))
    mine = Identity.objects.filter(id=identity.id, deleted_at=None, certificate_pem=identity.certificate_pem)
    if not mine.update(**changes):
        if not Identity.objects.filter(id=identity.id, deleted_at=None).exists():
            raise NotFound("identity_not_found", "There is no such identity; check its id.")
        raise Conflict("identity_changed", "The identity was changed meanwhile; read it again.")
    data = {"identity": str(identity.id), "certificate": fingerprint, "former": former}
    record(about_organization(principal), "identity.renewed", actor=actor(principal), data=data)
