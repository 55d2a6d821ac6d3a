"""A key at a signing service signs once, with what its signer presented, and nothing that it lies about gets out."""

import base64
import hashlib
import json
import select
import socket
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from time import monotonic

import pytest

from sigillo.base.errors import SigilloError
from sigillo.engine.types import Signer, SigningKey
from sigillo.identities.presented import Presented
from sigillo.identities.providers.csc.errors import ServiceFault, Unusable, WrongFactor
from sigillo.identities.providers.csc.key import RemoteKey
from sigillo.identities.providers.csc.transport import MAX_ANSWER
from sigillo.identities.providers.csc.values import Auth, Version
from sigillo.outbound.client import Outbound
from sigillo.pki.verification import is_signed_by
from tests.outbound.servers import LOOPBACK, Reply, reply, serve
from tests.support.people import people
from tests.support.signing_service import OTP, PIN, RSA, Held, SigningService, signed, signing_service

DATA = b"the attributes that are signed"
OUTBOUND = Outbound(LOOPBACK)
SIGNING = ["credentials/info", "credentials/authorize", "signatures/signHash"]


def key_at(
    running: SigningService, *, password: str = PIN, otp: str = "", checked: bool = False, signer: Signer | None = None
) -> RemoteKey:
    return RemoteKey(
        service=running.service,
        outbound=OUTBOUND,
        credential="seal",
        username="robot",
        certificate=(signer or people().rsa).certificate,
        presented=Presented(password, otp),
        password_checked=checked,
    )


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("auth", "own", "login"), [
    ("oauth2client", True, ["oauth2/token"]),
    ("basic", False, ["auth/login"]),
    ("basic", True, ["auth/login"]),
    ("external", False, []),
])  # fmt: skip
def test_it_signs_once_in_either_version_however_it_logs_in(
    version: Version, auth: Auth, own: bool, login: list[str]
) -> None:
    with signing_service(version, auth) as running:
        running.own_login = own
        key: SigningKey = key_at(running)
        signature = key.sign(DATA)
    assert (key.algorithm, is_signed_by(people().rsa.certificate, signature, DATA)) == ("rsa", True)
    assert running.methods == [*login, *SIGNING]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_key_on_a_curve_signs_too(version: Version) -> None:
    with signing_service(version, seal=Held(people().ec)) as running:
        key = key_at(running, signer=people().ec)
        assert is_signed_by(people().ec.certificate, key.sign(DATA), DATA)
    assert (key.algorithm, running.form("signatures/signHash")["signAlgo"]) == ("ec", "1.2.840.10045.4.3.2")


def test_the_algorithm_is_one_that_the_key_offers() -> None:
    with signing_service("v2", seal=Held(people().rsa, algorithms=("0.4.0.127.0.7.1.1.4.1.3", RSA))) as running:
        key_at(running).sign(DATA)
    assert running.form("signatures/signHash")["signAlgo"] == RSA


@pytest.mark.parametrize(("version", "asked", "method"), [
    ("v1", {"PIN": PIN, "OTP": OTP}, "credentials/sendOTP"),
    ("v2", {"authData": [{"id": "PIN", "value": PIN}, {"id": "OTP", "value": OTP}]}, "credentials/getChallenge"),
])  # fmt: skip
def test_a_one_time_password_is_sent_for_and_presented_beside_the_pin(
    version: Version, asked: dict[str, object], method: str
) -> None:
    with signing_service(version, seal=Held(people().rsa, otp=True)) as running:
        with pytest.raises(Unusable) as missing:
            key_at(running).sign(DATA)
        key_at(running).send_otp()
        assert running.methods[-1] == method
        key_at(running, otp=OTP).sign(DATA)
        assert asked.items() <= running.form("credentials/authorize").items()
    assert missing.value.code == "otp_needed"
    assert running.methods.count("credentials/authorize") == 1, "without the one-time password it is not even tried"


def test_where_the_holder_may_choose_the_pin_will_do() -> None:
    with signing_service("v2", seal=Held(people().rsa, otp=True, expression="(PIN) XOR OTP")) as running:
        running.credentials["seal"].otp = True
        with pytest.raises(WrongFactor):  # this service wants both after all; what was sent is what is looked at
            key_at(running, otp=OTP).sign(DATA)
    assert running.form("credentials/authorize")["authData"] == [{"id": "PIN", "value": PIN}]


def test_no_one_time_password_is_sent_for_where_none_is_asked() -> None:
    with signing_service() as running, pytest.raises(Unusable) as caught:
        key_at(running).send_otp()
    assert (caught.value.code, running.methods[-1]) == ("no_otp", "credentials/info")


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("asks_otp", "password", "otp", "code"), [
    (False, "0000", "", "wrong_password"),
    (True, PIN, "000000", "wrong_otp"),
])  # fmt: skip
def test_a_wrong_factor_is_named(version: Version, asks_otp: bool, password: str, otp: str, code: str) -> None:
    with (
        signing_service(version, seal=Held(people().rsa, otp=asks_otp)) as running,
        pytest.raises(WrongFactor) as caught,
    ):
        key_at(running, password=password, otp=otp).sign(DATA)
    assert (caught.value.code, running.methods[-1]) == (code, "credentials/authorize")


def test_a_one_time_password_may_be_found_wrong_as_late_as_the_signature() -> None:
    with signing_service("v2", seal=Held(people().rsa, otp=True)) as running:
        running.lies["signatures/signHash"] = refused(400, "invalid_otp")
        with pytest.raises(WrongFactor, match="one-time password is wrong"):
            key_at(running, otp=OTP).sign(DATA)


def test_a_login_of_the_users_own_is_a_factor() -> None:
    with signing_service(auth="basic") as running, pytest.raises(WrongFactor, match="user name and password"):
        key_at(running, password="0000").sign(DATA)
    assert running.methods == ["auth/login"]


@pytest.mark.parametrize("auth", ["oauth2client", "basic"])
def test_a_login_of_this_installation_is_the_operators_fault(auth: Auth) -> None:
    with signing_service(auth=auth) as running:
        running.own_login = True
        service = replace(running.service, client_secret="another")
        with pytest.raises(ServiceFault, match="own login") as caught:
            replace(key_at(running), service=service).sign(DATA)
    assert "another" not in str(caught.value)
    assert "another" not in repr(service)


def test_a_password_that_nobody_checks_signs_nothing() -> None:
    """The service asked for a PIN when the identity was associated, and does not any more."""
    with signing_service(seal=Held(people().rsa, pin=False, mode="implicit")) as running:
        with pytest.raises(Unusable) as caught:
            key_at(running).sign(DATA)
        assert (caught.value.code, running.methods[-1]) == ("password_unchecked", "credentials/info")
        key_at(running, checked=True).sign(DATA)
    assert "PIN" not in running.form("credentials/authorize")


def changed(signer: Signer) -> Callable[[Held], None]:
    return lambda held: setattr(held, "signer", signer)


@pytest.mark.parametrize(("change", "code"), [
    (changed(people().third), "certificate_changed"),
    (lambda held: setattr(held, "enabled", False), "unusable_credential"),
    (lambda held: setattr(held, "status", "revoked"), "unusable_credential"),
    (lambda held: setattr(held, "mode", "oauth2code"), "unusable_credential"),
    (lambda held: setattr(held, "algorithms", ("1.2.840.113549.1.1.10",)), "unusable_credential"),
])  # fmt: skip
def test_a_credential_that_changed_is_not_used(change: Callable[[Held], None], code: str) -> None:
    with signing_service() as running:
        change(running.credentials["seal"])
        with pytest.raises(Unusable) as caught:
            key_at(running).sign(DATA)
    assert (caught.value.code, running.methods[-1]) == (code, "credentials/info")


def test_a_credential_that_is_gone_is_not_used() -> None:
    with signing_service(other=Held(people().rsa)) as running, pytest.raises(Unusable) as caught:
        key_at(running).sign(DATA)
    assert caught.value.code == "credential_gone"


def said(body: object) -> Reply:
    return reply(200, json.dumps(body).encode(), Content_Type="application/json")


def refused(status: int, word: str) -> Reply:
    body = {"error": word, "error_description": f"the PIN {PIN} was no good"}
    return reply(status, json.dumps(body).encode(), Content_Type="application/json")


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing until the caller has gone."""
    handler.connection.settimeout(5)
    handler.connection.recv(1)


def hung_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def by_another_key(handler: BaseHTTPRequestHandler) -> None:
    digest = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    said({"signatures": [signed(people().third, digest)]})(handler)


GOOD = "A" * 344
LIES: dict[str, tuple[Reply, str]] = {
    "silence": (silent, "in time"),
    "a dropped connection": (hung_up, "cannot be reached"),
    "500": (reply(500, b"oops"), "answered 500"),
    "503": (reply(503), "answered 503"),
    "429": (reply(429), "answered 429"),
    "a refusal": (refused(400, "invalid_request"), "invalid_request"),
    "a refusal in prose": (reply(403, b"<h1>No</h1>"), "403"),
    "a refusal that repeats secrets": (refused(400, PIN), "400"),
    "not JSON": (reply(200, b"<html>"), "malformed"),
    "nothing": (reply(204), "malformed"),
    "another shape": (said({"signatures": "x", "SAD": 1, "key": [], "credentialIDs": {}}), "malformed"),
    "not UTF-8": (reply(200, b'{"SAD": "\xff"}'), "malformed"),
    "depth": (reply(200, b'{"a":' + b"[" * 100_000), "malformed"),
    "a huge answer": (reply(200, b'{"a":"' + b"x" * MAX_ANSWER), "too large"),
    "a redirect": (reply(302, Location="/elsewhere"), "redirects"),
    "a redirect abroad": (reply(307, Location="http://localhost:1/"), "redirects"),
}  # fmt: skip


@pytest.mark.parametrize("method", ["oauth2/token", *SIGNING])
@pytest.mark.parametrize("lie", LIES)
def test_a_service_that_fails_is_named_and_signs_nothing(lie: str, method: str) -> None:
    behave, word = LIES[lie]
    with signing_service() as running:
        running.lies[method] = behave
        running.seconds = 0.15 if lie == "silence" else 5
        began = monotonic()
        with pytest.raises(SigilloError) as caught:
            key_at(running).sign(DATA)
    told = caught.value
    assert monotonic() - began < 3
    assert running.methods[-1] == method, "after it nothing more is asked"
    assert PIN not in str(told)
    if method == "oauth2/token" and isinstance(told, ServiceFault) and "own login" in told.reason:
        assert "refusal" in lie
    elif method == "credentials/info" and isinstance(told, Unusable):
        assert told.code == "credential_gone"
    else:
        assert isinstance(told, ServiceFault)
        assert word in told.message
        assert "aruba-auto" in told.message


@pytest.mark.parametrize(("lie", "code"), [
    (by_another_key, "provider_signature"),
    (said({"signatures": [GOOD]}), "provider_signature"),
    (said({"signatures": [GOOD[:200]]}), "provider_signature"),
    (said({"signatures": [""]}), "provider_signature"),
    (said({"signatures": ["not base64!"]}), "provider_unavailable"),
    (said({"signatures": []}), "provider_unavailable"),
    (said({"signatures": [GOOD, GOOD]}), "provider_unavailable"),
])  # fmt: skip
def test_a_signature_that_is_not_the_keys_is_not_let_out(lie: Reply, code: str) -> None:
    for signer in (people().rsa, people().ec):
        with signing_service(seal=Held(signer)) as running:
            running.lies["signatures/signHash"] = lie
            with pytest.raises(ServiceFault) as caught:
                key_at(running, signer=signer).sign(DATA)
        assert caught.value.code == code


@pytest.mark.parametrize("certificates", [[], ["AAAA"], ["?"], ["A" * 60_000], ["AAAA"] * 11])
def test_a_certificate_that_cannot_be_read_is_the_services_fault(certificates: list[str]) -> None:
    with signing_service() as running:
        running.lies["credentials/info"] = said({"key": {"algo": [RSA]}, "cert": {"certificates": certificates}})
        with pytest.raises(ServiceFault, match="readable certificate"):
            key_at(running).sign(DATA)


def test_a_private_address_is_called_only_where_the_operator_opened_it() -> None:
    with signing_service() as running, pytest.raises(ServiceFault, match="not opened by the operator"):
        replace(key_at(running), outbound=Outbound(replace(LOOPBACK, allow=()))).sign(DATA)
    assert not running.asked


def test_all_calls_share_the_time_of_one_operation() -> None:
    """Each answer alone would be quick enough."""

    def slow(handler: BaseHTTPRequestHandler) -> None:
        select.select([handler.connection], [], [], 0.2)
        said({"access_token": "t0ken"})(handler)

    with signing_service() as running:
        running.lies = {"oauth2/token": slow, "credentials/info": slow}
        running.seconds = 0.3
        with pytest.raises(ServiceFault, match="in time"):
            key_at(running).sign(DATA)
    assert running.methods == ["oauth2/token", "credentials/info"]


def test_what_was_presented_does_not_show() -> None:
    with signing_service() as running:
        assert PIN not in repr(key_at(running, otp=OTP))
        assert OTP not in repr(key_at(running, otp=OTP))


@pytest.mark.parametrize("token", ["a\r\nHost: elsewhere", "Łukasz", ""])
def test_a_token_that_is_none_goes_nowhere(token: str) -> None:
    with signing_service() as running:
        running.lies["oauth2/token"] = said({"access_token": token})
        with pytest.raises(ServiceFault):
            key_at(running).sign(DATA)
    assert "credentials/authorize" not in running.methods


def test_nobody_listens() -> None:
    with serve(reply()) as site:
        gone = site.url("/csc/v1")
    with signing_service(auth="external") as running, pytest.raises(ServiceFault, match="cannot be reached"):
        replace(key_at(running), service=replace(running.service, url=gone)).sign(DATA)
