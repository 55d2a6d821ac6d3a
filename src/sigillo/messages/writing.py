from sigillo.base.ids import new_id
from sigillo.installation import keyring
from sigillo.messages.addresses import mask
from sigillo.messages.models import Message
from sigillo.organizations.models import Organization, User
from sigillo.secrets.sealing import Context

__all__ = ["mask"]


def check_gateway(channel: Message.Channel) -> None:
    return


def write_message(
    organization: Organization,
    user: User,
    *,
    kind: str,
    channel: Message.Channel,
    address: str,
    subject: str,
    text: str,
) -> Message:
    key = new_id()

    def seal(field: str, value: str) -> str:
        return keyring().seal(value.encode(), Context(str(organization.id), "message", str(key), field))

    return Message.objects.create(
        id=key,
        organization=organization,
        user=user,
        kind=kind,
        channel=channel,
        subject=subject,
        sealed_address=seal("address", address),
        sealed_text=seal("text", text),
        status="kept",
    )
