"""Two organizations and their people: every test has somebody inside, somebody in another house, and an outsider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import transaction

from sigillo.credentials.resolve import resolve
from sigillo.flows.create_token import NewToken, store_token
from sigillo.identities import authority
from sigillo.identities.models import Authority, IssuedCertificate
from sigillo.organizations.models import Organization, User
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in


@dataclass(frozen=True)
class Actor:
    """A user with a token."""

    user: User
    token: str

    @property
    def header(self) -> str:
        return f"Token {self.token}"

    @property
    def principal(self) -> Principal:
        return resolve(self.header)


@dataclass(frozen=True)
class House:
    """An organization with one actor of each role; `only` has a handle that no other house knows."""

    organization: Organization
    owner: Actor
    rao: Actor
    user: Actor
    automatic: Actor
    disabled: Actor
    only: Actor


@cache
def _authorities() -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """The root and the issuing authority with their register, made once for the whole test process.

    Keys of RSA take long to find; the rows are the very ones that the installation makes, and every test gets copies.
    """
    with transaction.atomic():
        authority.create_root()
        authority.issuing()
        authorities, register = list(Authority.objects.values()), list(IssuedCertificate.objects.values())
        transaction.set_rollback(True)
    return authorities, register


def make_root() -> None:
    """The authorities, as `sigillo init` and the first certificate leave them."""
    if not Authority.objects.exists():
        authorities, register = _authorities()
        Authority.objects.bulk_create(Authority(**row) for row in authorities)
        IssuedCertificate.objects.bulk_create(IssuedCertificate(**row) for row in register)


@transaction.atomic
def make_house(slug: str) -> House:
    """An organization with an owner, a RAO, a plain user, an automatic one, a disabled one and one all its own."""
    organization = Organization.objects.create(slug=slug, name=f"{slug.title()} S.p.A.")

    def actor(handle: str, **flags: bool) -> Actor:
        count_in(organization.id, Counted.USERS)
        user = User.objects.create(
            organization=organization,
            handle=handle,
            first_name=handle.title(),
            last_name="Ιωάννης",
            email=f"{handle}@{slug}.example",
            **flags,
        )
        return Actor(user=user, token=store_token(user, NewToken(), created_by="system").value)

    disabled = actor("gone", owner=True)
    User.objects.filter(id=disabled.user.id).update(status=User.Status.DISABLED)
    return House(
        organization=organization,
        owner=actor("jdo", owner=True, rao=True),
        rao=actor("rita", rao=True),
        user=actor("ugo"),
        automatic=actor("robot", automatic=True),
        disabled=disabled,
        only=actor(f"only-{slug}", automatic=True),
    )
