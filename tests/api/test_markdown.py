"""A description is the caller's; the page that shows it is the signer's."""

import pytest

from sigillo.api.markdown import html_of


def test_markdown_becomes_html() -> None:
    assert html_of("*my-description*") == "<p><em>my-description</em></p>"


def test_links_open_without_a_trace_of_the_page() -> None:
    html = html_of("[terms](https://example.org/terms)")
    assert 'href="https://example.org/terms"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![pixel](https://tracker.example/p.png)",
        "<svg/onload=alert(1)>",
        '<a href="https://x" onclick="alert(1)">x</a>',
        "<style>p{background:url(https://tracker.example)}</style>",
    ],
)
def test_nothing_runs_and_nothing_calls_home(hostile: str) -> None:
    html = html_of(hostile)
    for forbidden in ("<script", "<img", "<svg", "<style", "<iframe", 'href="javascript', 'href="data'):
        assert forbidden not in html
