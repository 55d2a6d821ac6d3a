"""POST a signature's perform and decline, and a transaction's cancel."""

from typing import Annotated

from msgspec import Meta

from sigillo.api.bodies.fields import Body, Text1000


class PerformBody(Body):
    """The password of an automatic signer, as its wallet was told."""

    password: Annotated[str, Meta(max_length=1000)]


class ReasonBody(Body):
    """Why, in the caller's own words."""

    reason: Text1000 | None = None
