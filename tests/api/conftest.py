"""What the door needs around it that flows need too."""

from tests.flows.conftest import loopback_open

__all__ = ["loopback_open"]
