"""What a token carries for downloads is looked up when a document is fetched: an edit and a deletion count at once."""

import base64
from uuid import UUID

from sigillo.flows.create_token import NewToken, create_token
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction, create_transaction
from sigillo.flows.tokens import delete_token, edit_token
from sigillo.organizations.principal import Principal
from tests.flows.stories import fetch_all, kinds
from tests.support.pages import pdf
from tests.support.server import Answer, Handler, document_server
from tests.support.world import Actor, House

BASIC = {"auth_username": "jdo", "auth_password": "s3cret", "headers": {"X-Key": "1"}}


def bearer(house: House) -> Principal:
    """Whoever holds a new token with these options."""
    issued = create_token(house.owner.principal, NewToken(user="ugo", http_options=BASIC))
    return Actor(user=house.user.user, token=issued.value).principal


def waiting(principal: Principal, address: str) -> UUID:
    document = NewDocument(document_uri=f"{address}/a.pdf", groups=((NewSignature(signer="robot"),),))
    return create_transaction(principal, NewTransaction(documents=(document,)))


def guarded(seen: list[dict[str, str]], password: str) -> Handler:
    """Give the document to whoever knows the password; remember what everybody sent."""
    wanted = "Basic " + base64.b64encode(f"jdo:{password}".encode()).decode()

    def handle(_method: str, _path: str, headers: dict[str, str]) -> Answer:
        seen.append(headers)
        return (200, {}, pdf()) if headers.get("Authorization") == wanted else (401, {}, b"")

    return handle


def test_a_secret_that_was_changed_goes_out_with_the_next_attempt(acme: House, loopback_open: None) -> None:
    principal = bearer(acme)
    seen: list[dict[str, str]] = []
    with document_server(guarded(seen, "n3w")) as address:
        key = waiting(principal, address)
        edit_token(acme.owner.principal, principal.credential_id, http_options={"auth_password": "n3w"})
        row = fetch_all(key)
    assert (row.status, seen[0]["X-Key"]) == ("pending", "1")


def test_the_secrets_of_a_deleted_token_go_nowhere(acme: House, loopback_open: None) -> None:
    principal = bearer(acme)
    seen: list[dict[str, str]] = []
    with document_server(guarded(seen, "s3cret")) as address:
        key = waiting(principal, address)
        delete_token(acme.owner.principal, principal.credential_id)
        row = fetch_all(key)
    assert seen
    assert not any("Authorization" in headers or "X-Key" in headers for headers in seen)
    assert (row.status, row.reason, row.reason_code) == ("cancelled", "CANNOT_DOWNLOAD_DOCUMENT", "outbound_status")
    assert "401" in row.reason_detail
    assert kinds(row)[-2:] == ["transaction.cancelled", "signature.error"]
