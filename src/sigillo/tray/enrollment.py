"""The page where a person activates an identity: the data, the one-time password or the word that a RAO is awaited."""

from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from sigillo.base.errors import Kind, SigilloError
from sigillo.flows.enrollment_ticket import activate_by_ticket, open_ticket, resend_by_ticket
from sigillo.identities.keys import open_provider_data
from sigillo.identities.models import Enrollment
from sigillo.identities.providers.table import SMS, name_of
from sigillo.tray.pages import page

_STATUSES = {Kind.INVALID: 400, Kind.FORBIDDEN: 403, Kind.NOT_FOUND: 404, Kind.CONFLICT: 409}
_LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "birth_date": "Date of birth",
    "birth_country": "Country of birth",
    "email": "E-mail",
    "phone_mobile": "Telephone",
    "fiscal_code": "Fiscal code",
}
MAX_CODE = 20


def enroll(request: HttpRequest, ticket: UUID) -> HttpResponse:
    """Show the request that a ticket opens; POST `otp` to activate it, or `resend` for another code."""
    try:
        row = open_ticket(ticket)
        if request.method in ("GET", "HEAD"):
            return _show(row)
        if request.method != "POST":
            return HttpResponseNotAllowed(("GET", "POST"))
        return _act(request, row)
    except SigilloError as error:
        return page("dead_end.html", {"said": error.message}, status=_STATUSES.get(error.kind, 503))


def _act(request: HttpRequest, row: Enrollment) -> HttpResponse:
    try:
        if "resend" in request.POST:
            return _show(row, notice=f"A new code is on its way to {resend_by_ticket(row.ticket)}.")
        return _show(activate_by_ticket(row.ticket, request.POST.get("otp", "").strip()[:MAX_CODE]))
    except SigilloError as error:
        return _show(open_ticket(row.ticket), wrong=error.message, status=_STATUSES.get(error.kind, 503))


def _show(row: Enrollment, *, notice: str = "", wrong: str = "", status: int = 200) -> HttpResponse:
    told = open_provider_data(row.identity)[0]
    facts = {
        "row": row,
        "organization": row.organization,
        "provider": name_of(row.provider_id),
        "data": [(label, told[name]) for name, label in _LABELS.items() if name in told],
        "by_code": row.provider_id == SMS,
        "notice": notice,
        "wrong": wrong,
    }
    if row.status != Enrollment.Status.ACTIVE or not row.urlback:
        return page("enrollment.html", facts, status=status)
    target = urlsplit(row.urlback)
    facts |= {"urlback": row.urlback, "host": target.netloc, "fields": _urlback_fields(row)}
    return page("enrollment.html", facts, status=status, forms_to=f"'self' {target.scheme}://{target.netloc}")


def _urlback_fields(row: Enrollment) -> list[tuple[str, str]]:
    """What the caller is told when the person comes back, by the names of the contract."""
    return [
        ("user", row.user.handle),
        ("identity-provider", row.provider_id),
        ("identity-request-id", str(row.id)),
        ("identity-id", str(row.identity_id)),
        ("identity-label", row.label),
        ("identity-certificate", row.identity.certificate_pem),
    ]
