"""POST a user's wallet: the identity, its certificate, and the password that never comes back."""

import pytest

from sigillo.identities.models import Identity
from sigillo.journal.models import Event
from sigillo.pki.certificates import describe, from_pem_or_base64
from tests.api.bodies import wallet_body
from tests.api.calling import assert_refused, post
from tests.flows.stories import ARUBA, PASSWORD
from tests.support.world import House

PATH = "/api/v1/acme/users/robot/wallet"


def test_identity_is_active_with_a_certificate_in_the_users_name(acme: House) -> None:
    answer = post(acme.owner, PATH, wallet_body())
    assert (answer.status, answer.data["status"]) == (201, "active")
    certificate = describe(from_pem_or_base64(answer.data["certificate"]))
    assert certificate.subject["commonName"] == "Robot Ιωάννης"
    row = Identity.objects.get(id=answer.data["id"])
    assert row.user == acme.automatic.user
    assert Event.objects.get(kind="identity.associated").data["identity"] == str(row.id)


def test_password_is_in_no_answer_and_no_event(acme: House) -> None:
    answer = post(acme.owner, PATH, wallet_body())
    assert answer.data["provider_data"] == {"auth_domain": "demo", "username": "robot"}
    for named in ("seal", None):
        answer = post(acme.owner, PATH, wallet_body(provider_data=ARUBA | {"credential_id": named}))
        assert answer.data["provider_data"] == {"auth_domain": "demo", "username": "robot"}
    assert PASSWORD.encode() not in answer.content
    assert not any(PASSWORD in str(event.data) for event in Event.objects.all())


@pytest.mark.parametrize(
    ("body", "status", "code", "word"),
    [
        ({"provider_data": {}}, 400, "missing_field", "provider_id"),
        (wallet_body(provider_id="unheard-of"), 400, "unknown_provider", "unheard-of"),
        (wallet_body(provider_data={"username": "robot"}), 400, "invalid_provider_data", "auth_domain"),
        (
            wallet_body(provider_data={"auth_domain": "d", "username": 5, "password": "p"}),
            400,
            "invalid_provider_data",
            "username",
        ),
        (wallet_body(provider_data=None), 400, "invalid_provider_data", "auth_domain"),
        (wallet_body(provider_data=ARUBA | {"credential_id": ""}), 400, "invalid_provider_data", "names a credential"),
        (wallet_body(provider_data=ARUBA | {"credential": "x"}), 400, "unknown_provider_field", "credential "),
        (wallet_body(provider_data={"nested": {"a": 1}}), 400, "invalid_value", "provider_data"),
        (wallet_body(label="x" * 201), 400, "invalid_value", "label"),
        (wallet_body(private_key="x"), 400, "unknown_field", "private_key"),
    ],
)
def test_bad_bodies_leave_nothing_behind(
    body: dict[str, object], status: int, code: str, word: str, acme: House
) -> None:
    assert_refused(post(acme.owner, PATH, body), status, code, word)
    assert not Identity.objects.exists()


def test_unknown_users_are_not_there(acme: House, bravo: House) -> None:
    for handle in ("stranger", "a%00b", "a%0Ab", str(bravo.automatic.user.id)):
        answer = post(acme.owner, f"/api/v1/acme/users/{handle}/wallet", wallet_body())
        assert_refused(answer, 404, "user_not_found")


def test_a_user_fills_only_the_own_wallet(acme: House) -> None:
    body = wallet_body(provider_id="infocert", provider_data={"username": "u", "password": "p"})
    assert post(acme.user, "/api/v1/acme/users/ugo/wallet", body).status == 201
    assert_refused(post(acme.user, "/api/v1/acme/users/jdo/wallet", body), 403, "not_your_wallet")
    assert list(Identity.objects.values_list("user__handle", flat=True)) == ["ugo"]
