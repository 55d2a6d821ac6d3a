"""Identities over HTTP: lists with filters, actions at their addresses, and secrets that stay behind."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sigillo.flows.token_identity import create_from_token
from sigillo.identities.models import Identity
from sigillo.installation import public_url
from sigillo.journal.models import Event
from sigillo.pki.certificates import to_pem
from tests.api.bodies import enroll_body, wallet_body
from tests.api.calling import Answer, assert_refused, get, post, send
from tests.flows.stories import PASSWORD, enrolled, give_identity, request_identity
from tests.support.drawings import drawn
from tests.support.people import people
from tests.support.server import document_server
from tests.support.world import House

LIST = "/api/v1/acme/identities"
CERTIFICATE = to_pem(people().rsa.certificate)
EMPTY = {"Content-Type": "application/json"}


def _ids(answer: Answer) -> set[str]:
    assert answer.status == 200, answer.content
    return {item["id"] for item in answer.data}


def test_filters_and_whose_they_are(acme: House, bravo: House) -> None:
    robots = str(give_identity(acme))
    ugos = str(request_identity(acme, told={"fiscal_code": "X1"}).identity_id)
    give_identity(bravo)
    for query, found in (
        ("", {robots, ugos}),
        ("?where_provider=sms", {ugos}),
        ("?where_provider__startswith=aruba", {robots}),
        ("?where_user=robot", {robots}),
        ("?where_first_name=Ugo", {ugos}),
        ("?where_fiscal_code=X1", {ugos}),
        ("?where_registered_by=rita", set()),
        ("?where_last_name__iendswith=%CE%AC%CE%BD%CE%BD%CE%B7%CF%82", {robots, ugos}),
    ):
        assert _ids(get(acme.rao, f"{LIST}{query}")) == found, query
    assert _ids(get(acme.user, LIST)) == {ugos}
    assert _ids(get(acme.automatic, LIST)) == {robots}
    assert _ids(get(acme.only, LIST)) == set()
    assert_refused(get(acme.owner, f"{LIST}?where_certificate=x"), 400, "unknown_filter", "where_certificate")


def test_a_page_costs_the_same_however_long(acme: House) -> None:
    costs = []
    for handle in ("jdo", "ugo"):
        create_from_token(acme.owner.principal, CERTIFICATE, user=handle)
        request_identity(acme, getattr(acme, {"jdo": "owner", "ugo": "user"}[handle]))
        get(acme.owner, LIST)
        with CaptureQueriesContext(connection) as queries:
            assert get(acme.owner, LIST).status == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_every_address_of_an_identity_answers(acme: House) -> None:
    identity = get(acme.user, f"{LIST}/{enrolled(acme).id}").data
    actions = identity["actions"]
    assert (actions["send_otp"], actions["sign"]) == (identity["send_otp_url"], identity["sign_url"])
    for address in actions.values():
        answer = send(acme.user, "POST", address.removeprefix(public_url()), b"", **EMPTY)
        assert answer.status in (200, 400), answer.content  # nothing is due, nothing was said
    assert identity["next"] is None
    pending = get(acme.user, f"{LIST}/{request_identity(acme).identity_id}").data
    assert get(None, pending["next"].removeprefix(public_url())).status == 200


def test_no_secret_is_in_any_answer(acme: House) -> None:
    post(acme.owner, "/api/v1/acme/users/robot/wallet", wallet_body())
    told = {"password": PASSWORD, "Pin": PASSWORD, "reader": "left"}
    assert post(acme.user, f"{LIST}/create/token", {"certificate": CERTIFICATE, "data": told}).status == 201
    enrolled(acme)
    answers = [get(acme.owner, path) for path in (LIST, "/api/v1/acme/users", "/api/v1/acme/identity-requests")]
    written = b"".join(answer.content for answer in answers)
    assert b"left" in written
    assert PASSWORD.encode() not in written
    for row in Identity.objects.all():
        for secret in (row.sealed_key, row.sealed_provider_data, row.password_hash):
            assert not secret or secret.encode() not in written
    assert PASSWORD not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_picture_is_shown_by_its_address(acme: House, loopback_open: None) -> None:
    path = f"{LIST}/{give_identity(acme)}/appearance"
    with document_server(lambda *_: (200, {}, drawn())) as address:
        answer = post(acme.owner, path, {"signature_appearance_uri": f"{address}/picture.png"})
    assert (answer.status, answer.data["signature_appearance_uri"]) == (200, f"{address}/picture.png")
    shown = get(acme.automatic, LIST).data[0]
    assert shown["signature_appearance_uri"] == f"{address}/picture.png"
    answer = send(acme.owner, "DELETE", path, b"", **EMPTY)
    assert (answer.status, answer.data["signature_appearance_uri"]) == (200, None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"signature_appearance_uri": ""}, "invalid_address"),
        ({"signature_appearance_uri": "data:image/png;base64,AAAA"}, "invalid_address"),
        ({"signature_appearance_uri": "http://me:secret@example.org/"}, "outbound_userinfo"),
        ({"signature_appearance_uri": "https://example.org/", "appearance_digest": "0" * 64}, "unknown_field"),
    ],
)
def test_what_is_no_address_of_a_picture(acme: House, body: dict[str, str], code: str) -> None:
    path = f"{LIST}/{give_identity(acme)}/appearance"
    assert_refused(post(acme.owner, path, body), 400, code)
    assert Identity.objects.get().appearance_uri == ""


def test_delete_says_deleted_as_the_sample_does(acme: House) -> None:
    path = f"{LIST}/{give_identity(acme)}"
    answer = send(acme.owner, "DELETE", path, b"", **EMPTY)
    assert (answer.status, answer.body) == (200, {"meta": {"code": 200}, "data": "deleted"})
    assert_refused(send(acme.owner, "DELETE", path, b"", **EMPTY), 404, "identity_not_found")
    assert get(acme.owner, LIST).body["pagination"]["count"] == 0


@pytest.mark.parametrize("key", ["nonsense", "0" * 31, "a%00b", "%7B00000000-0000-4000-8000-000000000000%7D"])
def test_what_is_no_id_is_not_there(acme: House, key: str) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/unlock"), ("POST", "/send-otp")):
        assert_refused(send(acme.owner, method, f"{LIST}/{key}{path}"), 404, "identity_not_found")


def test_signatures_in_a_body_are_named_by_uuid(acme: House) -> None:
    path = f"{LIST}/{enrolled(acme).id}/send-otp"
    for wanted, code in (([], "invalid_value"), (["x"], "invalid_value"), ("x", "invalid_value")):
        assert_refused(post(acme.user, path, {"signatures": wanted}), 400, code)
    assert_refused(post(acme.user, path, {"address": "+391234567890"}), 400, "unknown_field")


def test_a_disabled_users_credential_does_nothing(acme: House) -> None:
    assert_refused(get(acme.disabled, LIST), 401, "invalid_token")
    assert_refused(post(acme.disabled, "/api/v1/acme/enroll", enroll_body()), 401, "invalid_token")
