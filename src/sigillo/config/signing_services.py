"""The settings of remote signing services: five for each provider, of which the URL says that there is one."""

from collections.abc import Callable, Mapping
from typing import cast, get_args
from urllib.parse import urlsplit

from sigillo.config.reader import Reader, parse_url
from sigillo.identities.providers.csc.values import Auth, Service, Version
from sigillo.identities.providers.table import PROVIDERS

AUTHS = get_args(Auth)
CSC_PARTS = ("URL", "AUTH", "CLIENT_ID", "CLIENT_SECRET", "TOKEN_URL")
CSC_NAMES = {
    provider: {part: f"SIGILLO_CSC_{provider.upper().replace('-', '_')}_{part}" for part in CSC_PARTS}
    for provider in PROVIDERS
}
"""The settings of each provider's remote signing service."""


def signing_services(reader: Reader, *, production: bool) -> dict[str, Service]:
    """The services whose URL is set; what is set beside a missing URL does nothing, and is named."""
    services: dict[str, Service] = {}
    for provider, names in CSC_NAMES.items():
        if reader.text(names["URL"]):
            services[provider] = _signing_service(reader, provider, names, production=production)
            continue
        for name in names.values():
            if reader.text(name):
                reader.wrong(name, f"it is set and {names['URL']} is not.", f"Set {names['URL']}, or remove it.")
    return services


def _signing_service(reader: Reader, provider: str, names: Mapping[str, str], *, production: bool) -> Service:
    address = _address(secure=production)
    given = {part: reader.text(names[part]) for part in ("CLIENT_ID", "CLIENT_SECRET", "TOKEN_URL")}
    auth = reader.choice(names["AUTH"], AUTHS, "Set it to oauth2client, basic or external.")
    if reader.text(names["AUTH"], auth) == auth:  # else its own fault is enough
        for part, needed in _needed(auth, given).items():
            if needed and not given[part]:
                reader.wrong(names[part], f"it is not set, and {names['AUTH']} is {auth}.", "Set it.")
            if given[part] and not needed:
                reader.wrong(names[part], f"it is set, and {names['AUTH']} is {auth}.", "Remove it.")
    remedy = "Give its address up to the version, in production by https, such as https://sign.example.org/csc/v1."
    url = reader.parsed(names["URL"], "", lambda text: _versioned(address(text)), remedy)
    remedy = "Give the address of its oauth2/token, in production by https."
    return Service(
        provider=provider,
        url=url,
        version=cast(Version, url[-2:]),
        auth=cast(Auth, auth),
        client_id=given["CLIENT_ID"],
        client_secret=given["CLIENT_SECRET"],
        token_url=reader.parsed(names["TOKEN_URL"], "", address, remedy),
    )


def _needed(auth: str, given: Mapping[str, str]) -> dict[str, bool]:
    """Which parts a way of logging in takes; a `basic` login is this installation's own once a part of it is given."""
    own = auth == "oauth2client" or (auth == "basic" and bool(given["CLIENT_ID"] or given["CLIENT_SECRET"]))
    return {"CLIENT_ID": own, "CLIENT_SECRET": own, "TOKEN_URL": auth == "oauth2client"}


def _address(*, secure: bool) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text and secure and urlsplit(text).scheme != "https":
            raise ValueError("passwords would travel to it in the clear.")
        return parse_url(text) if text else ""

    return parse


def _versioned(url: str) -> str:
    if url and not url.endswith(("/v1", "/v2")):
        raise ValueError("it does not end with the version of the API.")
    return url
