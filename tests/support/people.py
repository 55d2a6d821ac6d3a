"""Three people under one root: what a document meets when one signs after another."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from sigillo.engine.types import Signer
from sigillo.pki.authority import Issuer, create_issuing, create_root, issue_signer, random_serial
from sigillo.pki.keys import LocalKey, generate_p256, generate_rsa, load_key
from sigillo.pki.names import Subject

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2034, 1, 1, tzinfo=UTC)
SIGNED_AT = datetime(2026, 5, 5, 9, 30, tzinfo=UTC)
NAME = "Łukasz 王 Ιωάννης العربية"
URL = "http://127.0.0.1/pki/issuing"


@dataclass(frozen=True)
class People:
    """`root` is DER, `issuing` the authority under it; `rsa` has an RSA-2048 key, the others P-256."""

    root: bytes
    issuing: Issuer
    rsa: Signer
    ec: Signer
    third: Signer


@cache
def people() -> People:
    """The same people for a whole test process: keys are made once."""
    root = create_root(Subject("Sigillo Test Root"), load_key(generate_p256()), not_before=BEGIN, years=9)
    issuing = create_issuing(
        Subject("Sigillo Test Issuing"),
        load_key(generate_p256()),
        root,
        serial=random_serial(),
        not_before=BEGIN,
        not_after=END,
        crl_url=f"{URL}.crl",
        issuer_url=f"{URL}.crt",
    )

    def person(name: str, key: LocalKey) -> Signer:
        return Signer(_issue(name, key, issuing), (issuing.certificate, root.certificate), key)

    return People(
        root.certificate,
        issuing,
        person(NAME, load_key(generate_rsa(2048))),
        person("Second signer", load_key(generate_p256())),
        person("Third signer", load_key(generate_p256())),
    )


def _issue(name: str, key: LocalKey, issuing: Issuer) -> bytes:
    return issue_signer(
        Subject(name),
        key.public_key_der,
        issuing,
        serial=random_serial(),
        not_before=BEGIN,
        not_after=END,
        crl_url=f"{URL}.crl",
        issuer_url=f"{URL}.crt",
    )
