"""The operations that read a body: where, with which documented fields, and which columns they change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Model

from sigillo.credentials.models import Token
from sigillo.delivery.models import Delivery
from sigillo.flows.deliveries import try_webhook
from sigillo.flows.enroll import NewEnrollment, enroll
from sigillo.flows.tokens import edit_token
from sigillo.identities.models import Enrollment, Identity, OneTimePassword
from sigillo.organizations.models import Group, Membership, Organization, User
from sigillo.pki.certificates import to_pem
from sigillo.transactions.models import Document, Signature, Transaction
from tests.api.bodies import ENROLLED, wallet_body
from tests.flows.stories import begin, give_identity, ready, signatures
from tests.support.client_keys import client_cert, client_key
from tests.support.people import people
from tests.support.world import House

Key = tuple[str, str]


@dataclass(frozen=True)
class Behind:
    """The row behind one place of a body, and the columns that the body changes in it.

    Of what is made anew, `own` are the columns in which two rows that were made alike may differ.
    """

    model: type[Model]
    changes: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Case:
    """An operation: where, a body with every documented field, the rows behind each place of it.

    `again` says what a second body needs so that another row can be made.
    """

    path: str
    body: Mapping[str, Any]
    places: Mapping[str, Behind]
    again: Mapping[str, Any] = field(default_factory=dict)
    scene: Callable[[House], str] = lambda _house: ""


def _token(house: House) -> str:
    return str(house.user.principal.credential_id)


def _listening(house: House) -> str:
    principal = house.owner.principal
    edit_token(principal, principal.credential_id, webhooks={"dst": "https://hook.example/dst"})
    return str(principal.credential_id)


def _delivery(house: House) -> str:
    return str(try_webhook(house.owner.principal, UUID(_listening(house)), None).id)


def _group(house: House) -> str:
    group = Group.objects.create(organization=house.organization, name="legal", created_by="jdo@acme")
    Membership.objects.create(group=group, user=house.rao.user)
    return "legal"


def _identity(house: House) -> str:
    return str(give_identity(house))


def _enrollment(house: House) -> str:
    new = NewEnrollment(user="ugo", provider_id="st-approval", provider_data=ENROLLED)
    return str(enroll(house.owner.principal, new).id)


def _waiting(house: House) -> str:
    return str(begin(house, uri="https://files.example/a.pdf"))


def _signature(house: House) -> str:
    give_identity(house)
    return str(signatures(ready(house))[0].id)


INTRUDER, FOREIGN, LONG_AGO = "intruder", "0c1d2e3f-0000-4000-8000-0000deadbeef", "1999-12-31T23:59:59Z"

HTTP_OPTIONS = {
    "headers": {"X-Key": "1"},
    "auth_username": "me",
    "auth_password": "s3cret",
    "auth_mode": "basic",
    "client_key": client_key(),
    "client_cert": client_cert(),
}
WEBHOOKS = {"identity": "https://host-name/identity", "dst": "https://host-name/dst"}
SETTINGS = {
    "default_rao": "rita",
    "dst_default_months": 5,
    "dst_default_days": 9,
    "signature_appearance": "https://acme.example/signature.png",
}
NAMES = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@acme.example"}
SIGNATURE = {
    "signer": "ugo",
    "signer_group": "",
    "profile": "pades-bes",
    "display_name": "Ada",
    "reason": "For approval",
    "description": "*text*",
    "declinable": False,
    "urlback": "https://acme.example/back",
    "where": {"page": 2, "position": "rect: 1, 2, 300, 400"},
    "constraints": {"certificate__subject_CN": "Ada"},
    "pades_subfilter": "ETSI.CAdES.detached",
    "signing_time": "pdf",
}
DOCUMENT = {
    "document_uri": "https://acme.example/a.pdf",
    "groups": [[SIGNATURE]],
    "display_name": "Contract",
    "document_uri_options": {"method": "GET", "headers": {"X-Key": "1"}},
}
TRANSACTION = {
    "documents": [DOCUMENT],
    "title": "Demo",
    "not_after": "2098-01-31T12:00:00Z",
    "urlback": "https://acme.example/back",
    "template_name": "Template-1",
}
ORGANIZATION_COLUMNS = {"name", "logo", "default_rao_id", *SETTINGS} - {"default_rao"}

IDENTITY, REQUEST = "identities/<str:identity>", "identity-requests/<str:enrollment>"

CASES: dict[Key, Case] = {
    ("PATCH", "organizations/<str:organization>"): Case(
        "organizations/acme",
        {"name": "New", "logo": "https://acme.example/logo.png", "slug": "acme", "settings": SETTINGS, **SETTINGS},
        {"": Behind(Organization, ORGANIZATION_COLUMNS), "settings": Behind(Organization, ORGANIZATION_COLUMNS)},
    ),
    ("POST", "users"): Case(
        "acme/users",
        {"id": "new", "created_by": "rita@acme", "automatic": True, "owner": True, "rao": True, **NAMES},
        {"": Behind(User, own={"id", "handle", "created"})},
        again={"id": "newer"},
    ),
    ("PUT", "users/<str:user>"): Case(
        "acme/users/ugo",
        {"id": "ugo", "owner": False, "automatic": True, "rao": True, "status": "disabled", **NAMES},
        {"": Behind(User, {"automatic", "rao", "status", *NAMES})},
    ),
    ("POST", "users/<str:user>/wallet"): Case(
        "acme/users/robot/wallet",
        wallet_body(),
        {
            "": Behind(
                Identity,
                own={"id", "created", "certificate_pem", "not_after", "sealed_key", "password_hash"}
                | {"sealed_provider_data"},
            )
        },
    ),
    ("POST", "identities/create/token"): Case(
        "acme/identities/create/token",
        {"certificate": to_pem(people().rsa.certificate), "label": "card", "data": {"reader": "1"}, "user": "ugo"},
        {"": Behind(Identity, own={"id", "user_id", "created", "sealed_provider_data"})},
        again={"user": "rita"},
    ),
    ("POST", f"{IDENTITY}/appearance"): Case(
        "acme/identities/{}/appearance",
        {"signature_appearance_uri": "https://acme.example/s.png"},
        {"": Behind(Identity)},
        scene=_identity,
    ),
    ("POST", f"{IDENTITY}/send-otp"): Case(
        "acme/identities/{}/send-otp", {"signatures": [FOREIGN]}, {"": Behind(OneTimePassword)}, scene=_identity
    ),
    ("POST", f"{IDENTITY}/sign"): Case(
        "acme/identities/{}/sign",
        {"signature_id": FOREIGN, "otp": "000000", "pin": "1234"},
        {"": Behind(Signature)},
        scene=_identity,
    ),
    ("POST", f"{IDENTITY}/update-certificate"): Case(
        "acme/identities/{}/update-certificate", {"certificate": ""}, {"": Behind(Identity)}, scene=_identity
    ),
    ("POST", f"{IDENTITY}/unlock"): Case("acme/identities/{}/unlock", {}, {"": Behind(Identity)}, scene=_identity),
    ("POST", "enroll"): Case(
        "acme/enroll",
        {
            "user": "newcomer",
            "provider_id": "st-approval",
            "label": "mine",
            "provider_data": ENROLLED,
            "registered_by": "rita",
            "urlback": "https://acme.example/back",
        },
        {"": Behind(Enrollment, own={"id", "user_id", "identity_id", "ticket", "created"})},
        again={"user": "newer"},
    ),
    ("POST", f"{REQUEST}/send-otp"): Case(
        "acme/identity-requests/{}/send-otp", {}, {"": Behind(Enrollment)}, scene=_enrollment
    ),
    ("POST", f"{REQUEST}/activate"): Case(
        "acme/identity-requests/{}/activate", {"otp": "000000"}, {"": Behind(Enrollment)}, scene=_enrollment
    ),
    ("POST", f"{REQUEST}/approve"): Case(
        "acme/identity-requests/{}/approve", {}, {"": Behind(Enrollment)}, scene=_enrollment
    ),
    ("POST", f"{REQUEST}/refuse"): Case(
        "acme/identity-requests/{}/refuse", {}, {"": Behind(Enrollment)}, scene=_enrollment
    ),
    ("POST", "signature-transactions/<str:transaction>/cancel"): Case(
        "acme/signature-transactions/{}/cancel", {"reason": "No"}, {"": Behind(Transaction)}, scene=_waiting
    ),
    ("POST", "signatures/<str:signature>/decline"): Case(
        "acme/signatures/{}/decline", {"reason": "No"}, {"": Behind(Signature)}, scene=_signature
    ),
    ("POST", "tokens/<str:token>/webhooks/test"): Case(
        "acme/tokens/{}/webhooks/test",
        {"message": "DST_STATUS_CHANGED"},
        {"": Behind(Delivery, own={"id", "created", "fact_id", "next_attempt_at"})},
        scene=_listening,
    ),
    ("POST", "webhooks/deliveries/<str:delivery>/replay"): Case(
        "acme/webhooks/deliveries/{}/replay", {}, {"": Behind(Delivery)}, scene=_delivery
    ),
    ("POST", "tokens"): Case(
        "acme/tokens",
        {"user": "ugo", "label": "batch", "webhooks": WEBHOOKS, "http_options": HTTP_OPTIONS},
        {
            "": Behind(Token, own={"id", "created", "lookup", "sealed_value", "sealed_http_options"}),
            "webhooks": Behind(Token),
            "http_options": Behind(Token),
        },
    ),
    ("PUT", "tokens/<str:token>"): Case(
        "acme/tokens/{}",
        {"label": "batch", "webhooks": WEBHOOKS, "http_options": HTTP_OPTIONS},
        {
            "": Behind(Token, {"label", "webhooks", "sealed_http_options"}),
            "webhooks": Behind(Token),
            "http_options": Behind(Token),
        },
        scene=_token,
    ),
    ("POST", "groups"): Case(
        "acme/groups",
        {"name": "new", "members": ["ugo"]},
        {"": Behind(Group, own={"id", "name", "created"})},
        again={"name": "newer"},
    ),
    ("PUT", "groups/<str:group>"): Case(
        "acme/groups/{}", {"name": "new", "members": ["rita"]}, {"": Behind(Group, {"name"})}, scene=_group
    ),
    ("POST", "signature-transactions"): Case(
        "acme/signature-transactions",
        TRANSACTION,
        {
            "": Behind(Transaction, own={"id", "created"}),
            "documents.0": Behind(Document, own={"id", "transaction_id", "sealed_source", "next_attempt_at"}),
            "documents.0.document_uri_options": Behind(Document),
            "documents.0.groups.0.0": Behind(Signature, own={"id", "transaction_id", "document_id", "ticket"}),
            "documents.0.groups.0.0.where": Behind(Signature),
        },
    ),
    ("POST", "signatures/<str:signature>/perform"): Case(
        "acme/signatures/{}/perform", {"password": "wrong"}, {"": Behind(Signature)}, scene=_signature
    ),
}
HOSTILE: dict[str, object] = {
    "id": FOREIGN,
    "value": "deadbeef" * 4,
    "status": "performed",
    "user": "only-intruder",
    "created_by": "intruder@acme",
    "created": LONG_AGO,
    "not_after": LONG_AGO,
    "automatic": True,
    "has_been_imported": True,
    "warnings": [INTRUDER],
    "wallet": [{"id": FOREIGN}],
    "actions": {"sign": "https://intruder.example/"},
}
"""Values for keys that only answers carry."""
