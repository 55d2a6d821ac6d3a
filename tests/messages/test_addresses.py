"""Addresses: one spelling, nothing that a gateway could read as somebody else's, and masks that tell little."""

import json
import random
import re

import pytest

from sigillo.base.errors import Invalid
from sigillo.documents.limited import IntakeLimits, run_limited
from sigillo.messages.addresses import check_address, mask_address
from sigillo.messages.gateways import addressed

PIECES = (*"abcdxyz7" * 5, *".-_+" * 3, *"@ '\"<>,:;/%?&#=\\é", "@x.org")
DOMAINS = ("@example.org", "@a-b.c.example.co", "@x.org@example.org", "@EXAMPLE.Museum", "@xn--mnchen-3ya.de")
MAIL_GATEWAYS = ("mailto://mail.example.net?from=s%40example.net&to={to}", "mailtos://u:p@mail.example.net/{to}")


@pytest.mark.parametrize(
    "text", ["+391234567890", "+39 1234567890", " +39 (123) 456-7890 ", "+39.123/456.7890", "+39-1234567890"]
)
def test_a_number_has_one_spelling(text: str) -> None:
    assert check_address("sms", text) == "+391234567890"


@pytest.mark.parametrize(
    "text",
    [
        *("", "3331234567", "0039 333 1234567", "+39", "+39123", "+39 333 12345678901234", "+999 1234567", "+441234"),
        *("+39 333 1234567 ext. 5", "+1-800-FLOWERS", "tel:+393331234567", "+393331234567,+393331234568"),
        *("＋３９３３３１２３４５６７", "+39333123456٧", "+39\n3331234567", "+" + "3" * 100),
    ],
)
def test_what_cannot_be_called_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_address("sms", text)
    assert refusal.value.code == "invalid_phone_number"
    assert "+39 333 1234567, such as" not in refusal.value.message
    assert not text or text not in refusal.value.message.replace("such as +39 333 1234567", "")


@pytest.mark.parametrize("text", ["j@example.com", "a.b_c-d+tag.x@mail.example.co", "X@1.2.ab", "_@xn--a-b.museum"])
def test_an_email_address_stays_as_it_is(text: str) -> None:
    assert check_address("email", f" {text} ") == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "@example.com", "a@b", "a@b.c", "a b@example.com", "a@exa mple.com", "a@@example.com", "a@.com"),
        *("o'brien@example.org", '"a"@example.org', "Mario:a@example.org", "<a@example.org>", "a,b@example.org"),
        *("a@example.org,b@example.org", "a@example.org b@example.org", "a;b@example.org", "a/b@example.org"),
        *("a%40b@example.org", "a?b@example.org", "a&b@example.org", "a#b@example.org", "{to}@example.org"),
        *("a@example.org\nBcc: b@example.org", "a\0@example.org", "a@[127.0.0.1]", "a@-x.org", "a@x-.org", "é@x.org"),
        *(
            "a@example.xn--p1ai",
            "a@example.12",
            "a.@example.org",
            ".a@example.org",
            "a..b@example.org",
            "a+@example.org",
            "a+b+c@example.org",
        ),
        "a" * 250 + "@example.org",
    ],
)
def test_what_a_gateway_could_misread_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_address("email", text)
    assert refusal.value.code == "invalid_email"
    assert len(text) < 4 or text not in refusal.value.message


def test_whatever_is_taken_apprise_sends_to_exactly_that() -> None:
    """Addresses put together at random, most of them refused: no gateway may read what is left as somebody else."""
    chance = random.Random(5321)
    texts = {"".join(chance.choices(PIECES, k=chance.randint(1, 8))) + chance.choice(DOMAINS) for _ in range(3000)}
    taken = sorted(text for text in texts if _is_taken(text))
    assert 300 < len(taken) < len(texts) / 2
    asked = [(addressed(gateway, text), text) for text in taken for gateway in MAIL_GATEWAYS]
    request = json.dumps([address for address, _ in asked]).encode()
    finished = run_limited("tests.messages.apprise_targets:targets", request, IntakeLimits())
    assert json.loads(finished.answer) == [[[False, text]] for _, text in asked]


def _is_taken(text: str) -> bool:
    try:
        return check_address("email", text) == text
    except Invalid:
        return False


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("sms", "+391234567890", "+39*******890"),
        ("sms", "+14155552671", "+1*******671"),
        ("email", "john@example.com", "j***@example.com"),
        ("email", "j@example.com", "j***@example.com"),
    ],
)
def test_masks(channel: str, address: str, shown: str) -> None:
    assert mask_address(channel, address) == shown
    assert not re.search(r"\d{4}|ohn", shown)
