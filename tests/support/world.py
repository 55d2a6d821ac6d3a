"""Two organizations and their people: every test has somebody inside, somebody in another house, and an outsider."""

from dataclasses import dataclass
from functools import cache

from django.db import transaction

from sigillo.credentials.resolve import resolve
from sigillo.flows.create_token import NewToken, store_token
from sigillo.identities.authority import create_root
from sigillo.identities.models import Authority
from sigillo.organizations.models import Organization, User
from sigillo.organizations.principal import Principal


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
def _root_material() -> tuple[bytes, str, str]:
    """One root for the whole test process: a key of 3072 bits takes long to find."""
    with transaction.atomic():
        row = create_root()
        return bytes(row.certificate), row.sealed_key, str(row.id)


def make_root() -> Authority:
    """The root authority, as `sigillo init` leaves it."""
    existing = Authority.objects.filter(parent=None).first()
    if existing is not None:
        return existing
    certificate, sealed_key, key = _root_material()
    row, _ = Authority.objects.get_or_create(id=key, defaults={"certificate": certificate, "sealed_key": sealed_key})
    return row


def make_house(slug: str) -> House:
    """An organization with an owner, a RAO, a plain user, an automatic one, a disabled one and one all its own."""
    organization = Organization.objects.create(slug=slug, name=f"{slug.title()} S.p.A.")

    def actor(handle: str, **flags: bool) -> Actor:
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
