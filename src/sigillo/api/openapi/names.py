"""What an operation is called. Generated clients name functions so: a name changes only where a view or a path does."""

import re
from collections.abc import Callable
from sys import modules
from typing import Any

from sigillo.api.v1.door import Route

_PART = re.compile(r"<(?:\w+:)?(\w+)>")


def path_of(route: Route) -> str:
    """The path as OpenAPI writes it."""
    return "/" + _PART.sub(r"{\1}", route.address)


def parts_of(route: Route) -> list[str]:
    """The names of what stands in the path, in order."""
    return _PART.findall(route.address)


def operation_id(route: Route) -> str:
    """The verb is the first word of the view's name, the noun what the path leads through: `listUserTokens`.

    A word of the path that is the verb itself is not said twice: POST signatures/…/perform is `performSignature`.
    """
    many = route.filters is not None
    verb = "list" if many else route.view.__name__.split("_")[0]
    nouns: list[list[str]] = []
    acted = False
    for segment in route.path.split("/"):
        part = _PART.fullmatch(segment)
        if part is None:
            words = [word for word in segment.split("-") if word != verb]
            acted = not words
            nouns.append(words)
        elif acted:  # what the verb is done with
            nouns.append([part[1]])
    named = [_singular(words) for words in nouns[:-1]] + [nouns[-1] if many else _singular(nouns[-1])]
    name = "".join(word.capitalize() for words in named for word in words)
    return verb + name


def tag_of(view: Callable[..., Any]) -> str:
    """The resource, which is the module of the view: `Signature transactions`."""
    return view.__module__.rpartition(".")[2].replace("_", " ").capitalize()


def tag_description(view: Callable[..., Any]) -> str:
    """What the resource is, in the words of the module's docstring."""
    return paragraph(modules[view.__module__].__doc__ or "")


def summary_of(view: Callable[..., Any]) -> str:
    """What the view does: the first clause of its docstring."""
    return _sentences(view)[0]


def details_of(view: Callable[..., Any]) -> str:
    """What the docstring says after its first clause; often nothing."""
    return _sentences(view)[1]


def paragraph(text: str) -> str:
    """A docstring's text as lines without breaks, one a paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _sentences(view: Callable[..., Any]) -> tuple[str, str]:
    first, _, rest = paragraph(view.__doc__ or view.__name__).partition("\n\n")
    clause, *more = re.split("[:;] ", first, maxsplit=1)
    details = [f"{text[0].upper()}{text[1:]}" for text in more]
    return clause.removesuffix("."), "\n\n".join(filter(None, [*details, rest]))


def _singular(words: list[str]) -> list[str]:
    if not words:
        return []
    *before, last = words
    last = f"{last[:-3]}y" if last.endswith("ies") else last.removesuffix("s")
    return [*before, last]
