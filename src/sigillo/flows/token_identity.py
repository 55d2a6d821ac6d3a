"""The identity of a physical key: its certificate is held here, its private key stays with its holder."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Forbidden, Invalid
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.voice import about_organization, actor
from sigillo.identities import authority
from sigillo.identities.keys import seal_provider_data
from sigillo.identities.models import Identity
from sigillo.identities.providers.embedded import fiscal_code_in
from sigillo.identities.providers.table import TOKEN, check_token_data
from sigillo.journal.record import record
from sigillo.organizations.access import access_enabled_user
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in
from sigillo.pki.certificates import CertificateInfo, describe, from_pem_or_base64, to_pem
from sigillo.pki.ocsp_answers import Standing
from sigillo.pki.suitability import fault_of_certificate


def create_from_token(
    principal: Principal,
    certificate: str,
    *,
    label: str = "",
    data: Mapping[str, object] | None = None,
    user: str | None = None,
) -> UUID:
    """Add the certificate of a physical key (PEM, or DER in base64) to a wallet: the caller's, or that of `user`.

    A certificate that is there already stays one identity, and gets the label where one is given; the id of the
    identity.

    Raises:
        Forbidden: the wallet is somebody else's and the principal is neither owner nor RAO.
        NotFound: there is no such user.
        Invalid: the certificate cannot be read, is not in date, is not one to sign documents with, or its key is
            here; or the data are not what is kept.
    """
    scope = check_permission(principal, Verb.ASSOCIATE_IDENTITY)
    handle = user or principal.handle
    if scope is Scope.OWN and handle != principal.handle:  # before the look-up, so that it tells nobody who exists
        raise Forbidden("not_your_wallet", "Only an owner or a RAO associates identities to other users.")
    holder = access_enabled_user(principal, handle)
    der, info = read_signer_certificate(certificate)
    kept = check_token_data(data or {})
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(id=holder.id)  # the same certificate twice at once is one
        known = holder.wallet.filter(provider_id=TOKEN, certificate_pem=to_pem(der), deleted_at=None).first()
        if known is not None:
            _label(principal, known, label)
            return known.id
        row = _identity(holder, der, info, label)
        seal_provider_data(row, kept)
        row.save(force_insert=True)
        facts = {"identity": str(row.id), "user": str(holder.id), "provider": TOKEN, "certificate": info.sha256}
        record(about_organization(principal), "identity.associated", actor=actor(principal), data=facts)
        count_in(row.organization_id, Counted.IDENTITIES)
    return row.id


def _identity(holder: User, der: bytes, info: CertificateInfo, label: str) -> Identity:
    return Identity(
        organization=holder.organization,
        user=holder,
        provider_id=TOKEN,
        label=label,
        status=Identity.Status.ACTIVE,
        certificate_pem=to_pem(der),
        not_after=info.not_after,
        fiscal_code=fiscal_code_in(info.subject.get("serialNumber", "")),
        has_been_imported=True,
    )


def _label(principal: Principal, identity: Identity, label: str) -> None:
    if not label or label == identity.label:
        return
    Identity.objects.filter(id=identity.id).update(label=label)
    facts = {"identity": str(identity.id), "fields": ["label"]}
    record(about_organization(principal), "identity.edited", actor=actor(principal), data=facts)


def read_signer_certificate(text: str) -> tuple[bytes, CertificateInfo]:
    """The certificate of a physical key, DER, and what it says, if documents may be signed with it now.

    Raises:
        Invalid: it cannot be read, should not sign, or is of an authority of this installation, which has the keys
            of its certificates here: whose certificate it is, somebody signs with it already.
    """
    der = from_pem_or_base64(text)
    info = describe(der)
    fault = fault_of_certificate(info, now())
    if fault:
        raise Invalid("unsuitable_certificate", f"certificate: {fault}; choose one that is made to sign documents.")
    if authority.standing_of(der) is not Standing.UNKNOWN:
        raise Invalid(
            "certificate_issued_here", "certificate: it was issued here and its key is on no token; choose another."
        )
    return der, info
