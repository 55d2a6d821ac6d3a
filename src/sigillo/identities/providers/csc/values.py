"""A remote signing service as the operator configured it. Clauses are those of the CSC API v2.0.0.2."""

from dataclasses import dataclass, field
from typing import Literal

Version = Literal["v1", "v2"]
Auth = Literal["oauth2client", "basic", "external"]


@dataclass(frozen=True, slots=True)
class Service:
    """One service, for one provider of the contract.

    `url` is its base address up to and including the version, without a slash at its end. `auth` is how it lets us in
    (the words of `authType`, 11.1): as an OAuth 2.0 client; by a login, which is the application's where there is a
    `client_id` and the user's own where there is none; or by means outside of HTTP, such as a private network.
    `seconds` is the time that all calls of one operation have together.
    """

    provider: str
    url: str
    version: Version
    auth: Auth
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    token_url: str = ""
    seconds: float = 20.0

    @property
    def knows_user(self) -> bool:
        """Whether the login is the user's own, so that it proves who asks ("user-specific", 11.4)."""
        return self.auth == "basic" and not self.client_id
