"""Writing a message: the row, and the job that takes it to a gateway, in the transaction of what it is about."""

from datetime import datetime

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Unavailable
from sigillo.installation import is_sandbox, message_gateway
from sigillo.messages.addresses import check_address
from sigillo.messages.contents import seal_contents
from sigillo.messages.models import Message
from sigillo.organizations.models import Organization, User
from sigillo.organizations.tally import Counted, count_in
from sigillo.queue.port import enqueue

MAX_SUBJECT = 200


def write_message(
    organization: Organization,
    user: User | None,
    *,
    kind: str,
    channel: str,
    address: str,
    subject: str = "",
    text: str,
    expires: datetime | None = None,
) -> Message:
    """Have a text brought to a person once the caller's transaction commits; it is rolled back with it.

    `kind` is a word of ours for what the message is about, `channel` one of `Message.Channel`. The subject is of use
    to e-mail alone and is shown wherever the message is: no secret belongs into it. After `expires` the message is
    not sent any more. The journal is told by the caller, of what the message is about, and by the worker, of what
    became of it.

    Raises:
        Invalid: nothing can be sent to this address.
        Unavailable: this installation is for production and has no gateway for the channel.
        RuntimeError: there is no surrounding transaction, so that message and change could part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A message is written in the transaction of what it is about; open one around both.")
    address = check_address(channel, address)
    if not is_sandbox() and not message_gateway(channel):
        raise Unavailable("no_gateway", _NO_GATEWAY[channel])
    moment = now()
    message = Message(
        organization=organization,
        user=user,
        kind=kind,
        channel=channel,
        subject=" ".join(subject.split())[:MAX_SUBJECT],
        next_attempt_at=moment,
        expires=expires,
        created=moment,
    )
    seal_contents(message, address, text)
    message.save(force_insert=True)
    enqueue("deliver_message", message.id)
    count_in(organization.id, Counted.MESSAGES)
    return message


_NO_GATEWAY = {
    "sms": "This installation cannot send text messages; ask its operator to set SIGILLO_SMS_URL.",
    "email": "This installation cannot send e-mail; ask its operator to set SIGILLO_MAIL_URL.",
}
