"""What is answered when a signature was made."""

from msgspec import Struct


class PerformedShape(Struct):
    """The echo of the request, without its secret."""

    password: str
