"""Why the engine would not sign: one class per answer that the contract has for it.

EngineError
└── Refusal             this file, or this request on this file, is not signed
    ├── Protected       needs a password to open              (PROTECTED_DOCUMENT)
    ├── Unreadable      is not a PDF that can be signed       (INVALID_DOCUMENT)
    ├── Unplaceable     the place of the signature does not exist on it (INVALID_DOCUMENT)
    └── Locked          an earlier signature forbids another  (INVALID_DOCUMENT)
OutOfRoom               a time-stamp is larger than what was reserved; the same call may succeed later
FileChanged             the file became another one while it was read; the same call may succeed later
"""

from sigillo.base.errors import Invalid, Unavailable


class EngineError(Invalid):
    """Anything the engine refuses, with a precise code beside the sentence."""


class Refusal(EngineError):
    """The document is left exactly as it was."""


class Protected(Refusal):
    """The document opens only with a password."""


class Unreadable(Refusal):
    """The document is no PDF, or one beyond repair."""


class Unplaceable(Refusal):
    """The page or rectangle for the signature does not exist on this document."""


class Locked(Refusal):
    """A signature already in the document forbids further ones."""


class OutOfRoom(Unavailable):
    """A time-stamp is larger than its source said that it would be; nothing was made of it."""


class FileChanged(Unavailable):
    """The file was not the same when it was read again: what was signed is not written."""

    def __init__(self) -> None:
        super().__init__("file_changed", "The document changed while it was signed, so nothing was signed; try again.")
