"""The certificate of a physical key joins a wallet: which one, whose, and what is kept beside it."""

import base64
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sigillo.base.clock import now
from sigillo.base.errors import Forbidden, Invalid, NotFound
from sigillo.flows.create_transaction import NewSignature
from sigillo.flows.perform import perform_automatic
from sigillo.flows.perform_with_identity import perform_with_identity
from sigillo.flows.renew_certificate import renew_certificate
from sigillo.flows.signing_codes import send_signing_code
from sigillo.flows.token_identity import create_from_token
from sigillo.identities.keys import certificate_of, is_remote, open_provider_data
from sigillo.identities.models import Identity
from sigillo.journal.models import Event
from sigillo.organizations.models import Tally
from sigillo.pki.certificates import describe, to_pem
from tests.flows.stories import PASSWORD, ready, signatures
from tests.flows.wholeness import assert_whole
from tests.support.at_once import at_once
from tests.support.issuing import Profile, issue
from tests.support.people import people
from tests.support.world import House

CERTIFICATE = to_pem(people().rsa.certificate)
BEFORE, AFTER = (now() + timedelta(days=days) for days in (-30, 30))


def _rows() -> list[list[tuple[object, ...]]]:
    return [list(model.objects.order_by("pk").values_list()) for model in (Identity, Event, Tally)]


def _certificate(**changes: object) -> str:
    """A certificate that is in date and would do, but for the changes."""
    return to_pem(issue("Token", Profile(**{"not_before": BEFORE, "not_after": AFTER} | changes)).der)  # type: ignore[arg-type]


def _numbered(serial_number: str) -> str:
    """One whose subject has a serialNumber as no authority should write it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, "Token"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_number),
    ])  # fmt: skip
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, BEFORE, AFTER)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def test_it_joins_the_wallet_of_who_calls(acme: House) -> None:
    key = create_from_token(acme.user.principal, CERTIFICATE, label="my token", data={"reader": "left", "slot": 2})
    row = Identity.objects.get(id=key)
    info = describe(people().rsa.certificate)
    assert (row.user, row.organization, row.provider_id) == (acme.user.user, acme.organization, "token")
    assert (row.status, row.label, row.has_been_imported) == ("active", "my token", True)
    assert (row.certificate_pem, row.not_after, row.sealed_key) == (CERTIFICATE, info.not_after, "")
    assert open_provider_data(row)[0] == {"reader": "left", "slot": "2"}
    said = Event.objects.get(kind="identity.associated")
    assert said.data == {
        "identity": str(key),
        "user": str(row.user_id),
        "provider": "token",
        "certificate": info.sha256,
    }
    assert_whole()


@pytest.mark.parametrize(
    "text",
    [
        CERTIFICATE,
        CERTIFICATE.replace("\n", "\r\n"),
        CERTIFICATE.replace("\n", " "),
        f"\n\n  {CERTIFICATE}\n\n",
        "".join(CERTIFICATE.splitlines()[1:-1]),
        base64.encodebytes(people().rsa.certificate).decode(),
    ],
    ids=["PEM", "CRLF", "blanks", "blanks around", "base64", "base64 in lines"],
)
def test_every_spelling_is_the_same_certificate(acme: House, text: str) -> None:
    key = create_from_token(acme.user.principal, text)
    assert Identity.objects.get(id=key).certificate_pem == CERTIFICATE


def _refused(house: House, text: str) -> Invalid:
    before = _rows()
    with pytest.raises(Invalid) as refusal:
        create_from_token(house.user.principal, text)
    assert _rows() == before
    return refusal.value


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("", "certificate_missing", "empty"),
        ("no certificate!", "certificate_malformed", "neither PEM nor base64"),
        ("bm8gY2VydGlmaWNhdGU=", "certificate_malformed", "no X.509 certificate"),
        (CERTIFICATE.replace("CERTIFICATE", "PRIVATE KEY"), "certificate_malformed", "private key instead"),
        (CERTIFICATE[:200], "certificate_malformed", "frame is missing"),
    ],
    ids=["none", "text", "other base64", "a key", "torn"],
)
def test_what_is_no_certificate_leaves_nothing_behind(acme: House, text: str, code: str, word: str) -> None:
    refusal = _refused(acme, text)
    assert refusal.code == code
    assert word in refusal.message


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"not_before": BEFORE - timedelta(days=9), "not_after": BEFORE}, "not in date"),
        ({"not_before": AFTER, "not_after": AFTER + timedelta(days=9)}, "not in date"),
        ({"ca": True}, "not for signatures"),
        ({"sign": False}, "not for signatures"),
        ({"bits": 1024}, "2048 bits"),
        ({"edwards": True}, "neither RSA nor EC"),
    ],
    ids=["expired", "not yet", "authority", "encipherment", "RSA 1024", "Ed25519"],
)
def test_what_should_not_sign_leaves_nothing_behind(acme: House, changes: dict[str, object], word: str) -> None:
    refusal = _refused(acme, _certificate(**changes))
    assert refusal.code == "unsuitable_certificate"
    assert word in refusal.message


@pytest.mark.parametrize(("number", "kept"), [("TINIT-RSSMRA80A01H501U", "RSSMRA80A01H501U"), ("9" * 300, "9" * 64)])
def test_the_fiscal_code_is_the_serial_number_of_the_subject(acme: House, number: str, kept: str) -> None:
    key = create_from_token(acme.user.principal, _numbered(number))
    assert Identity.objects.get(id=key).fiscal_code == kept


def test_a_pin_is_not_kept_and_nothing_passes_for_our_own(acme: House) -> None:
    told = {"PIN": "123456", "password": "hidden", "csc_credential": "seal", "reader": None, "slot": True}
    row = Identity.objects.get(id=create_from_token(acme.user.principal, CERTIFICATE, data=told))
    assert open_provider_data(row) == ({"slot": "True"}, "")
    assert not is_remote(row)
    with pytest.raises(Invalid, match=r"data\.slot"):
        create_from_token(acme.rao.principal, CERTIFICATE, data={"slot": "x" * 501})


def test_the_same_certificate_stays_one_identity(acme: House) -> None:
    first = create_from_token(acme.user.principal, CERTIFICATE, label="old")
    for label in ("", "old", "new"):
        assert create_from_token(acme.user.principal, CERTIFICATE, label=label) == first
    assert Identity.objects.get().label == "new"
    assert Event.objects.get(kind="identity.edited").data == {"identity": str(first), "fields": ["label"]}
    assert create_from_token(acme.rao.principal, CERTIFICATE) != first  # it is in another wallet
    assert_whole()


@pytest.mark.django_db(transaction=True)
def test_the_same_certificate_twice_at_once_stays_one_identity(acme: House) -> None:
    principal = acme.user.principal
    assert at_once(*[lambda: create_from_token(principal, CERTIFICATE)] * 3) == [None, None, None]
    assert Identity.objects.count() == 1
    assert_whole()


def test_owners_and_raos_fill_other_wallets_of_their_house(acme: House, bravo: House) -> None:
    for actor in (acme.owner, acme.rao):
        key = create_from_token(actor.principal, CERTIFICATE, user="ugo")
        assert Identity.objects.get(id=key).user == acme.user.user
    before = _rows()
    with pytest.raises(NotFound):
        create_from_token(acme.owner.principal, CERTIFICATE, user="only-bravo")
    with pytest.raises(Invalid, match="disabled"):
        create_from_token(acme.owner.principal, CERTIFICATE, user="gone")
    for handle in ("jdo", "nobody-here"):
        with pytest.raises(Forbidden, match="other users"):
            create_from_token(acme.user.principal, CERTIFICATE, user=handle)
    with pytest.raises(Forbidden):
        create_from_token(acme.automatic.principal, CERTIFICATE)
    assert _rows() == before


def test_a_new_certificate_takes_the_place_of_the_old(acme: House) -> None:
    key = create_from_token(acme.user.principal, _numbered("OLD"))
    former = Identity.objects.get(id=key)
    renewed = renew_certificate(acme.user.principal, key, _numbered("NEW"))
    assert (renewed.fiscal_code, renewed.certificate_pem == former.certificate_pem) == ("NEW", False)
    assert renewed.not_after == certificate_of(renewed).not_after
    said = Event.objects.get(kind="identity.renewed").data
    assert said["former"] == certificate_of(former).sha256
    assert said["certificate"] == certificate_of(renewed).sha256
    renew_certificate(acme.user.principal, key, renewed.certificate_pem)  # the same again says nothing
    assert Event.objects.filter(kind="identity.renewed").count() == 1


def test_a_certificate_that_should_not_sign_takes_no_place(acme: House) -> None:
    key = create_from_token(acme.user.principal, CERTIFICATE)
    before = _rows()
    for text in ("", "x", _certificate(bits=1024)):
        with pytest.raises(Invalid):
            renew_certificate(acme.user.principal, key, text)
    assert _rows() == before


def test_its_key_is_not_here_so_nothing_signs_with_it_here(acme: House) -> None:
    for handle in ("ugo", "robot"):
        create_from_token(acme.owner.principal, CERTIFICATE, user=handle)
    row = ready(acme, (NewSignature(signer="ugo"), NewSignature(signer="robot")))
    by_ugo, by_robot = signatures(row)
    key = Identity.objects.get(user=acme.user.user).id
    with pytest.raises(Invalid, match="physical token"):
        perform_with_identity(acme.user.principal, key, by_ugo.id, otp="123456", pin="1")
    with pytest.raises(Invalid, match="physical token"):
        send_signing_code(acme.user.principal, key)
    with pytest.raises(Invalid, match="no active identity"):
        perform_automatic(acme.owner.principal, by_robot.id, PASSWORD)
    assert {signature.status for signature in signatures(row)} == {"pending"}
