"""The gateways that messages leave by: whether Apprise can use them, and whether there are any. Needs no Django."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from sigillo.config.checks.finding import Finding, missing, weak
from sigillo.config.checks.surroundings import is_local
from sigillo.config.environment import Environment, Problem
from sigillo.flows.gateway import Form, form_of
from sigillo.messages.gateways import IN_CLEAR

_WRONG = {
    Form.UNUSABLE: "Apprise knows no such service, or lacks what it needs.",
    Form.AIMLESS: "Apprise finds no recipient where its {to} stands.",
}
_REMEDY = "Check it against Apprise's page on the service, and put {to} where that page has the recipient."


def wrong_gateways(settings: Environment) -> list[Problem]:
    """Gateways' addresses that Apprise cannot send by; each takes a child process, a third of a second."""
    found = []
    for name, channel, address in _configured(settings):
        form = form_of(address, channel) if address else Form.USABLE
        if form in _WRONG:
            found.append(Problem(name, _WRONG[form], _REMEDY))
    return found


def gateways(settings: Environment) -> Iterator[Finding]:
    """Wrong ones, those that are called in the clear, and in production those that are not there."""
    for problem in wrong_gateways(settings):
        yield missing("wrong_setting", f"{problem.name}: {problem.said}", problem.remedy)
    for name, channel, address in _configured(settings):
        if not address and settings.environment == "production":
            what = {"sms": "text messages", "email": "e-mail"}[channel]
            yield weak(
                f"no_{channel}_gateway",
                f"{name} is not set: this installation cannot send {what}, such as one-time passwords.",
                "Set it to the Apprise address of your gateway; docs/settings.md has examples.",
            )
        parts = urlsplit(address)
        if parts.scheme in IN_CLEAR and not is_local(parts.hostname or ""):
            yield weak(
                "gateway_not_https",
                f"Messages travel in the clear to the gateway of {name}.",
                f"Use {parts.scheme}s:// in its address.",
            )


def _configured(settings: Environment) -> tuple[tuple[str, str, str], ...]:
    return (("SIGILLO_SMS_URL", "sms", settings.sms_url), ("SIGILLO_MAIL_URL", "email", settings.mail_url))
