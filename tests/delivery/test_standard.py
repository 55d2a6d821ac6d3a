"""Signatures of messages, judged by the library that the authors of the scheme publish for receivers."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sigillo.base.clock import now
from sigillo.delivery.standard import new_secret, signed_headers

BODY = '{"message":"Łukasz 王"}'.encode()


def test_a_secret_is_long_enough_and_new_each_time() -> None:
    first, second = new_secret(), new_secret()
    assert first.startswith("whsec_")
    assert 24 <= len(base64.b64decode(first.removeprefix("whsec_"))) <= 64
    assert first != second


def test_a_receiver_finds_the_message_whole_and_fresh() -> None:
    secret = new_secret()
    headers = signed_headers(secret, "9959b0be-829e-42bb-82b3-28a5ef83ae4c", BODY, at=now())
    assert Webhook(secret).verify(BODY, headers) == {"message": "Łukasz 王"}
    assert headers["webhook-id"] == "9959b0be-829e-42bb-82b3-28a5ef83ae4c"


def test_the_published_example_comes_out_the_same() -> None:
    """Of the specification's own test suite: secret, id, moment and body in, signature out."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at=datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("change", ["body", "id", "timestamp", "secret", "age"])
def test_whatever_is_changed_is_noticed(change: str) -> None:
    secret, at = new_secret(), now() - timedelta(minutes=6 if change == "age" else 0)
    headers = signed_headers(secret, "a", BODY, at=at)
    if change in ("id", "timestamp"):
        headers[f"webhook-{change}"] = str(int(now().timestamp()) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret() if change == "secret" else secret).verify(
            BODY + b" " if change == "body" else BODY, headers
        )
