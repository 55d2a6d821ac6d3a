"""Which credential of a user becomes an identity, and what is said where none, or more than one, could."""

from datetime import UTC, datetime

import pytest
import time_machine

from sigillo.base.errors import Invalid
from sigillo.engine.types import Signer
from sigillo.identities.providers.csc.errors import ServiceFault, Unusable
from sigillo.identities.providers.csc.granting import MAX_CREDENTIALS, find_credential
from sigillo.identities.providers.csc.values import Auth, Version
from sigillo.identities.providers.granted import Granted
from sigillo.identities.providers.table import PROVIDERS
from sigillo.outbound.client import Outbound
from sigillo.pki.authority import Issuer, create_root
from sigillo.pki.keys import LocalKey, generate_p256, load_key
from sigillo.pki.names import Subject
from tests.outbound.servers import LOOPBACK, reply
from tests.support.people import BEGIN, people
from tests.support.signing_service import PIN, Held, SigningService, signing_service

DATA = {"auth_domain": "demo", "username": "robot", "password": PIN}


def find(running: SigningService, provider: str = "aruba-auto", **changes: str) -> Granted:
    return find_credential(running.service, Outbound(LOOPBACK), PROVIDERS[provider], DATA | changes)


def authority() -> Signer:
    """An authority's own certificate, which is not for signing documents."""
    key: LocalKey = load_key(generate_p256())
    root: Issuer = create_root(Subject("Somebody's root"), key, not_before=BEGIN, years=9)
    return Signer(root.certificate, (), key)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("auth", "user"), [("oauth2client", "robot"), ("basic", None), ("external", "robot")])
def test_the_only_credential_is_found_with_its_chain(version: Version, auth: Auth, user: str | None) -> None:
    signer = people().rsa
    with signing_service(version, auth) as running:
        granted = find(running)
    assert granted == Granted(signer.certificate, signer.chain, credential="seal", password_here=False)
    asked = running.form("credentials/list")
    assert (asked.get("userID"), asked["clientData"]) == (user, "demo"), "a user's own login may not name a user (11.4)"
    assert running.methods[-2:] == ["credentials/list", "credentials/info"], "nothing is authorized or signed"


def test_a_chain_comes_in_its_order_and_without_strangers() -> None:
    signer = people().rsa
    shuffled = Signer(signer.certificate, (signer.chain[1], people().third.certificate, signer.chain[0]), signer.key)
    with signing_service(seal=Held(shuffled)) as running:
        assert find(running).chain == signer.chain


def test_what_cannot_sign_is_passed_over() -> None:
    held = {"root": Held(authority()), "old": Held(people().third, status="expired"), "seal": Held(people().ec)}
    with signing_service(held=held) as running:
        assert find(running).credential == "seal"


def test_of_several_the_caller_names_one() -> None:
    with signing_service(one=Held(people().rsa), two=Held(people().ec)) as running:
        with pytest.raises(Unusable, match=r"provider_data\.credential_id: 'one', 'two'") as several:
            find(running)
        assert find(running, credential_id="two").certificate == people().ec.certificate
        with pytest.raises(Unusable, match=r"no credential 'three'.* but 'one', 'two'") as absent:
            find(running, credential_id="three")
    assert (several.value.code, absent.value.code) == ("several_credentials", "no_such_credential")


def test_many_are_not_all_asked_about() -> None:
    held = {f"c{number}": Held(people().rsa) for number in range(MAX_CREDENTIALS + 1)}
    with signing_service(held=held) as running:
        with pytest.raises(Unusable, match="11 credentials"):
            find(running)
        assert "credentials/info" not in running.methods
        assert find(running, credential_id="c7").credential == "c7"


def test_without_a_credential_there_is_no_identity() -> None:
    with signing_service() as running:
        running.credentials.clear()
        with pytest.raises(Unusable, match="get one there first") as caught:
            find(running)
    assert caught.value.code == "no_credential"


def test_a_user_that_the_service_does_not_know() -> None:
    with signing_service() as running, pytest.raises(Unusable, match="does not know this user"):
        find(running, username="nobody")


def test_a_wrong_login_is_the_callers_mistake() -> None:
    with signing_service(auth="basic") as running, pytest.raises(Invalid, match="user name and password") as caught:
        find(running, password="another")
    assert caught.value.code == "wrong_password"
    assert "another" not in str(caught.value)


@pytest.mark.parametrize(("held", "reason"), [
    (Held(people().rsa, enabled=False), "disabled"),
    (Held(people().rsa, status="suspended"), "expired, revoked or suspended"),
    (Held(people().rsa, mode="oauth2code"), "in a browser"),
    (Held(people().rsa, algorithms=("1.2.840.113549.1.1.10",)), "PKCS #1"),
    (Held(people().ec, algorithms=("1.2.840.113549.1.1.11",)), "ECDSA"),
    (Held(people().rsa, otp=True), "one-time password with each signature"),
    (Held(authority()), "not for signatures"),
])  # fmt: skip
def test_the_reason_why_one_cannot_sign_is_told(held: Held, reason: str) -> None:
    with signing_service(seal=held) as running, pytest.raises(Unusable, match=f"'seal': .*{reason}") as caught:
        find(running)
    assert caught.value.code == "unusable_credential"


@pytest.mark.parametrize("at", [datetime(2025, 12, 31, tzinfo=UTC), datetime(2034, 1, 2, tzinfo=UTC)])
def test_a_certificate_is_in_date(at: datetime) -> None:
    with signing_service() as running, time_machine.travel(at), pytest.raises(Unusable, match="not in date"):
        find(running)


def test_a_person_may_have_a_credential_that_asks_for_one_time_passwords() -> None:
    with signing_service(seal=Held(people().rsa, pin=False, otp=True)) as running:
        granted = find(running, "aruba")
    assert (granted.password_here, granted.guarded) == (True, True)


def test_one_that_asks_for_nothing_is_unguarded() -> None:
    with signing_service(seal=Held(people().rsa, pin=False, mode="implicit")) as running:
        granted = find(running)
    assert (granted.password_here, granted.guarded) == (True, False)


@pytest.mark.parametrize("method", ["oauth2/token", "credentials/list", "credentials/info"])
def test_a_service_that_fails_grants_nothing(method: str) -> None:
    with signing_service() as running:
        running.lies[method] = reply(500)
        with pytest.raises(ServiceFault, match="answered 500"):
            find(running)
    assert running.methods[-1] == method


def test_the_other_fields_of_a_provider_have_their_place() -> None:
    with signing_service() as running:
        find(running, "namirial", id_titolare="RHI001", id_otp="7")
    assert running.form("credentials/list")["clientData"] == "RHI001"
