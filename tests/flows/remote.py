"""A signing service that is configured for `aruba-auto`, and the first steps with it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from pytest_django import Settings

from sigillo.flows.associate_identity import NewIdentity, associate_identity
from sigillo.identities.models import Identity
from sigillo.identities.providers.csc.values import Auth
from sigillo.identities.providers.table import PROVIDERS
from sigillo.journal.models import Event
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.flows.stories import ARUBA
from tests.support.signing_service import Held, SigningService, signing_service
from tests.support.world import Actor, House


@contextmanager
def configured(
    settings: Settings, provider: str = "aruba-auto", auth: Auth = "oauth2client", **held: Held
) -> Iterator[SigningService]:
    """Production, where one provider has a signing service."""
    with signing_service(auth=auth, held=held) as running:
        running.provider = provider
        settings.SIGILLO_ENVIRONMENT = "production"
        settings.SIGILLO_CSC = {provider: running.service}
        yield running


def associate(
    house: House,
    data: Mapping[str, str] | None = None,
    *,
    actor: Actor | None = None,
    handle: str = "robot",
    provider: str = "aruba-auto",
) -> Identity:
    """An identity at the service for a user of the house, read anew."""
    fields = {name: ARUBA[name] for name in PROVIDERS[provider].fields}
    new = NewIdentity(provider_id=provider, label="seal", provider_data=fields | dict(data or {}))
    key: UUID = associate_identity((actor or house.owner).principal, handle, new).id
    return Identity.objects.get(id=key)


def rows() -> list[list[tuple[object, ...]]]:
    """Everything that must stay as it was where nothing is signed and nothing is stored, but for the journal."""
    models = (Identity, Transaction, Document, Signature, Revision)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def told(about: UUID) -> list[str]:
    """What the journal says of a transaction or an organization, in order."""
    return list(Event.objects.filter(chain__subject_id=about).order_by("sequence").values_list("kind", flat=True))
