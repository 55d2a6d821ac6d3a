"""The attributes of each list: their names are the contract's, their columns ours."""

from functools import partial

from sigillo.api.filters.attributes import (
    Attribute,
    choice,
    flag,
    full_name,
    identifier,
    member,
    moment,
    part,
    text,
    user,
)
from sigillo.organizations.principal import Principal
from sigillo.transactions.models import Document, Signature
from sigillo.transactions.states import CancelReason, SignatureStatus, TransactionStatus

Attributes = dict[str, Attribute]


def transactions(principal: Principal) -> Attributes:
    """Signature transactions."""
    house = principal.organization_id
    signatures = partial(part, Signature, "transaction", house)
    return {
        "signer": signatures(user("signer", house, text("handle"))),
        "status": choice("status", [*TransactionStatus]),
        "title": text("title", empty_is_null=True),
        "created_by": user("created_by", house, member(principal.organization_slug)),
        "created": moment("created"),
        "signature_status": signatures(choice("status", [*SignatureStatus])),
        "document_name": part(Document, "transaction", house, text("display_name", empty_is_null=True)),
        "reason": choice("reason", [*CancelReason], nullable=True),
        "signature_name": signatures(text("display_name"), user("signer", house, full_name())),
        "signer_group": signatures(text("signer_group_name", empty_is_null=True)),
    }


def users(_principal: Principal) -> Attributes:
    """Users; `membership_id` is what answers show as `id`."""
    return {
        "membership_id": text("handle"),
        "email": text("email", empty_is_null=True),
        "first_name": text("first_name", empty_is_null=True),
        "last_name": text("last_name", empty_is_null=True),
        "rao": flag("rao"),
        "automatic": flag("automatic"),
    }


def tokens(principal: Principal) -> Attributes:
    """Application tokens."""
    return {"user": user("user", principal.organization_id, text("handle")), "label": text("label")}


def identities(principal: Principal) -> Attributes:
    """Identities, and enrollment requests, which have the same attributes."""
    of = partial(user, organization_id=principal.organization_id)
    return {
        "provider": text("provider_id"),
        "user": of("user", of=text("handle")),
        "first_name": of("user", of=text("first_name", empty_is_null=True)),
        "last_name": of("user", of=text("last_name", empty_is_null=True)),
        "registered_by": of("registered_by", of=text("handle"), nullable=True),
        "fiscal_code": text("fiscal_code", empty_is_null=True),
    }


def groups(_principal: Principal) -> Attributes:
    """Groups of signers."""
    return {"name": text("name")}


def events(_principal: Principal) -> Attributes:
    """Events of the journal."""
    return {"kind": text("kind"), "at": moment("at")}


def messages(principal: Principal) -> Attributes:
    """Messages to people; what is sealed cannot be asked for."""
    return {
        "user": user("user", principal.organization_id, text("handle"), nullable=True),
        "kind": text("kind"),
        "channel": text("channel"),
        "status": text("status"),
        "created": moment("created"),
    }


def deliveries(_principal: Principal) -> Attributes:
    """What was sent to webhooks."""
    return {
        "token": identifier("token_id"),
        "message": text("fact__message"),
        "status": text("status"),
        "created": moment("created"),
    }
