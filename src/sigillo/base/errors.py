"""The one family of errors that Sigillo raises on purpose.

    SigilloError
    ├── Invalid            a value is malformed, forbidden or does not fit
    ├── Unauthenticated    no credential, or one that is not valid
    ├── Forbidden          a valid credential without the right
    ├── NotFound           not there, or not the caller's: the answer is the same
    ├── Conflict           the thing is not in a state that allows this
    ├── TooLarge           more bytes than this place accepts
    ├── UnsupportedMedia   a body in a format that this place does not read
    └── Unavailable        something outside failed; the same call may succeed later

The wire knows nothing of these names: `sigillo.api.problems` maps each kind to its status, once.
"""

from enum import Enum


class Kind(Enum):
    """What a caller can do about an error, which is all that decides its status."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    UNAVAILABLE = "unavailable"


class SigilloError(Exception):
    """An error that is meant to be read: `code` for programs, `message` a sentence for people."""

    kind: Kind

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Invalid(SigilloError):
    """A value is malformed, forbidden or does not fit; the message names it."""

    kind = Kind.INVALID


class Unauthenticated(SigilloError):
    """No credential was presented, or it is unknown, expired or disabled."""

    kind = Kind.UNAUTHENTICATED


class Forbidden(SigilloError):
    """The credential is valid but does not carry this right."""

    kind = Kind.FORBIDDEN


class NotFound(SigilloError):
    """The object does not exist for this caller."""

    kind = Kind.NOT_FOUND


class Conflict(SigilloError):
    """The object is in a state that does not allow this."""

    kind = Kind.CONFLICT


class TooLarge(SigilloError):
    """More bytes arrived than this place accepts."""

    kind = Kind.TOO_LARGE


class UnsupportedMedia(SigilloError):
    """The body is in a format that this place does not read."""

    kind = Kind.UNSUPPORTED_MEDIA


class Unavailable(SigilloError):
    """Something outside failed; the same call may succeed later."""

    kind = Kind.UNAVAILABLE
