"""The structs of bodies and answers, looked into: which keys there are, where, and which only answers carry."""

from typing import Any, get_args, get_origin, get_type_hints

from msgspec import Raw, Struct


def structs_of(kind: Any) -> list[type[Struct]]:
    """The structs in a type, wherever they stand in it."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return [kind]
    return [found for argument in get_args(kind) for found in structs_of(argument)] if get_origin(kind) else []


def struct_at(body: type[Struct], place: str) -> type[Struct]:
    """The struct at a place such as `documents.0.groups.0.0`; the empty place is the whole."""
    for name in place.split("."):
        if name and not name.isdigit():
            (body,) = structs_of(get_type_hints(body, include_extras=True)[name])
    return body


def ignored_keys(body: type[Struct]) -> set[str]:
    """What only answers carry: known to the body and never read."""
    return {name for name, kind in get_type_hints(body).items() if kind is Raw}


def lost_keys(answer: type[Struct], body: type[Struct], path: str = "") -> list[str]:
    """The keys of an answer, at any depth, that the body would refuse."""
    answered, read = get_type_hints(answer), get_type_hints(body, include_extras=True)
    lost = [f"{path}{name}" for name in answered if name not in read]
    for name in answered.keys() & read.keys() - ignored_keys(body):
        for shape, part in zip(structs_of(answered[name]), structs_of(read[name]), strict=False):
            lost += lost_keys(shape, part, f"{path}{name}.")
    return lost
