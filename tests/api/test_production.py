"""Outside of the sandbox nothing is pretended: a provider that is not configured makes no identity."""

import pytest
from pytest_django import Settings

from sigillo.identities.models import Identity, IssuedCertificate
from sigillo.journal.models import Event
from tests.api.bodies import wallet_body
from tests.api.calling import assert_refused, post
from tests.support.world import House

PERSONAL = {"username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("handle", "body"),
    [
        ("robot", wallet_body()),
        ("ugo", wallet_body(provider_id="infocert", provider_data=PERSONAL)),
    ],
)
def test_a_provider_that_is_not_configured(
    acme: House, settings: Settings, handle: str, body: dict[str, object]
) -> None:
    settings.SIGILLO_ENVIRONMENT = "production"
    answer = post(acme.owner, f"/api/v1/acme/users/{handle}/wallet", body)
    assert_refused(answer, 400, "provider_not_configured", str(body["provider_id"]), "operator")
    assert not Identity.objects.exists()
    assert not IssuedCertificate.objects.filter(authority__parent__isnull=False).exists()
    assert not Event.objects.exists()


def test_bad_bodies_are_told_of_first(acme: House, settings: Settings) -> None:
    settings.SIGILLO_ENVIRONMENT = "production"
    answer = post(acme.owner, "/api/v1/acme/users/robot/wallet", wallet_body(provider_data={}))
    assert_refused(answer, 400, "invalid_provider_data", "auth_domain")
    assert not Identity.objects.exists()
