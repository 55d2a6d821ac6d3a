"""The attributes of each list: their names are the contract's, their paths ours."""

from sigillo.api.filters.attributes import Attribute, always_null, member, moment, signer_name, text


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
        "signer_group": always_null(),
    }
