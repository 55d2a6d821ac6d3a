"""One thing that a check found, with its remedy."""

from dataclasses import dataclass
from enum import Enum


class Gravity(Enum):
    """How much it matters."""

    MISSING = "missing"
    """Sigillo cannot serve, or must not be relied on, until it is mended."""
    WEAK = "weak"
    """It works, but something is less safe or less sure than it should be."""
    NOTE = "note"
    """Worth knowing; nothing need be done."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`id` is stable, for programs; `said` and `remedy` are sentences for people."""

    id: str
    gravity: Gravity
    said: str
    remedy: str


def missing(name: str, said: str, remedy: str) -> Finding:
    """A finding that keeps the installation from serving."""
    return Finding(name, Gravity.MISSING, said, remedy)


def weak(name: str, said: str, remedy: str) -> Finding:
    """A finding that makes the installation less than it should be."""
    return Finding(name, Gravity.WEAK, said, remedy)


def note(name: str, said: str, remedy: str) -> Finding:
    """A finding that asks for nothing."""
    return Finding(name, Gravity.NOTE, said, remedy)
