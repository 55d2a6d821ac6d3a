import re
from sigillo.base.errors import Invalid
from sigillo.messages.models import Message


def check_phone(field: str, text: str) -> str:
    if not re.fullmatch(r"\+[0-9 ]{8,20}", text):
        raise Invalid("invalid_phone", f"{field} must be a telephone number such as +391234567890.")
    return text


def check_email(field: str, text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise Invalid("invalid_email", f"{field} must be an e-mail address such as name@example.org.")
    return text


def mask(channel: Message.Channel, address: str) -> str:
    return address[:3] + "***" + address[-3:]
