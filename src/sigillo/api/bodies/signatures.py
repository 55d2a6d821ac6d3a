"""POST a signature's perform."""

from typing import Annotated

from msgspec import Meta

from sigillo.api.bodies.fields import Body


class PerformBody(Body):
    """The password of an automatic signer, as its wallet was told."""

    password: Annotated[str, Meta(max_length=1000)]
