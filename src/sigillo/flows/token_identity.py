"""The identity of a physical key: its certificate is held here, its private key stays with its holder."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Forbidden, Invalid
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.voice import about_organization, actor
from sigillo.identities.keys import seal_provider_data
from sigillo.identities.models import Identity
from sigillo.identities.providers.embedded import fiscal_code_in
from sigillo.identities.providers.table import TOKEN
from sigillo.journal.record import record
from sigillo.organizations.access import access_enabled_user
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in
from sigillo.pki.certificates import CertificateInfo, describe, from_pem_or_base64, to_pem
from sigillo.pki.suitability import fault_of_certificate


def create_from_token(
    principal: Principal, certificate: str, *, label: str, data: Mapping[str, str], user: str | None = None
) -> UUID:
    """Add the certificate of a physical key (PEM, or DER in base64) to a wallet: the caller's, or that of `user`.

    A certificate that is there already gets the label and stays one identity; the id of the identity.

    Raises:
        Forbidden: the wallet is somebody else's and the principal is neither owner nor RAO.
        NotFound: there is no such user.
        Invalid: the certificate cannot be read, is not in date, or is not one to sign documents with.
    """
    scope = check_permission(principal, Verb.ASSOCIATE_IDENTITY)
    handle = user or principal.handle
    if scope is Scope.OWN and handle != principal.handle:  # before the look-up, so that it tells nobody who exists
        raise Forbidden("not_your_wallet", "Only an owner or a RAO associates identities to other users.")
    holder = access_enabled_user(principal, handle)
    der, info = read_signer_certificate(certificate)
    with transaction.atomic():
        row = Identity(
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
        held = holder.wallet.select_for_update().filter(
            provider_id=TOKEN, certificate_pem=row.certificate_pem, deleted_at=None
        )
        known = held.first()
        if known is not None:
            held.update(label=label)
            return known.id
        seal_provider_data(row, data)
        row.save(force_insert=True)
        facts = {"identity": str(row.id), "user": str(holder.id), "provider": TOKEN, "certificate": info.sha256}
        record(about_organization(principal), "identity.associated", actor=actor(principal), data=facts)
        count_in(row.organization_id, Counted.IDENTITIES)
    return row.id


def read_signer_certificate(text: str) -> tuple[bytes, CertificateInfo]:
    """The certificate, DER, and what it says, if documents may be signed with it now.

    Raises:
        Invalid: it cannot be read, or should not sign.
    """
    der = from_pem_or_base64(text)
    info = describe(der)
    fault = fault_of_certificate(info, now())
    if fault:
        raise Invalid("unsuitable_certificate", f"certificate: {fault}; choose one that is made to sign documents.")
    return der, info
