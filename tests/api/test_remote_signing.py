"""The main job over HTTP in production, with a signing service that somebody else wrote."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.documents import store
from sigillo.engine.validate import validate_pdf
from sigillo.identities.models import Identity
from sigillo.installation import outbound
from sigillo.journal.models import Event
from sigillo.pki.certificates import describe, from_pem_or_base64
from sigillo.transactions.models import Revision
from tests.api.bodies import wallet_body
from tests.api.calling import Answer, assert_refused, post
from tests.flows.stories import ARUBA, PASSWORD, kinds, ready, signatures
from tests.outbound.servers import reply, serve
from tests.support.csc_dummy import Dummy, csc_dummy
from tests.support.judges import mutool_sign, nss_database, openssl_cms, pdfsig
from tests.support.programs import needs
from tests.support.world import House

WALLET = "/api/v1/acme/users/robot/wallet"


@pytest.fixture(scope="module")
def dummy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dummy]:
    """One process for the whole module."""
    with csc_dummy(tmp_path_factory.mktemp("csc")) as running:
        yield running


@pytest.fixture
def production(settings: Settings) -> Iterator[Settings]:
    """What the operator sets, beside the service itself."""
    settings.SIGILLO_ENVIRONMENT = "production"
    settings.SIGILLO_OUTBOUND_ALLOW = ("127.0.0.1",)
    outbound.cache_clear()
    yield settings
    outbound.cache_clear()


def _associate(house: House, authority: str) -> Answer:
    return post(house.owner, WALLET, wallet_body(provider_data=ARUBA | {"auth_domain": authority}))


def _perform(house: House, key: object, password: str = PASSWORD) -> Answer:
    return post(house.owner, f"/api/v1/acme/signatures/{key}/perform", {"password": password})


@needs("pdfsig", "certutil", "mutool", "openssl")
@pytest.mark.parametrize("authority", ["rsa", "ec"])
def test_the_main_job(acme: House, production: Settings, dummy: Dummy, tmp_path: Path, authority: str) -> None:
    production.SIGILLO_CSC = {"aruba-auto": dummy.service("aruba-auto")}
    made = _associate(acme, authority)
    assert (made.status, made.data["status"]) == (201, "active"), made.content
    assert made.data["provider_data"] == {"auth_domain": authority, "username": "robot"}
    facts = describe(from_pem_or_base64(made.data["certificate"]))
    assert (facts.subject["commonName"], facts.algorithm) == (f"Anna Ιωάννης {authority}", authority)
    row = ready(acme)
    signature = signatures(row)[0]
    assert_refused(_perform(acme, signature.id, "wrong"), 403, "wrong_password")
    assert _perform(acme, signature.id).status == 200
    row.refresh_from_db()
    assert (row.status, kinds(row)[-2:]) == ("performed", ["signature.performed", "transaction.performed"])
    signed = b"".join(store.stream(Revision.objects.get(number=2).digest))
    _judge(signed, dummy.root(authority), tmp_path)


def _judge(signed: bytes, root: bytes, folder: Path) -> None:
    """Everybody's verdict, with the service's own authority as the root of trust."""
    file = folder / "signed.pdf"
    file.write_bytes(signed)
    (verdict,) = pdfsig(file, nss_database(folder / "nss", root))
    assert verdict.valid, verdict.text
    assert verdict.trusted, verdict.text
    assert verdict.total, verdict.text
    (second,) = mutool_sign(file)
    assert second.total, second.text
    assert openssl_cms(signed, root, folder)
    report = validate_pdf(signed, [root], at=now())
    assert report.accepted, report
    assert not validate_pdf(signed[:-200] + b" " + signed[-199:], [root], at=now()).accepted


def test_a_service_that_is_down_is_a_503(acme: House, production: Settings, dummy: Dummy) -> None:
    production.SIGILLO_CSC = {"aruba-auto": dummy.service("aruba-auto")}
    assert _associate(acme, "rsa").status == 201
    row = ready(acme)
    with serve(reply(500, b"the secret reason")) as site:
        production.SIGILLO_CSC = {"aruba-auto": replace(dummy.service("aruba-auto"), url=site.url("/csc/v1"))}
        for answer in (_perform(acme, signatures(row)[0].id), _associate(acme, "rsa")):
            assert_refused(answer, 503, "provider_unavailable", "aruba-auto", "answered 500", "operator")
            assert b"secret" not in answer.content
    assert (signatures(row)[0].status, kinds(row)[-1]) == ("pending", "signature.abandoned")
    assert (Identity.objects.count(), Event.objects.filter(kind="identity.abandoned").count()) == (1, 1)


def test_an_authority_that_is_not_there_is_a_400(acme: House, production: Settings, dummy: Dummy) -> None:
    production.SIGILLO_CSC = {"aruba-auto": dummy.service("aruba-auto")}
    assert_refused(_associate(acme, "nowhere"), 400, "unknown_at_provider")
    body = wallet_body(provider_data=ARUBA | {"auth_domain": "rsa", "credential_id": "rsa/root"})
    assert_refused(post(acme.owner, WALLET, body), 400, "unusable_credential", "not for signatures")
    assert not Identity.objects.exists()


def test_two_signers_are_told_apart(acme: House, production: Settings, dummy: Dummy) -> None:
    """Without a domain the service lists what all of its authorities have."""
    production.SIGILLO_CSC = {"infocert": dummy.service("infocert")}
    data = {"username": "ugo", "password": PASSWORD}
    path = "/api/v1/acme/users/ugo/wallet"
    several = post(acme.rao, path, wallet_body(provider_id="infocert", provider_data=data))
    assert_refused(several, 400, "several_credentials", "credential_id", "'rsa/rsa'", "'ec/ec'")
    body = wallet_body(provider_id="infocert", provider_data=data | {"credential_id": "ec/ec"})
    assert_refused(post(acme.user, path, body), 403, "unguarded_credential")
    assert post(acme.rao, path, body).data["provider_data"] == {"username": "ugo"}
