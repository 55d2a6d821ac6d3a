"""What makes a certificate fit for the signatures that are made here."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sigillo.identities.providers.csc.answers import Credential
from sigillo.identities.providers.csc.suitability import fault_of
from sigillo.pki.certificates import describe
from tests.support.people import BEGIN, END, people
from tests.support.signing_service import ECDSA_SHA256, RSA_SHA256

AT = BEGIN + timedelta(days=200)


def credential(name: str = "rsa", **facts: object) -> Credential:
    certificate = getattr(people(), name).certificate
    return Credential(
        id="seal",
        certificate=certificate,
        facts=replace(describe(certificate), **facts),  # type: ignore[arg-type]
        chain=(),
        algorithms=frozenset({RSA_SHA256, ECDSA_SHA256}),
        enabled=True,
        status="valid",
        mode="explicit",
        pin="PIN",
        otp="",
    )


@pytest.mark.parametrize(
    "usage", [None, frozenset({"digitalSignature"}), frozenset({"nonRepudiation", "keyEncipherment"})]
)
def test_a_key_for_signatures_is_fit(usage: frozenset[str] | None) -> None:
    assert fault_of(credential(key_usage=usage), AT) == ""
    assert fault_of(credential("ec", key_usage=usage), AT) == ""


@pytest.mark.parametrize(("name", "facts", "word"), [
    ("rsa", {"key_usage": frozenset({"keyEncipherment"})}, "not for signatures"),
    ("rsa", {"key_usage": frozenset()}, "not for signatures"),
    ("rsa", {"is_authority": True}, "not for signatures"),
    ("rsa", {"key_bits": 2047}, "2048 bits"),
    ("ec", {"key_bits": 224}, "256 bits"),
    ("ec", {"algorithm": "other", "key_bits": 0}, "neither RSA nor EC"),
])  # fmt: skip
def test_any_other_is_not(name: str, facts: dict[str, object], word: str) -> None:
    assert word in fault_of(credential(name, **facts), AT)


def test_its_days_are_its_own() -> None:
    for at in (BEGIN, END):
        assert fault_of(credential(), at) == ""
    for at in (BEGIN - timedelta(seconds=1), END + timedelta(seconds=1)):
        assert "not in date" in fault_of(credential(), at)
