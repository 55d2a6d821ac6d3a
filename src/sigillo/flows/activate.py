"""An enrollment request comes to its good end: the embedded authority certifies the person."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet

from sigillo.base.errors import Conflict
from sigillo.delivery.messages import identity_request_enrolled
from sigillo.flows.voice import about_organization, say
from sigillo.identities import authority
from sigillo.identities.authority import Issued
from sigillo.identities.keys import key_context, open_provider_data
from sigillo.identities.models import Enrollment, Identity
from sigillo.identities.providers import embedded
from sigillo.identities.providers.embedded import fiscal_code_in
from sigillo.installation import keyring
from sigillo.journal.record import Entry
from sigillo.pki.certificates import describe, to_bundle, to_pem


def activate(row: Enrollment, *, actor: str, factor: str) -> None:
    """Issue the certificate of an open request, once, whoever else activates, refuses or deletes it meanwhile.

    `factor` says in the journal by what it was earned. IDENTITY_REQUEST_ENROLLED is sent.

    Raises:
        Conflict: the request came to an end meanwhile; the certificate that was made for it is not in use.
    """
    facts = {
        "enrollment": str(row.id),
        "identity": str(row.identity_id),
        "user": str(row.user_id),
        "provider": row.provider_id,
    }
    _say(row, Entry("identity.intent", facts), actor)  # before the authority uses its key
    try:
        issued = embedded.issue_for(row.user, open_provider_data(row.identity)[0])
        with transaction.atomic():
            _commit(row, issued, facts | {"factor": factor}, actor)
    except Exception:
        _say(row, Entry("identity.abandoned", facts), actor)
        raise
    row.refresh_from_db(fields=("status",))


def open_requests(row: Enrollment) -> QuerySet[Enrollment]:
    """The request, if it is still open: what a change of its status is compared with."""
    return Enrollment.objects.filter(id=row.id, status=Enrollment.Status.PENDING, deleted_at=None)


def _commit(row: Enrollment, issued: Issued, facts: Mapping[str, object], actor: str) -> None:
    if not open_requests(row).update(status=Enrollment.Status.ACTIVE):
        raise Conflict("enrollment_closed", "The request came to an end meanwhile; read it again.")
    authority.register(issued)
    certificate = describe(issued.certificate)
    code = row.fiscal_code or fiscal_code_in(certificate.subject.get("serialNumber", ""))
    Identity.objects.filter(id=row.identity_id).update(
        status=Identity.Status.ACTIVE,
        certificate_pem=to_pem(issued.certificate),
        chain_pem=to_bundle(issued.chain),
        not_after=certificate.not_after,
        sealed_key=keyring().seal(issued.key, key_context(row.organization_id, row.identity_id)),
        fiscal_code=code,
    )
    row.status = Enrollment.Status.ACTIVE.value
    data = {**facts, "certificate": certificate.sha256}
    entry = Entry("enrollment.activated", data, identity_request_enrolled(row))
    say(about_organization(row.organization), [entry], actor=actor)


def _say(row: Enrollment, entry: Entry, actor: str) -> None:
    with transaction.atomic():
        say(about_organization(row.organization), [entry], actor=actor)
