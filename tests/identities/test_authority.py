"""The embedded authority: certificates, the addresses in them, and an authority per public address."""

import pytest
from pytest_django import Settings

from sigillo.identities import authority
from sigillo.identities.models import Authority, Identity
from sigillo.identities.providers import embedded
from sigillo.journal.models import Event
from sigillo.organizations.models import User
from sigillo.pki.certificates import describe
from tests.support.world import House


def test_certificates_name_addresses_of_this_server(acme: House, settings: Settings) -> None:
    settings.SIGILLO_PUBLIC_URL = "https://sign.example.org"
    info = describe(embedded.issue_for(acme.automatic.user).certificate)
    issuing = Authority.objects.get(public_url="https://sign.example.org")
    assert info.crl_urls == (f"https://sign.example.org/pki/{issuing.id}.crl",)
    assert info.subject["commonName"] == "Robot Ιωάννης"
    settings.SIGILLO_PKI_URL = "http://sign.example.org"
    plain = describe(embedded.issue_for(acme.automatic.user).certificate)
    assert plain.crl_urls == (f"http://sign.example.org/pki/{authority.issuing().id}.crl",)
    assert authority.issuing().id != issuing.id
    assert info.subject["O"] == "Acme S.p.A."
    assert info.key_usage == frozenset({"digitalSignature", "nonRepudiation"})


def test_an_issuing_authority_has_an_intent_before_it_and_a_result(acme: House, settings: Settings) -> None:
    settings.SIGILLO_PUBLIC_URL = "https://sign.example.org"
    made = authority.issuing()
    intent, created = Event.objects.filter(chain__subject_id=authority.root().id).order_by("sequence")
    assert (intent.kind, created.kind) == ("authority.intent", "authority.created")
    assert intent.data == {"authority": str(made.id), "address": "https://sign.example.org"}
    assert created.data["authority"] == str(made.id)
    assert (intent.actor, created.actor) == ("system:authority", "system:authority")


def test_an_issuing_authority_per_public_address(acme: House, settings: Settings) -> None:
    first = authority.issuing()
    assert authority.issuing().id == first.id
    settings.SIGILLO_PUBLIC_URL = "https://elsewhere.example.org"
    second = authority.issuing()
    assert second.id != first.id
    assert first.parent_id == second.parent_id == authority.root().id


def test_keys_are_sealed_and_their_own(acme: House) -> None:
    first, second = embedded.issue_for(acme.automatic.user), embedded.issue_for(acme.automatic.user)
    assert first.key != second.key
    assert describe(first.certificate).serial_number != describe(second.certificate).serial_number
    for row in Authority.objects.all():
        assert row.sealed_key.startswith("v1|")


@pytest.mark.parametrize("email", ["łukasz@example.org", ""])
def test_an_address_that_no_certificate_can_hold_is_left_out(acme: House, email: str) -> None:
    User.objects.filter(id=acme.automatic.user.id).update(email=email)
    user = User.objects.select_related("organization").get(id=acme.automatic.user.id)
    assert "E" not in describe(embedded.issue_for(user).certificate).subject
    assert not Identity.objects.exists()
