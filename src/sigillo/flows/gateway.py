"""The operator's gateways for messages, called from a limited child that ends in time and tells no secret.

Needs no Django, so that the doctor can ask before there is an installation.
"""

import json
from enum import Enum

from sigillo.documents.limited import IntakeLimits, Outcome, run_limited

SEND_SECONDS = 20.0
"""Less than any job may take where SIGILLO_JOB_RETRY_SECONDS is left as it is."""
_CHILD = "sigillo.messages.apprise_child"
_RECIPIENTS = {
    "sms": ("+393331234567", "+14155552671"),
    "email": ("one@example.org", "two@example.org"),
}


class Sending(Enum):
    """What came of handing a message to a gateway. The values are for the journal and the log."""

    SENT = "sent"
    REFUSED = "gateway_refused"
    UNUSABLE = "gateway_unusable"
    SLOW = "gateway_slow"
    BROKEN = "gateway_broken"


class Form(Enum):
    """What a gateway's address is worth."""

    USABLE = "usable"
    UNUSABLE = "unusable"
    AIMLESS = "aimless"


def send(gateway: str, to: str, subject: str, text: str, *, seconds: float = SEND_SECONDS) -> Sending:
    """Hand one message to the gateway, an Apprise address with its place for the recipient; never raises for it.

    What took too long, or was broken off, may have been sent all the same.
    """
    request = {"gateway": gateway, "to": to, "subject": subject, "text": text}
    finished = run_limited(f"{_CHILD}:send", json.dumps(request).encode(), IntakeLimits(wall_seconds=seconds))
    if finished.outcome is Outcome.TIME:
        return Sending.SLOW
    answers = {b"sent": Sending.SENT, b"refused": Sending.REFUSED, b"unusable": Sending.UNUSABLE}
    return answers.get(finished.answer, Sending.BROKEN)


def form_of(gateway: str, channel: str) -> Form:
    """Whether Apprise knows the service and takes the recipient where the place for it is; nothing is sent."""
    request = {"gateway": gateway, "recipients": _RECIPIENTS[channel]}
    finished = run_limited(f"{_CHILD}:look", json.dumps(request).encode(), IntakeLimits(wall_seconds=SEND_SECONDS))
    answers = {form.value.encode(): form for form in Form}
    return answers.get(finished.answer, Form.UNUSABLE)
