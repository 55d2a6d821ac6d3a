"""POST webhooks/test of a token."""

from sigillo.api.bodies.fields import Body, Text40


class TryBody(Body):
    """Which message is to be sent; null leaves the choice to us."""

    message: Text40 | None = None
