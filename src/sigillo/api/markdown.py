"""A caller's Markdown as HTML that may stand in somebody else's page."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

# CommonMark without raw HTML; what is left is cleaned once more by allow-list. No images: they would call home.
_TAGS = {"p", "br", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "a", "h1", "h2", "h3", "h4", "hr"}


@lru_cache(maxsize=1024)
def html_of(markdown: str) -> str:
    """Sanitised HTML of CommonMark; links keep only http, https and mailto, and carry no referrer."""
    rendered = MarkdownIt("commonmark", {"html": False}).render(markdown)
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    ).strip()
