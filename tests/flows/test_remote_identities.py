"""An identity at a signing service: looked up there and stored whole, or not stored at all."""

import pytest
from pytest_django import Settings

from sigillo.base.errors import Forbidden, Invalid, NotFound, Unavailable
from sigillo.identities.keys import open_provider_data
from sigillo.identities.models import Identity, IssuedCertificate
from sigillo.journal.models import Event
from sigillo.pki.certificates import describe, from_pem_or_base64, to_bundle
from sigillo.secrets.passwords import verify_password
from tests.flows.remote import associate, configured, rows, told
from tests.flows.stories import PASSWORD, give_identity
from tests.outbound.servers import Reply, reply
from tests.support.people import people
from tests.support.signing_service import Held
from tests.support.world import House

pytestmark = pytest.mark.usefixtures("loopback_open")


def test_it_is_active_with_the_certificate_of_the_service(acme: House, bravo: House, settings: Settings) -> None:
    issued = IssuedCertificate.objects.count()
    with configured(settings):
        row = associate(acme)
    signer = people().rsa
    facts = describe(signer.certificate)
    assert (row.status, row.organization, row.user) == ("active", acme.organization, acme.automatic.user)
    assert from_pem_or_base64(row.certificate_pem) == signer.certificate
    assert (row.chain_pem, row.not_after) == (to_bundle(signer.chain), facts.not_after)
    assert (row.sealed_key, row.password_hash) == ("", ""), "the service has the key, and knows the password"
    assert PASSWORD not in row.sealed_provider_data
    assert IssuedCertificate.objects.count() == issued
    assert told(acme.organization.id) == ["identity.intent", "identity.associated"]
    assert Event.objects.get(kind="identity.associated").data["certificate"] == facts.sha256
    assert not Identity.objects.filter(organization=bravo.organization).exists()


def test_what_is_shown_of_it_are_the_contracts_own_fields(acme: House, settings: Settings) -> None:
    with configured(settings, seal=Held(people().rsa), other=Held(people().ec)):
        row = associate(acme, {"credential_id": "seal"})
    assert open_provider_data(row) == ({"auth_domain": "demo", "username": "robot"}, "seal")


def test_only_the_configured_provider_is_there(acme: House, settings: Settings) -> None:
    with configured(settings, "infocert") as running, pytest.raises(Invalid, match="not configured") as caught:
        associate(acme)
    assert caught.value.code == "provider_not_configured"
    assert not running.asked
    assert told(acme.organization.id) == []


def test_in_the_sandbox_the_others_are_stood_in_for(acme: House, settings: Settings) -> None:
    with configured(settings, "infocert") as running:
        settings.SIGILLO_ENVIRONMENT = "sandbox"
        give_identity(acme)
        assert not running.asked
        settings.SIGILLO_CSC = {"aruba-auto": running.service}
        assert associate(acme).sealed_key == ""
    assert sorted(bool(row.sealed_key) for row in Identity.objects.all()) == [False, True]


@pytest.mark.parametrize("method", ["oauth2/token", "credentials/list", "credentials/info"])
@pytest.mark.parametrize(
    "lie", [reply(500), reply(200, b"<html>"), reply(302, Location="/"), reply(200, b"[" * 300_000)]
)
def test_a_service_that_fails_leaves_a_closed_intent_and_nothing_else(
    acme: House, settings: Settings, lie: Reply, method: str
) -> None:
    before = rows()
    with configured(settings) as running:
        running.lies[method] = lie
        with pytest.raises(Unavailable, match="signing service of aruba-auto cannot be used now"):
            associate(acme)
    assert rows() == before
    assert told(acme.organization.id) == ["identity.intent", "identity.abandoned"]


@pytest.mark.parametrize(
    ("held", "data"),
    [
        (Held(people().rsa, enabled=False), {}),
        (Held(people().rsa), {"username": "nobody"}),
        (Held(people().rsa), {"credential_id": "other"}),
    ],
)
def test_so_does_a_user_without_a_credential(acme: House, settings: Settings, held: Held, data: dict[str, str]) -> None:
    before = rows()
    with configured(settings, seal=held), pytest.raises(Invalid):
        associate(acme, data)
    assert rows() == before
    assert told(acme.organization.id) == ["identity.intent", "identity.abandoned"]


def test_a_wrong_login_is_the_callers_mistake(acme: House, settings: Settings) -> None:
    with configured(settings, auth="basic"):
        with pytest.raises(Invalid, match="user name and password"):
            associate(acme, {"password": "another"})
        assert associate(acme).password_hash == ""


def test_a_key_that_asks_its_holder_for_nothing_takes_a_rao(acme: House, settings: Settings) -> None:
    """Else whoever knows a name at the service could sign as its holder."""
    with configured(settings, "infocert", seal=Held(people().rsa, pin=False, mode="implicit")):
        with pytest.raises(Forbidden, match="owner or a RAO") as caught:
            associate(acme, actor=acme.user, handle="ugo", provider="infocert")
        assert not Identity.objects.exists()
        row = associate(acme, actor=acme.rao, handle="ugo", provider="infocert")
    assert caught.value.code == "unguarded_credential"
    assert verify_password(row.password_hash, PASSWORD), "the service does not know it"
    assert told(acme.organization.id) == [
        "identity.intent",
        "identity.abandoned",
        "identity.intent",
        "identity.associated",
    ]


def test_nobody_fills_the_wallet_of_another_house(acme: House, bravo: House, settings: Settings) -> None:
    with configured(settings) as running:
        with pytest.raises(NotFound):
            associate(acme, handle="only-bravo")
        with pytest.raises(Forbidden):
            associate(acme, actor=acme.user)
    assert not running.asked
    assert not Identity.objects.exists()
    assert told(bravo.organization.id) == []
