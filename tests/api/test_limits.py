"""The lengths that bodies allow are those of the columns they end in: neither a 500 nor a needless refusal."""

from typing import Any, get_args

import msgspec
import pytest
from django.db.models import Model

from sigillo.api.bodies.identities import IdentityBody
from sigillo.api.bodies.tokens import TokenBody
from sigillo.api.bodies.transactions import DocumentBody, SignatureBody, TransactionBody, WhereBody
from sigillo.api.bodies.users import UserBody
from sigillo.credentials.models import Token
from sigillo.identities.models import Identity
from sigillo.organizations.models import User
from sigillo.transactions.models import Document, Signature, Transaction

PAIRS: list[tuple[type[msgspec.Struct], str, type[Model], str]] = [
    (UserBody, "id", User, "handle"),
    (UserBody, "email", User, "email"),
    (UserBody, "first_name", User, "first_name"),
    (UserBody, "last_name", User, "last_name"),
    (UserBody, "created_by", User, "created_by"),
    (IdentityBody, "provider_id", Identity, "provider_id"),
    (IdentityBody, "label", Identity, "label"),
    (TokenBody, "user", User, "handle"),
    (TokenBody, "label", Token, "label"),
    (TransactionBody, "title", Transaction, "title"),
    (TransactionBody, "urlback", Transaction, "urlback"),
    (TransactionBody, "template_name", Transaction, "template_name"),
    (DocumentBody, "display_name", Document, "display_name"),
    (SignatureBody, "signer", User, "handle"),
    (SignatureBody, "profile", Signature, "profile"),
    (SignatureBody, "display_name", Signature, "display_name"),
    (SignatureBody, "reason", Signature, "reason"),
    (SignatureBody, "urlback", Signature, "urlback"),
    (WhereBody, "position", Signature, "where_position"),
]


def _max_length(body: type[msgspec.Struct], name: str) -> int | None:
    kind = next(field.type for field in msgspec.structs.fields(body) if field.name == name)
    metas: list[Any] = [
        argument
        for part in (kind, *get_args(kind))
        for argument in getattr(part, "__metadata__", ())
        if isinstance(argument, msgspec.Meta)
    ]
    return metas[0].max_length if metas else None


@pytest.mark.parametrize(("body", "name", "model", "column"), PAIRS)
def test_length_is_that_of_the_column(body: type[msgspec.Struct], name: str, model: type[Model], column: str) -> None:
    assert _max_length(body, name) == getattr(model._meta.get_field(column), "max_length", None)
