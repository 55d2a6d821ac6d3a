"""What is served of the description, to everybody who asks."""

import json
import re
from html.parser import HTMLParser

import pytest
import yaml
from django.template.loader import render_to_string

from sigillo.api.openapi.document import document
from sigillo.api.openapi.page import page_of
from sigillo.installation import public_url
from tests.api.calling import Answer, assert_refused, get, post, send

ADDRESSES = ("/api/docs", "/api/docs.css", "/api/openapi.yaml", "/api/openapi.json")
VOID = {"link", "meta", "br", "hr"}


class Reader(HTMLParser):
    """What a browser would find: every element with its attributes, and whether each that opens is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, attribute: str, *tags: str) -> list[str]:
        return [
            str(found[attribute]) for tag, found in self.elements if attribute in found and (not tags or tag in tags)
        ]


@pytest.fixture(scope="module")
def page() -> Answer:
    return get(None, "/api/docs")


def test_document_is_served_with_the_address_of_the_installation() -> None:
    told = document(public_url())
    as_yaml, as_json = get(None, "/api/openapi.yaml"), get(None, "/api/openapi.json")
    assert (as_yaml.status, as_yaml.headers["Content-Type"]) == (200, "application/yaml")
    assert (as_json.status, as_json.headers["Content-Type"]) == (200, "application/json")
    assert yaml.safe_load(as_yaml.content) == json.loads(as_json.content) == told


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_may_be_run_or_loaded_from_elsewhere(address: str) -> None:
    answer = get(None, address)
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert set(policy) == {"default-src", "style-src", "base-uri", "form-action", "frame-ancestors"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("public, max-age=")


@pytest.mark.parametrize("address", ADDRESSES)
def test_head_is_answered_and_everything_else_refused(address: str) -> None:
    head = send(None, "HEAD", address)
    assert (head.status, head.content) == (200, b"")
    assert_refused(post(None, address, {}), 405, "method_not_allowed", "GET, HEAD")


def test_page_has_every_operation_and_every_link_leads_somewhere(page: Answer) -> None:
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    reader = Reader(page.content.decode())
    assert reader.open == []
    ids = reader.values("id")
    assert len(set(ids)) == len(ids)
    operations = [each for methods in document(public_url())["paths"].values() for each in methods.values()]
    assert {operation["operationId"] for operation in operations} <= set(ids)
    links = reader.values("href", "a")
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert {link for link in links if not link.startswith("#")} == {"openapi.yaml", "openapi.json"}
    assert set(reader.values("aria-labelledby")) <= set(ids)


def test_page_needs_no_script_and_no_style_of_its_own(page: Answer) -> None:
    reader = Reader(page.content.decode())
    assert not {tag for tag, _ in reader.elements} & {"script", "style", "img", "iframe", "form", "object", "base"}
    assert not [name for _, found in reader.elements for name in found if name == "style" or name.startswith("on")]
    (style,) = reader.values("href", "link")
    assert re.fullmatch(r"docs\.css\?v=[0-9a-f]{12}", style)
    sheet = get(None, f"/api/{style}")
    assert (sheet.status, sheet.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert b"url(" not in sheet.content
    assert b"@import" not in sheet.content


def test_page_shows_calls_answers_errors_and_filters(page: Answer) -> None:
    html = page.content.decode()
    assert f"curl {public_url()}/api/v1/acme/users" in html
    assert "Authorization: Token $TOKEN" in html
    assert "documents[].groups[][].signer" in html
    assert "user_exists" in html
    assert "<code>where_created</code></th><td>date and time</td>" in html
    assert "<code>where_automatic</code></th><td>true or false</td>" in html
    assert "__istartswith" in html
    assert "<strong>Who may:</strong> owners." in html


def test_what_the_code_says_is_text_and_not_markup() -> None:
    """A docstring or an example with markup in it is shown as it stands."""
    told = document("https://a.example/<script>alert(1)</script>")
    operation = told["paths"]["/{organization}/users"]["post"]
    operation["summary"] = operation["description"] = "<img src=x onerror=alert(2)> `<b>`"
    operation["x-codeSamples"] = [{"lang": "Shell", "source": "curl '<script>alert(3)</script>'"}]
    reader = Reader(render_to_string("docs/page.html", {"page": page_of(told), "style": '"><script>'}))
    assert not {tag for tag, _ in reader.elements} & {"script", "img", "b"}
