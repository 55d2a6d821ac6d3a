"""Bodies that the tests send, small and complete."""

from typing import Any

from tests.flows.stories import ARUBA, data_uri
from tests.support.pages import pdf


def wallet_body(**changes: object) -> dict[str, Any]:
    return {"provider_id": "aruba-auto", "label": "seal", "provider_data": ARUBA} | changes


def signature_body(**changes: object) -> dict[str, Any]:
    return {
        "declinable": True,
        "profile": "pades-bes",
        "display_name": "John",
        "reason": "For approval",
        "signer": "robot",
        "description": "*my-description*",
        "urlback": "https://signing.today/sample/home",
        "where": {"page": 1, "position": "rect: 50, 100, 200, 150"},
        "constraints": {},
    } | changes


def document_body(*groups: list[dict[str, Any]], **changes: object) -> dict[str, Any]:
    return {
        "display_name": "Work Contract",
        "document_uri": data_uri(pdf()),
        "groups": list(groups) or [[signature_body()]],
    } | changes


def transaction_body(*documents: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {"title": "Signature Transaction Demo", "documents": list(documents) or [document_body()]} | changes


ENROLLED = {
    "last_name": "Doe",
    "first_name": "John",
    "birth_date": "01-01-1990",
    "birth_country": "Italy",
    "email": "jdo@example.com",
    "phone_mobile": "+391234567890",
}


def enroll_body(**changes: object) -> dict[str, object]:
    """A request for somebody new."""
    body = {"user": "newcomer", "provider_id": "sms", "label": "mine", "provider_data": ENROLLED}
    return {**body, **changes}
