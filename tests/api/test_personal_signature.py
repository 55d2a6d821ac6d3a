"""People sign a document over the API, each by the addresses that the identity names; other programs judge it."""

from pathlib import Path
from typing import Any

import pytest

from sigillo.identities import authority
from sigillo.installation import public_url
from sigillo.journal.models import Event
from sigillo.transactions.models import Transaction
from tests.api.bodies import document_body, enroll_body, signature_body, transaction_body, wallet_body
from tests.api.calling import Answer, assert_refused, get, post
from tests.flows.stories import PASSWORD, fetch_all, signatures
from tests.support.codes import newest_code, wrong_code
from tests.support.judges import mutool_sign, nss_database, openssl_cms, pdfsig
from tests.support.programs import needs
from tests.support.world import Actor, House


def _at(actor: Actor, address: str, body: object = None) -> Answer:
    """POST to an address of ours as an answer gave it."""
    assert address.startswith(public_url())
    return post(actor, address.removeprefix(public_url()), body)


def _request(house: House, user: str, provider_id: str) -> Any:
    answer = post(house.rao, "/api/v1/acme/enroll", enroll_body(user=user, provider_id=provider_id))
    assert answer.status == 201, answer.content
    return answer.data


def _identity(actor: Actor, key: str) -> Any:
    return get(actor, f"/api/v1/acme/identities/{key}").data


def _transaction(house: House, *signers: str) -> list[str]:
    """The ids of the signatures that are due, in this order."""
    places = [{"page": 1, "position": f"rect: 50, {100 * row}, 200, {100 * row + 50}"} for row in (1, 2, 3)]
    due = [signature_body(signer=signer, where=where) for signer, where in zip(signers, places, strict=False)]
    body = transaction_body(document_body(*([signature] for signature in due)))
    created = post(house.owner, "/api/v1/acme/signature-transactions", body).data
    fetch_all(created["id"])
    return [group[0]["id"] for group in created["documents"][0]["groups"]]


@needs("pdfsig", "certutil", "mutool", "openssl")
def test_three_people_sign_each_in_his_way(acme: House, tmp_path: Path) -> None:
    by_code = _request(acme, "ugo", "sms")
    activate = f"/api/v1/acme/identity-requests/{by_code['id']}/activate"
    assert post(acme.user, activate, {"otp": newest_code(acme.user.user)}).data["status"] == "active"
    by_approval = _request(acme, "rita", "st-approval")
    assert post(acme.rao, f"/api/v1/acme/identity-requests/{by_approval['id']}/approve").data["status"] == "active"
    by_pin = post(acme.owner, "/api/v1/acme/users/jdo/wallet", wallet_body(provider_id="aruba")).data
    first, second, third = _transaction(acme, "ugo", "rita", "jdo")

    identity = _identity(acme.user, by_code["identity"])
    assert _at(acme.user, identity["send_otp_url"]).status == 200
    code = newest_code(acme.user.user)
    wrong = _at(acme.user, identity["sign_url"], {"signature_id": first, "otp": wrong_code(code)})
    assert (wrong.status, Event.objects.filter(kind="signature.intent").count()) == (403, 0)
    signed = _at(acme.user, identity["sign_url"], {"signature_id": first, "otp": code})
    assert (signed.status, signed.data) == (200, {"signature": first, "status": "performed"})

    sign_url = _identity(acme.rao, by_approval["identity"])["actions"]["sign"]
    assert_refused(_at(acme.owner, sign_url, {"signature_id": second}), 403, "not_your_signature")
    assert _at(acme.rao, sign_url, {"signature_id": second}).status == 200

    assert_refused(_at(acme.owner, by_pin["sign_url"], {"signature_id": third}), 400, "missing_factor", "pin")
    assert_refused(_at(acme.owner, by_pin["sign_url"], {"signature_id": third, "pin": "no"}), 403, "wrong_password")
    assert _at(acme.owner, by_pin["sign_url"], {"signature_id": third, "pin": PASSWORD}).status == 200

    row = Transaction.objects.get()
    assert row.status == "performed"
    performed = Event.objects.filter(kind="signature.performed").order_by("sequence")
    assert [event.data["factor"] for event in performed] == ["otp", "credential", "password"]
    assert [event.actor for event in performed] == [f"user:{a.user.id}" for a in (acme.user, acme.rao, acme.owner)]
    _judge(get(acme.user, f"/api/v1/acme/documents/{signatures(row)[0].document_id}/download").content, tmp_path)


def _judge(signed: bytes, folder: Path) -> None:
    """Everybody's verdict, with the root of this installation."""
    root = bytes(authority.root().certificate)
    file = folder / "signed.pdf"
    file.write_bytes(signed)
    verdicts = pdfsig(file, nss_database(folder / "nss", root))
    assert [verdict.valid for verdict in verdicts] == [True] * 3, verdicts
    assert verdicts[-1].total
    assert [name in verdicts[place].text for place, name in enumerate(("John Doe", "John Doe", "Jdo Ιωάννης"))] == [
        True
    ] * 3
    assert [verdict.valid for verdict in mutool_sign(file)] == [True] * 3
    assert openssl_cms(signed, root, folder)


def test_a_locked_pin_is_unlocked_by_a_rao(acme: House) -> None:
    identity = post(acme.user, "/api/v1/acme/users/ugo/wallet", wallet_body(provider_id="aruba")).data
    (signature,) = _transaction(acme, "ugo")
    for _ in range(5):
        answer = _at(acme.user, identity["sign_url"], {"signature_id": signature, "pin": "gu3ss"})
        assert_refused(answer, 403, "wrong_password")
        assert b"gu3ss" not in answer.content
    right = {"signature_id": signature, "pin": PASSWORD}
    assert_refused(_at(acme.user, identity["sign_url"], right), 403, "identity_locked", "RAO")
    unlock = f"/api/v1/acme/identities/{identity['id']}/unlock"
    assert_refused(post(acme.user, unlock), 403, "not_permitted")
    assert post(acme.rao, unlock).data["id"] == identity["id"]
    assert _at(acme.user, identity["sign_url"], right).status == 200
    assert "gu3ss" not in str(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "missing_field"),
        ({"signature_id": "nonsense"}, 400, "invalid_value"),
        ({"signature_id": None}, 400, "invalid_value"),
        ({"signature_id": "0" * 32, "otp": 123456}, 400, "invalid_value"),
        ({"signature_id": "0" * 32, "password": PASSWORD}, 400, "unknown_field"),
        ({"signature_id": "0" * 32, "otp": "1" * 101}, 400, "invalid_value"),
        ({"signature_id": "0" * 32, "otp": "123456"}, 404, "signature_not_found"),
    ],
)
def test_bad_bodies_sign_nothing(acme: House, body: object, status: int, code: str) -> None:
    identity = post(acme.user, "/api/v1/acme/users/ugo/wallet", wallet_body(provider_id="aruba")).data
    assert_refused(_at(acme.user, identity["sign_url"], body), status, code)
    assert not Event.objects.filter(kind="signature.intent").exists()
