"""The page where a person activates an identity: each state that it can be in, and nothing for who should see none."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sigillo.flows.enroll import NewEnrollment, enroll
from sigillo.flows.enrollments import approve, delete_enrollment, refuse
from sigillo.flows.identities import delete_identity
from sigillo.identities.models import Enrollment, Identity
from sigillo.journal.models import Event, Fact
from sigillo.messages.models import Message
from sigillo.organizations.models import Organization, User
from tests.flows.stories import TOLD, enrolled, request_identity
from tests.support.codes import a_minute_later, newest_code, wrong_code
from tests.support.world import House
from tests.tray.browsing import FORM, Page, submit, visit

URLBACK = "https://caller.example:8443/home?from=sigillo#done"


def _path(row: Enrollment) -> str:
    return f"/{row.ticket}/enroll"


def _request(house: House, provider_id: str = "sms", urlback: str = URLBACK, **told: str) -> Enrollment:
    new = NewEnrollment("ugo", provider_id, label="mine & <b>", provider_data=TOLD | told, urlback=urlback)
    return enroll(house.rao.principal, new)


def _assert_dead_end(page: Page, status: int = 404) -> None:
    assert (page.status, page.heading, page.forms) == (status, "This link leads nowhere", [])
    assert "Acme" not in page.source


def test_a_request_that_waits_for_its_code(acme: House) -> None:
    page = visit(_path(_request(acme, fiscal_code="rssmra80a01h501u")))
    assert (page.status, page.heading) == (200, "Activate your signature")
    assert page.title == "Activate your signature – Acme S.p.A."
    for shown in ("John Doe", "1 January 1990", "Italy", "jdo@example.com", "RSSMRA80A01H501U", "+39", "890"):
        assert shown in page.text
    assert "+391234567890" not in page.source  # of the telephone, its ends
    code, resend = page.forms
    assert (code.method, code.action, list(code.fields)) == ("post", "enroll", ["otp"])
    assert (resend.method, resend.action, resend.fields) == ("post", "enroll", {"resend": "yes"})
    facts = next(facts for tag, facts in page.elements if tag == "input")
    assert (facts["autocomplete"], facts["inputmode"], facts["id"]) == ("one-time-code", "numeric", "otp")
    assert ("label", {"for": "otp"}) in page.elements


def test_looking_changes_nothing(acme: House) -> None:
    row = _request(acme)
    before = (Event.objects.count(), Message.objects.count(), Enrollment.objects.get().status)
    for _ in range(2):
        visit(_path(row))
        assert Client().head(_path(row)).status_code == 200
    assert (Event.objects.count(), Message.objects.count(), Enrollment.objects.get().status) == before


def test_the_right_code_activates_and_leads_on(acme: House) -> None:
    row = _request(acme)
    code = newest_code(acme.user.user)
    page = submit(_path(row), otp=f"{code[:3]}+{code[3:]}")  # a plus is a blank, as people write between digits
    identity = Identity.objects.get(id=row.identity_id)
    assert (page.status, page.heading, identity.status) == (200, "Your signature is active", "active")
    (form,) = page.forms
    assert (form.method, form.action) == ("post", URLBACK)
    assert form.fields == {
        "user": "ugo",
        "identity-provider": "sms",
        "identity-request-id": str(row.id),
        "identity-id": str(identity.id),
        "identity-label": "mine & <b>",
        "identity-certificate": identity.certificate_pem,
    }
    assert "Go on to caller.example:8443" in page.text
    assert "mine & <b>" in page.text
    assert not any(told in page.source for told in ("1990", "jdo@example.com", "+39"))  # it is needed no more
    assert Event.objects.get(kind="enrollment.activated").actor == f"user:{acme.user.user.id}"
    assert Fact.objects.get().data == {"status": "active", "request": str(row.id), "user": "ugo"}


def test_the_browser_is_sent_to_read_the_page_anew(acme: House) -> None:
    row = _request(acme)
    response = Client().post(_path(row), f"otp={newest_code(acme.user.user)}", content_type=FORM)
    assert (response.status_code, response["Location"], response.content) == (303, "enroll", b"")
    assert response["Referrer-Policy"] == "no-referrer"
    again = Client().post(_path(row), "otp=123456", content_type=FORM)  # the button was pressed twice
    assert (again.status_code, again["Location"]) == (303, "enroll")
    assert Fact.objects.count() == 1


def test_without_an_urlback_there_is_nowhere_to_go(acme: House) -> None:
    row = _request(acme, "st-approval", urlback="")
    approve(acme.rao.principal, row.id)
    page = visit(_path(row))
    assert (page.heading, page.forms) == ("Your signature is active", [])


def test_a_wrong_code_says_so_beside_the_field(acme: House) -> None:
    row = _request(acme)
    page = submit(_path(row), otp=wrong_code(newest_code(acme.user.user)))
    assert (page.status, page.heading, page.title[:8]) == (403, "Activate your signature", "Not yet:")
    assert page.alert
    facts = next(facts for tag, facts in page.elements if tag == "input")
    assert (facts["aria-invalid"], facts["aria-describedby"]) == ("true", "wrong")
    assert ("p", {"class": "wrong", "id": "wrong", "role": "alert"}) in page.elements
    assert Enrollment.objects.get().status == "pending"
    assert submit(_path(row), otp=newest_code(acme.user.user)).heading == "Your signature is active"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM),
        (b"otp=", FORM),
        (b"otp=++", FORM),
        (b"code=123456", FORM),
        (b"&".join([b"otp=1"] * 99), FORM),
        (b'{"otp": "123456"}', "application/json"),
        (b"--x\r\nnot a part", "multipart/form-data; boundary=x"),
        (b"otp=1", "multipart/form-data"),
    ],
)
def test_a_form_without_a_code_costs_no_try(acme: House, body: bytes, kind: str) -> None:
    row = _request(acme)
    response = Client().post(_path(row), body, content_type=kind)
    assert response.status_code == 400
    assert b"Write the code" in response.content
    assert not Event.objects.filter(kind="identity.intent").exists()
    assert submit(_path(row), otp=newest_code(acme.user.user)).heading == "Your signature is active"


def test_another_code_is_sent(acme: House) -> None:
    row = _request(acme)
    with a_minute_later():
        response = Client().post(_path(row), "resend=yes", content_type=FORM)
        assert (response.status_code, response["Location"]) == (303, "enroll?sent=yes")
        assert Message.objects.count() == 2
        page = visit(f"{_path(row)}?sent=yes")
        assert "Another code is on its way" in page.text
        assert Message.objects.count() == 2
        assert submit(_path(row), otp=newest_code(acme.user.user)).heading == "Your signature is active"


def test_a_request_that_waits_for_approval(acme: House) -> None:
    row = _request(acme, "st-approval")
    page = visit(_path(row))
    assert (page.status, page.heading, page.forms) == (200, "Your signature awaits approval", [])
    assert "John Doe" in page.text
    for fields in ({"otp": "123456"}, {"resend": "yes"}):
        refused = submit(_path(row), **fields)
        assert (refused.status, "approval of a RAO" in refused.alert) == (400, True)
    assert not Message.objects.exists()
    approve(acme.rao.principal, row.id)
    assert visit(_path(row)).heading == "Your signature is active"


def test_a_refused_request(acme: House) -> None:
    row = _request(acme)
    code = newest_code(acme.user.user)
    refuse(acme.rao.principal, row.id)
    for page in (visit(_path(row)), submit(_path(row), otp=code)):
        assert (page.status, page.heading, page.forms) == (200, "The request was refused", [])
        assert "John" not in page.text
    assert Enrollment.objects.get().status == "error"


def test_links_that_lead_nowhere_any_more(acme: House, bravo: House) -> None:
    deleted, orphaned, disabled = _request(acme), enrolled(acme).enrollment, request_identity(acme, acme.rao)
    delete_enrollment(acme.rao.principal, deleted.id)
    delete_identity(acme.rao.principal, orphaned.identity_id)
    User.objects.filter(id=acme.rao.user.id).update(status="disabled")
    before = Event.objects.count()
    for row in (deleted, orphaned, disabled):
        _assert_dead_end(visit(_path(row)))
        _assert_dead_end(submit(_path(row), otp="123456"))
        _assert_dead_end(submit(_path(row), resend="yes"))
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "ticket",
    ["092ee233-cf58-4c90-8aa5-d06750c67d39", "nonsense", "668bebfd-125f-4b57-8c9e-fb8b3e1c16a", "a%00b", "%7Bx%7D"],
)
def test_unknown_links(acme: House, ticket: str) -> None:
    _assert_dead_end(visit(f"/{ticket}/enroll"))
    _assert_dead_end(submit(f"/{ticket}/enroll", otp="123456"))


@pytest.mark.parametrize("name", ["id", "identity_id", "organization_id", "user_id"])
def test_nothing_but_its_ticket_opens_a_request(acme: House, name: str) -> None:
    _assert_dead_end(visit(f"/{getattr(_request(acme), name)}/enroll"))


def test_other_methods(acme: House) -> None:
    path = _path(_request(acme))
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        response = Client().generic(method, path)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")
    assert Enrollment.objects.get().status == "pending"


def test_no_page_lets_anything_in_or_tells_where_it_was(acme: House) -> None:
    active = enrolled(acme).enrollment
    Enrollment.objects.filter(id=active.id).update(urlback=URLBACK)
    for path, forms in (
        (_path(_request(acme)), "'self'"),
        (_path(active), "https: http:"),
        (f"/{uuid4()}/enroll", "'self'"),
    ):
        headers: dict[str, Any] = visit(path).headers
        assert headers["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action {forms}"
        )
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_pages_work_without_scripts_and_other_hosts(acme: House) -> None:
    for row in (_request(acme), enrolled(acme).enrollment):
        page = visit(_path(row))
        assert ("html", {"lang": "en", "dir": "ltr"}) in page.elements
        assert [facts["href"] for tag, facts in page.elements if tag == "link"] == ["/assets/pages.css"]
        assert not any(tag in ("script", "img", "iframe", "style") for tag, _ in page.elements)
        assert not any(name.startswith("on") or name == "style" for _, facts in page.elements for name in facts)
        assert [tag for tag, _ in page.elements].count("h1") == 1
    style = Client().get("/assets/pages.css")
    assert (style.status_code, style["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert b"min-block-size: 3.25rem" in style.content


def test_what_people_are_called_is_text_and_nothing_else(acme: House) -> None:
    Organization.objects.filter(id=acme.organization.id).update(name='<script>alert("a")</script>')
    row = _request(acme, first_name="<img src=x onerror=alert(1)>", last_name="' \"</dd>{{ row }}{% now %}")
    page = visit(_path(row))
    assert "<img src=x onerror=alert(1)> ' \"</dd>{{ row }}{% now %}" in page.text
    assert not any(tag in ("script", "img") for tag, _ in page.elements)


def test_the_log_does_not_open_the_page(acme: House, caplog: pytest.LogCaptureFixture) -> None:
    row = _request(acme)
    code = newest_code(acme.user.user)
    with caplog.at_level("DEBUG"):
        visit(_path(row))
        submit(_path(row), otp=code)
    lines = [record.__dict__ for record in caplog.records if record.name == "sigillo.request"]
    assert [line["path"] for line in lines] == ["/********/enroll"] * 3
    written = caplog.text + str(lines)
    assert not any(secret in written for secret in (str(row.ticket), code, "John", "1234567890"))
