"""The options with which one document's address is called: sealed, since their headers carry credentials."""

import json
from collections.abc import Mapping
from uuid import UUID

from sigillo.installation import keyring
from sigillo.secrets.sealing import Context
from sigillo.transactions.models import Document


def seal_uri_options(options: Mapping[str, object], *, organization_id: UUID, document_id: UUID) -> str:
    """The options as they are stored; empty where there are none."""
    if not options:
        return ""
    return keyring().seal(json.dumps(dict(options)).encode(), _context(organization_id, document_id))


def uri_options_of(document: Document) -> dict[str, object]:
    """The options of a document whose transaction is at hand; empty where there are none."""
    if not document.sealed_uri_options:
        return {}
    context = _context(document.transaction.organization_id, document.id)
    options: dict[str, object] = json.loads(keyring().open(document.sealed_uri_options, context))
    return options


def _context(organization_id: UUID, document_id: UUID) -> Context:
    return Context(tenant=str(organization_id), table="document", row=str(document_id), field="uri_options")
