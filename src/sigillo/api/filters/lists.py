"""The attributes of each list: their names are the contract's, their paths ours."""

from sigillo.api.filters.attributes import Attribute, flag, identifier, member, moment, signer_name, text


def transactions(slug: str) -> dict[str, Attribute]:
    """Signature transactions of the organization with this slug."""
    return {
        "signer": text("signatures__signer__handle", many=True),
        "status": text("status"),
        "title": text("title", empty_is_null=True),
        "created_by": member("created_by__handle", slug),
        "created": moment("created"),
        "signature_status": text("signatures__status", many=True),
        "document_name": text("documents__display_name", many=True, empty_is_null=True),
        "reason": text("reason"),
        "signature_name": signer_name("signatures__display_name", "signatures__signer"),
        "signer_group": text("signatures__signer_group_name", many=True, empty_is_null=True),
    }


def users(_slug: str) -> dict[str, Attribute]:
    """Users; `membership_id` is what answers show as `id`."""
    return {
        "membership_id": text("handle"),
        "email": text("email", empty_is_null=True),
        "first_name": text("first_name", empty_is_null=True),
        "last_name": text("last_name", empty_is_null=True),
        "rao": flag("rao"),
        "automatic": flag("automatic"),
    }


def tokens(_slug: str) -> dict[str, Attribute]:
    """Application tokens."""
    return {"user": text("user__handle"), "label": text("label")}


def identities(_slug: str) -> dict[str, Attribute]:
    """Identities, and enrollment requests, which have the same attributes."""
    return {
        "provider": text("provider_id"),
        "user": text("user__handle"),
        "first_name": text("user__first_name", empty_is_null=True),
        "last_name": text("user__last_name", empty_is_null=True),
        "registered_by": text("registered_by__handle"),
        "fiscal_code": text("fiscal_code", empty_is_null=True),
    }


def groups(_slug: str) -> dict[str, Attribute]:
    """Groups of signers."""
    return {"name": text("name")}


def events(_slug: str) -> dict[str, Attribute]:
    """Events of the journal."""
    return {"kind": text("kind"), "at": moment("at")}


def messages(_slug: str) -> dict[str, Attribute]:
    """Messages to people; what is sealed cannot be asked for."""
    return {
        "user": text("user__handle"),
        "kind": text("kind"),
        "channel": text("channel"),
        "status": text("status"),
        "created": moment("created"),
    }


def deliveries(_slug: str) -> dict[str, Attribute]:
    """What was sent to webhooks."""
    return {
        "token": identifier("token_id"),
        "message": text("fact__message"),
        "status": text("status"),
        "created": moment("created"),
    }
