"""Why a remote signing service did not give what it was asked for.

    ServiceFault (Unavailable)   it is down, slow, lying or speaks another language
    └── Refusal                  it said no, with a status and perhaps a word; callers who know why say it better
    WrongFactor (Forbidden)      the signer's login, PIN or one-time password is wrong
    Unusable (Invalid)           it works, but what it has for this user is nothing that can sign

Messages name the provider and the cause. What the service wrote itself is not repeated, since it may echo a secret;
only its error word is, where it is one.
"""

from sigillo.base.errors import Forbidden, Invalid, Unavailable


class ServiceFault(Unavailable):
    """The service failed: `reason` is the end of a sentence. Nothing was signed and nothing was stored."""

    def __init__(self, provider: str, reason: str, code: str = "provider_unavailable") -> None:
        super().__init__(
            code,
            f"The signing service of {provider} cannot be used now: {reason}. Try again later, or tell the operator.",
        )
        self.reason = reason


class Refusal(ServiceFault):
    """The service answered with a client error (4xx): `word` is its `error` (10.2), empty where there was none."""

    def __init__(self, provider: str, method: str, status: int, word: str) -> None:
        super().__init__(provider, f"it refused {method} ({word or status})", "provider_refused")
        self.status = status
        self.word = word


class WrongFactor(Forbidden):
    """What the signer presented is wrong; it counts like a wrong password."""


class Unusable(Invalid):
    """There is no credential that could sign; the message says what to do."""
