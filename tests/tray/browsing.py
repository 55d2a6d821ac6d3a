"""A browser without a script: it opens pages, reads their forms, and sends them as they stand."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client


@dataclass
class Form:
    """A form: where it leads, and its named fields and buttons with their values."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """What came back, and what a reader of it sees."""

    status: int
    headers: dict[str, str]
    source: str
    text: str = ""
    title: str = ""
    heading: str = ""
    alert: str = ""
    forms: list[Form] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        self.page.elements.append((tag, facts))
        if tag == "form":
            self.page.forms.append(Form(facts.get("method", "get"), facts.get("action", "")))
        if tag in ("input", "button") and "name" in facts:
            self.page.forms[-1].fields[facts["name"]] = facts.get("value", "")
        if tag not in ("meta", "link", "input"):
            self.open.append((tag, facts))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, self.page.source  # every element is closed where it should be

    def handle_data(self, data: str) -> None:
        inside = {tag for tag, _ in self.open}
        self.page.title += data if "title" in inside else ""
        self.page.heading += data if "h1" in inside else ""
        self.page.alert += data if any(facts.get("role") == "alert" for _, facts in self.open) else ""
        self.page.text += data if "body" in inside else ""


def visit(path: str) -> Page:
    return _read(Client().get(path))


def submit(path: str, **fields: str) -> Page:
    """Send a form to the page; where the answer leads to is opened."""
    response = Client().post(path, "&".join(f"{name}={value}" for name, value in fields.items()), content_type=FORM)
    if response.status_code == 303:
        return visit(f"{path.rpartition('/')[0]}/{response['Location']}")
    return _read(response)


FORM = "application/x-www-form-urlencoded"


def _read(response: Any) -> Page:
    source = response.content.decode()
    page = Page(response.status_code, dict(response.headers), source)
    assert page.headers["Content-Type"].startswith("text/html")
    _Reader(page).feed(source)
    page.text = " ".join(page.text.split())
    return page
