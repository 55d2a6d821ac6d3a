"""The field types that shapes share: texts, and what their schema tells of them."""

from typing import Annotated

from msgspec import Meta

from sigillo.identities.models import Identity
from sigillo.organizations.models import User
from sigillo.transactions.states import CancelReason, SignatureStatus, TransactionStatus

Identifier = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]

# The closed lists that official clients enforce.
UserStatusText = Annotated[str, Meta(extra_json_schema={"enum": list(User.Status.values)})]
IdentityStatusText = Annotated[str, Meta(extra_json_schema={"enum": list(Identity.Status.values)})]
TransactionStatusText = Annotated[str, Meta(extra_json_schema={"enum": [status.value for status in TransactionStatus]})]
SignatureStatusText = Annotated[str, Meta(extra_json_schema={"enum": [status.value for status in SignatureStatus]})]
ReasonText = Annotated[str, Meta(extra_json_schema={"enum": [reason.value for reason in CancelReason]})]
