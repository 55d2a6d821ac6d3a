"""What the limited child does with a message: it hands it to Apprise, which no other process of ours loads.

The child has nothing of our environment, so no proxy and no key is in its reach. What Apprise has to say may hold the
gateway's address, so it goes nowhere: the answer is one word.
"""

import json
import os

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, PersistentStoreMode

from sigillo.messages.gateways import addressed


def send(request: bytes) -> bytes:
    """From `{"gateway", "to", "subject", "text"}` to `sent`, `refused`, or `unusable` where Apprise has no such."""
    os.environ["NETRC"] = os.devnull  # else a file in the home of whoever runs us would add its passwords
    asked, asset = json.loads(request), _asset()
    service = _open(asked["gateway"], asked["to"], asset)
    if service is None:
        return b"unusable"
    post = Apprise(asset=asset)
    post.add(service)
    return b"sent" if post.notify(asked["text"], asked["subject"], body_format=NotifyFormat.TEXT) else b"refused"


def look(request: bytes) -> bytes:
    """From `{"gateway", "recipients"}` to `usable`, `unusable`, or `aimless` where all recipients come to the same."""
    asked = json.loads(request)
    services = [_open(asked["gateway"], to, _asset()) for to in asked["recipients"]]
    addresses = {_address(service) for service in services if service}
    if None in services:
        return b"unusable"
    return b"usable" if len(addresses) == len(services) else b"aimless"


def _asset() -> AppriseAsset:
    """Apprise's own settings: nothing on disk, no threads, no redirects, the text as it is."""
    return AppriseAsset(
        app_id="Sigillo",
        async_mode=False,
        http_redirects=False,
        interpret_emojis=False,
        interpret_escapes=False,
        image_path_mask=False,
        storage_mode=PersistentStoreMode.MEMORY,
        service_timeout=0,  # its clock needs a thread; ours ends the process
    )


def _open(gateway: str, to: str, asset: AppriseAsset) -> NotifyBase | None:
    return Apprise.instantiate(addressed(gateway, to), asset=asset)


def _address(service: NotifyBase) -> str:
    return str(service.url())  # type: ignore[no-untyped-call]
