"""The page where a person activates an identity: the data, the one-time password or the word that a RAO is awaited."""

from datetime import date
from urllib.parse import parse_qs
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from sigillo.base.errors import Kind, SigilloError
from sigillo.flows.enrollment_ticket import activate_by_ticket, open_ticket, resend_by_ticket, sent_to
from sigillo.identities.keys import certificate_of, open_provider_data
from sigillo.identities.models import Enrollment
from sigillo.identities.providers.table import SMS, name_of
from sigillo.outbound.targets import read_target
from sigillo.tray.pages import ANYWHERE, go_on, page

_STATUSES = {Kind.INVALID: 400, Kind.FORBIDDEN: 403, Kind.NOT_FOUND: 404, Kind.CONFLICT: 409}
_LABELS = {
    "name": "Name",
    "birth_date": "Date of birth",
    "birth_country": "Country of birth",
    "email": "E-mail",
    "fiscal_code": "Fiscal code",
}
"""What is shown of the request, in this order; of the telephone only its ends are, beside the code."""
METHODS = ("GET", "HEAD", "POST")
MAX_FORM = 2048
MAX_CODE = 20


def enroll(request: HttpRequest, ticket: UUID) -> HttpResponse:
    """Show the request that a ticket opens; POST `otp` to activate it, or `resend` for another code."""
    if request.method not in METHODS:
        response = page("dead_end.html", {"said": "This address takes nothing but a form."}, status=405)
        response["Allow"] = ", ".join(METHODS)
        return response
    try:
        row = open_ticket(ticket)
        return _act(request, row) if request.method == "POST" else _show(row, sent="sent" in request.GET)
    except SigilloError as error:
        return _dead_end(error)


def unknown(request: HttpRequest, ticket: str) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The page for an address that is no ticket: most often one that was not copied to its end."""
    return page(
        "dead_end.html", {"said": "The address is not complete; copy it anew from where you have it."}, status=404
    )


def _dead_end(error: SigilloError) -> HttpResponse:
    return page("dead_end.html", {"said": error.message}, status=_STATUSES.get(error.kind, 503))


def _act(request: HttpRequest, row: Enrollment) -> HttpResponse:
    """Do what the form asks, then have the browser read the page anew: so it can be reloaded without sending twice."""
    if row.status != Enrollment.Status.PENDING:
        return go_on("enroll")  # a second press of the button
    form = _form(request)
    code = "".join(form.get("otp", "").split())[:MAX_CODE]
    try:
        if "resend" in form:
            resend_by_ticket(row.ticket)
            return go_on("enroll?sent=yes")
        if not code:
            return _show(row, wrong="Write the code that was sent to you into the field.", status=400)
        activate_by_ticket(row.ticket, code)
        return go_on("enroll")
    except SigilloError as error:
        return _show(open_ticket(row.ticket), wrong=error.message, status=_STATUSES.get(error.kind, 503))


def _form(request: HttpRequest) -> dict[str, str]:
    """The fields of a form as browsers send them; nothing of anything else."""
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    try:
        fields = parse_qs(request.read(MAX_FORM).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _show(row: Enrollment, *, sent: bool = False, wrong: str = "", status: int = 200) -> HttpResponse:
    facts = {"row": row, "organization": row.organization, "wrong": wrong}
    if row.status == Enrollment.Status.ACTIVE:
        return _show_active(row, facts, status)
    if row.status == Enrollment.Status.PENDING:
        facts |= {"data": _told(row), "by_code": row.provider_id == SMS, "sent": sent}
    if row.status == Enrollment.Status.PENDING and row.provider_id == SMS:
        facts |= {"address": sent_to(row)}
    return page("enrollment.html", facts, status=status)


def _told(row: Enrollment) -> list[tuple[str, object]]:
    told: dict[str, object] = dict(open_provider_data(row.identity)[0])
    told["name"] = f"{told['first_name']} {told['last_name']}"
    told["birth_date"] = date.fromisoformat(str(told["birth_date"]))
    return [(label, told[name]) for name, label in _LABELS.items() if name in told]


def _show_active(row: Enrollment, facts: dict[str, object], status: int) -> HttpResponse:
    certificate = certificate_of(row.identity)
    facts |= {"name": certificate.subject["commonName"], "until": certificate.not_after.date()}
    facts |= {"label": row.label or name_of(row.provider_id)}
    if not row.urlback:
        return page("enrollment.html", facts, status=status)
    facts |= {"urlback": row.urlback, "host": read_target(row.urlback).name, "fields": _urlback_fields(row)}
    return page("enrollment.html", facts, status=status, forms_to=ANYWHERE)


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
