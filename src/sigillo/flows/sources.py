"""Where a document comes from: its address and the options it is called with, sealed since both carry credentials."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sigillo.installation import keyring
from sigillo.secrets.sealing import Context
from sigillo.transactions.models import Document


@dataclass(frozen=True, slots=True)
class Source:
    """An http(s) address with its options, or `data:` and a media type without the payload."""

    uri: str
    options: Mapping[str, object] = field(default_factory=dict)


def seal_source(source: Source, *, organization_id: UUID, document_id: UUID) -> str:
    """The source as it is stored with a document."""
    plain = json.dumps({"uri": source.uri, "options": dict(source.options)})
    return keyring().seal(plain.encode(), _context(organization_id, document_id))


def source_of(document: Document) -> Source:
    """The source of a document whose transaction is at hand."""
    context = _context(document.transaction.organization_id, document.id)
    return Source(**json.loads(keyring().open(document.sealed_source, context)))


def _context(organization_id: UUID, document_id: UUID) -> Context:
    return Context(tenant=str(organization_id), table="document", row=str(document_id), field="source")
