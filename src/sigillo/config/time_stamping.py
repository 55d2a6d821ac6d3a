"""The settings of time-stamping authorities: an ordered list of addresses, and the roots that theirs must lead to."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from sigillo.base.errors import SigilloError
from sigillo.identities.timestamp_services import TimestampService
from sigillo.outbound.targets import read_target
from sigillo.pki.certificates import from_pem_bundle

MAX_SERVICES = 5
"""Each is given five seconds, and a signature is reserved for sixty."""


def parse_services(text: str) -> tuple[TimestampService, ...]:
    """The addresses in their order, parted by commas or line breaks.

    Raises ValueError, which never repeats an address: it may hold a password.
    """
    addresses = text.replace(",", " ").split()
    if len(addresses) > MAX_SERVICES:
        raise ValueError(f"it names {len(addresses)} authorities, and at most {MAX_SERVICES} are asked.")
    services = tuple(_service(number, address) for number, address in enumerate(addresses, 1))
    if len({service.url for service in services}) < len(services):
        raise ValueError("it names an authority twice.")
    return services


def _service(number: int, address: str) -> TimestampService:
    try:
        parts = urlsplit(address)
        login, _, host = parts.netloc.rpartition("@")
        username, _, password = login.partition(":")
        target = read_target(parts._replace(netloc=host).geturl())
    except SigilloError as error:
        raise ValueError(f"the authority {number} cannot be called: {error}") from None
    except ValueError:  # whose own words may quote the password
        raise ValueError(f"the authority {number} is no address; escape what is special in its password.") from None
    return TimestampService(target.url, unquote(username), unquote(password))


def parse_roots(text: str) -> tuple[bytes, ...]:
    """The certificates (DER) in the file that the setting names; none without a file.

    Raises ValueError where it cannot be read, or holds something else.
    """
    if not text:
        return ()
    try:
        return from_pem_bundle(Path(text).read_text("ascii"))
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"the file {text[:200]} cannot be read as PEM.") from None
