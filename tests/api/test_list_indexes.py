"""Every filter has an index that is there for it: what each database says of how it will find the rows."""

import re
from datetime import timedelta
from urllib.parse import quote

from django.db import connection
from django.test.utils import CaptureQueriesContext

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.credentials.models import Token
from sigillo.identities.models import Enrollment, Identity
from sigillo.organizations.models import Group, User
from sigillo.transactions.models import Document, Signature, Transaction
from tests.api.calling import get
from tests.support.world import House

T = "signature-transactions"
INDEXES = {
    T: "transaction_newest",
    f"{T}?where_title=t 7": "transaction_by_title",
    f"{T}?where_title__iexact=T 7": "transaction_by_title",
    f"{T}?where_title__startswith=t 77": "transaction_by_title",
    f"{T}?where_title__istartswith=T 77": "transaction_by_title",
    f"{T}?where_title__in=t 7,t 8": "transaction_by_title",
    f"{T}?where_status=expired": "transaction_by_status|transaction_deadline",
    f"{T}?where_reason=declined": "transaction_by_reason",
    f"{T}?where_created_by=u7": "transaction_by_author",
    f"{T}?where_created__lt=2020-01-01": "transaction_newest",
    f"{T}?where_created__date=2020-01-01": "transaction_newest",
    f"{T}?where_signer=u7": "signature_of_signer",
    f"{T}?where_signer__startswith=u77": "user_by_handle",
    f"{T}?where_signature_status=error": "signature_by_status",
    f"{T}?where_signature_name=s 7": "signature_by_name",
    f"{T}?where_signature_name__startswith=Anna 77": "user_by_full_name",
    f"{T}?where_document_name__startswith=d 77": "document_by_name",
    f"{T}?where_signer_group__startswith=g 77": "signature_by_group",
    "users": "user_oldest",
    "users?where_membership_id=u7": "user_handle_unique|sqlite_autoindex_organizations_user|user_by_handle",
    "users?where_membership_id__startswith=u77": "user_by_handle",
    "users?where_email=u7@acme.example": "user_by_email",
    "users?where_first_name__istartswith=anna 77": "user_by_first_name",
    "users?where_last_name=Rossi 7": "user_by_last_name",
    "users?where_rao=true": "user_by_rao",
    "users?where_automatic=true": "user_by_automatic",
    "tokens": "token_newest",
    "tokens?where_user=u7": "token_of_user",
    "tokens?where_label__startswith=t 77": "token_by_label",
    "groups?where_name__istartswith=G 77": "group_by_name",
    "identities": "identity_newest",
    "identities?where_provider=sms 7": "identity_by_provider",
    "identities?where_user=u7": "identity_of_user",
    "identities?where_registered_by=u7": "identity_registered_by",
    "identities?where_fiscal_code__startswith=f 77": "identity_by_fiscal_code",
    "identities?where_first_name=Anna 7": "user_by_first_name",
    "identity-requests": "enrollment_newest",
    "identity-requests?where_provider=sms 7": "enrollment_by_provider",
    "identity-requests?where_user=u7": "enrollment_of_user",
    "identity-requests?where_registered_by=u7": "enrollment_registered_by",
    "identity-requests?where_fiscal_code__startswith=f 77": "enrollment_by_fiscal_code",
}


def fill(house: House, count: int) -> None:
    """Enough rows for a planner to care, each with values of its own."""
    of, moment = {"organization": house.organization}, now()
    users = [
        User(handle=f"u{n}", email=f"u{n}@acme.example", first_name=f"Anna {n}", last_name=f"Rossi {n}", **of)
        for n in range(count)
    ]
    User.objects.bulk_create(users)
    Group.objects.bulk_create(Group(name=f"g {n}", created_by="x", **of) for n in range(count))
    Token.objects.bulk_create(
        Token(user=user, label=f"t {n}", lookup=new_id().bytes, sealed_value="", created_by="x", **of)
        for n, user in enumerate(users)
    )
    held = [
        {"user": user, "provider_id": f"sms {n}", "registered_by": user, "fiscal_code": f"f {n}", **of}
        for n, user in enumerate(users)
    ]
    identities = Identity.objects.bulk_create(Identity(**names) for names in held)
    Enrollment.objects.bulk_create(
        Enrollment(identity=identity, created_by="x", **names) for identity, names in zip(identities, held, strict=True)
    )
    rows = [
        Transaction(created_by=user, title=f"t {n}", not_after=moment, created=moment - timedelta(seconds=n), **of)
        for n, user in enumerate(users)
    ]
    Transaction.objects.bulk_create(rows)
    parts = [Document(transaction=row, order=0, display_name=f"d {n}", **of) for n, row in enumerate(rows)]
    Document.objects.bulk_create(parts)
    Signature.objects.bulk_create(
        Signature(
            transaction=part.transaction,
            document=part,
            signer=users[n],
            display_name=f"s {n}",
            signer_group_name=f"g {n}",
            group_index=0,
            position=0,
            profile="pades-bes",
            **of,
        )
        for n, part in enumerate(parts)
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are soon looked through


def plans(house: House, address: str) -> str:
    """The plans of what a page asks of its list: for users, the total and the keys."""
    with CaptureQueriesContext(connection) as queries:
        get(house.owner, f"/api/v1/acme/{quote(address, safe='?&=_-@.')}")  # no answer: nothing in the rows opens
    asked = [query["sql"] for query in queries if re.search(r'COUNT\(|AS "pk"', query["sql"])]
    with connection.cursor() as cursor:
        lines: list[str] = []
        for sql in asked:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
            lines += [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join(lines)


def test_every_filter_has_its_index(acme: House) -> None:
    fill(acme, 400)
    for address, index in INDEXES.items():
        said = plans(acme, address)
        assert re.search(index, said), (address, said)
        assert not re.search(r"\b(SCAN|Seq Scan)\b", said), (address, said)
        if "=" not in address:
            assert not re.search(r"TEMP B-TREE|Sort", said), (address, said)
