"""What `bench.lists` asks for: of each filter a value that a few rows have, and one that nearly all have."""

from collections.abc import Iterator
from dataclasses import dataclass

HELD = ("first page", "equality", "range", "prefix")
"""The kinds whose price must not grow with the list; the others are reported."""


@dataclass(frozen=True)
class ListCase:
    """One line of the table: who asks for which page."""

    kind: str
    path: str
    who: str = "owner"

    @property
    def title(self) -> str:
        asked = self.path.replace("signature-transactions", "transactions")
        return asked if self.who == "owner" else f"{asked} (of one who {self.who})"


_T = "signature-transactions"
Values = dict[str, dict[str, tuple[str, ...]]]
_EQUAL: Values = {
    _T: {
        "title": ("Order 0000010", "Framework agreement"),
        "title__iexact": ("ORDER 0000010", "framework agreement"),
        "status": ("cancelled", "pending"),
        "created_by": ("only-acme", "jdo"),
        "reason": ("INVALID_DOCUMENT",),
        "signer": ("only-acme", "robot"),
        "signature_status": ("error", "pending"),
        "signature_name": ("Approval 0000013", "Robot Ιωάννης"),
        "document_name": ("scan 0000010.pdf", "contract.pdf"),
    },
    "users": {
        "membership_id": ("u0000010",),
        "email": ("u0000010@acme.example",),
        "first_name": ("Name 0000010", "Anna"),
        "last_name": ("Surname 0000010", "Rossi"),
        "rao": ("true", "false"),
        "automatic": ("true", "false"),
    },
    "tokens": {"user": ("u0000010", "robot"), "label": ("agent 0000010", "Signing Today Token")},
    "groups": {"name": ("group 0000010",)},
    "identities": {
        "provider": ("st-approval", "sms"),
        "user": ("u0000010",),
        "first_name": ("Name 0000010", "Anna"),
        "last_name": ("Surname 0000010", "Rossi"),
        "registered_by": ("jdo", "rita"),
        "fiscal_code": ("TINIT-0000010",),
    },
}
_PREFIX: Values = {
    _T: {
        "title": ("Order 00000", "Frame"),
        "title__i": ("ORDER 00000", "FRAME"),
        "created_by": ("only", "jd"),
        "signer": ("only", "rob"),
        "signature_name": ("Approval 00000", "Robot"),
        "document_name": ("scan 00000", "contr"),
    },
    "users": {
        "membership_id": ("u000001", "u"),
        "email": ("u000001", "u"),
        "first_name": ("Name 00000", "Ann"),
        "last_name": ("Surname 00000", "Ros"),
    },
    "tokens": {"user": ("u000001", "rob"), "label": ("agent 00000", "Sign")},
    "groups": {"name": ("group 000001", "group")},
    "identities": {
        "provider": ("st-", "sm"),
        "user": ("u000001", "u"),
        "first_name": ("Name 00000", "Ann"),
        "last_name": ("Surname 00000", "Ros"),
        "registered_by": ("jd", "ri"),
        "fiscal_code": ("TINIT-000001", "TINIT"),
    },
}
for _filters in (_EQUAL, _PREFIX):
    _filters["identity-requests"] = _filters["identities"]
_RANGES = (
    *("created__lt=2024-01-01T00:00:10Z", "created__gte=2024-01-01T00:00:10Z"),
    *("created__range=2024-01-01T00:00:00Z,2024-01-01T00:00:09Z", "created__date=2024-01-01"),
)
_TOGETHER = "where_status=pending&where_title__startswith=Order 00000"
_REPORTED = (
    ListCase("several", f"{_T}?{_TOGETHER}"),
    ListCase("several", f"{_T}?where_status__in=pending,cancelled&where_title__startswith=Frame&where_signer=robot"),
    ListCase("own list", _T, "user"),
    ListCase("own list", _T, "only"),
    ListCase("own list", _T, "automatic"),
    ListCase("own list", "users/robot/tokens"),
    ListCase("order", f"{_T}?where_order=-title"),
    ListCase("order", f"{_T}?where_order=created_by"),
    ListCase("contains", f"{_T}?where_title__contains=0000010"),
    ListCase("contains", f"{_T}?where_title__icontains=WORK AGREE"),
    ListCase("contains", f"{_T}?where_document_name__endswith=.pdf"),
    ListCase("deep page", f"{_T}?page=LAST"),
    ListCase("deep page", f"{_T}?where_title__startswith=Frame&page=LAST"),
)


def cases(served: frozenset[str]) -> Iterator[ListCase]:
    """All cases of the lists that are served."""
    for path in filter(served.__contains__, _EQUAL):
        yield ListCase("first page", path)
        for attribute, values in _EQUAL[path].items():
            yield from (ListCase("equality", f"{path}?where_{attribute}={value}") for value in values)
        if path == _T:
            yield from (ListCase("range", f"{path}?where_{span}") for span in _RANGES)
        for attribute, values in _PREFIX[path].items():
            name = attribute if attribute.endswith("__i") else f"{attribute}__"
            yield from (ListCase("prefix", f"{path}?where_{name}startswith={value}") for value in values)
    yield from _REPORTED
