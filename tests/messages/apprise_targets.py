"""Who gets a message, as Apprise understands an address: asked in a child, the only place where it is loaded."""

import json
import os

from apprise import Apprise

from sigillo.messages.apprise_child import send


def targets(request: bytes) -> bytes:
    """From a list of gateways' addresses to what their services have for targets."""
    services = [Apprise.instantiate(address) for address in json.loads(request)]
    return json.dumps([getattr(service, "targets", None) for service in services]).encode()


def send_at_home(request: bytes) -> bytes:
    """`apprise_child.send` where `{"home"}` is the home of whoever runs us, with all that lies there."""
    asked = json.loads(request)
    os.environ["HOME"] = asked.pop("home")
    return send(json.dumps(asked).encode())
