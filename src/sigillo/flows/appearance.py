"""The picture that is seen in an identity's signatures: fetched once, drawn anew, kept by digest."""

from uuid import UUID

from django.db import transaction

from sigillo.base.errors import Invalid, NotFound
from sigillo.documents import pictures, store
from sigillo.documents.fetching import fetch_document, options_from
from sigillo.flows.identities import editable_identity
from sigillo.flows.voice import about_organization, actor
from sigillo.identities.access import access_identity
from sigillo.identities.models import Identity
from sigillo.installation import outbound
from sigillo.journal.record import record
from sigillo.organizations.principal import Principal
from sigillo.outbound.errors import OutboundError

FETCH_SECONDS = 8.0
"""The caller waits for it."""


def set_appearance(principal: Principal, identity_id: UUID, uri: str) -> Identity:
    """Fetch the picture at `uri` and give it to the identity.

    Raises:
        NotFound: there is no such identity for this principal.
        Invalid: the address is not called, does not answer in time, or leads to no picture.
    """
    identity = editable_identity(principal, identity_id)
    stored = store.keep([pictures.redraw(_fetch(uri))])
    changes = {"appearance_uri": uri, "appearance_digest": stored.digest}
    return _change(principal, identity, changes, "identity.appearance_set", {"digest": stored.digest})


def delete_appearance(principal: Principal, identity_id: UUID) -> Identity:
    """Take the identity's picture away. Raises NotFound."""
    identity = editable_identity(principal, identity_id)
    return _change(principal, identity, {"appearance_uri": "", "appearance_digest": ""}, "identity.appearance_deleted")


def _fetch(uri: str) -> bytes:
    gathered = bytearray()
    try:
        # Without the credential's http_options: they are for documents and webhooks, and could be a password.
        fetch_document(
            outbound(),
            uri,
            options_from({}, {}),
            max_bytes=pictures.MAX_BYTES,
            total_seconds=FETCH_SECONDS,
            sink=gathered.extend,
        )
    except OutboundError as error:
        raise Invalid(error.code, f"signature_appearance_uri: {error.message}") from None
    return bytes(gathered)


def _change(
    principal: Principal, identity: Identity, changes: dict[str, str], kind: str, more: dict[str, str] | None = None
) -> Identity:
    with transaction.atomic():
        if not Identity.objects.filter(id=identity.id, deleted_at=None).update(**changes):
            raise NotFound("identity_not_found", "There is no such identity; check its id.")
        data = {"identity": str(identity.id), **(more or {})}
        record(about_organization(principal), kind, actor=actor(principal), data=data)
    return access_identity(principal, identity.id, own_only=False)
