"""The form of a gateway's address, and the recipient in it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from sigillo.messages.gateways import addressed, parse_gateway, parse_mail_gateway

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"jsons://u:{SECRET}@sms.example.org/?:to={{to}}",
        f"twilio://AC1:{SECRET}@+15551234567/{{to}}",
        f"d7sms://{SECRET}@{{to}}",
        "json://127.0.0.1:8000/{to}?:again={to}",
    ],
)
def test_a_gateway_is_taken_as_it_is(text: str) -> None:
    assert parse_gateway(text) == text


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"{SECRET}.example.org/{{to}}",
        f"jsons://{SECRET}@sms.example.org/",
        f"jsons://{SECRET}@sms.example.org/{{TO}}",
        f"jsons://{SECRET}@sms.example.org/{{to}} json://evil.example.org",
        f"jsons://{SECRET}@sms.example.org/{{to}}\n",
    ],
)
def test_what_is_none_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refusal:
        parse_gateway(text)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["mailto://{to}", "mailtos://u:p@{to}?from=a", "mailto://{to}:25/x", "mailto://x.{to}#a"]
)
def test_whoever_gets_mail_does_not_choose_the_server(text: str) -> None:
    with pytest.raises(ValueError, match="mail server"):
        parse_mail_gateway(text)
    assert parse_mail_gateway("mailto://u:p@mail.example.org?to={to}")
    assert parse_mail_gateway("") == ""


def test_the_recipient_is_escaped() -> None:
    address = addressed("json://h.example.org/{to}?:to={to}&-a=b", "+39/../&x=y#{to}")
    parts = urlsplit(address)
    assert parts.path.count("/") == 1
    assert parse_qs(parts.query) == {":to": ["+39/../&x=y#{to}"], "-a": ["b"]}
    assert not parts.fragment
