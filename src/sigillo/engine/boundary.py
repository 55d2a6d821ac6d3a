"""The one place where faults in a file become refusals; nothing that a file can provoke passes it raw."""

from collections.abc import Iterator
from contextlib import contextmanager

from sigillo.engine.errors import Protected, Unreadable
from sigillo.engine.pdf.malformed import Malformed, PasswordNeeded

PROVOKED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What Python raises when code meets a value it did not expect: inside, all values are the file's."""

REMEDY = "Save or print it as a PDF anew, and send that."


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever a malformed file makes of our reading into `Unreadable` or `Protected`.

    Keys are never used inside: a failing key is no fault of the document.
    """
    try:
        yield
    except PasswordNeeded as error:
        raise Protected(
            "password_needed",
            "The document opens only with a password; remove the password and send it again.",
        ) from error
    except Malformed as error:
        raise Unreadable(error.code, f"{error.message} {REMEDY}") from error
    except PROVOKED as error:
        raise Unreadable("malformed", f"The file is damaged in a way that cannot be mended. {REMEDY}") from error
