"""Bodies as they really arrive: malformed, too large, in pieces, in another format, hostile."""

import io
import json

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from sigillo.api.bodies.users import UserBody
from sigillo.api.reading import read_body
from sigillo.base.errors import TooLarge
from sigillo.organizations.models import User
from sigillo.transactions.models import Transaction
from tests.api.bodies import document_body, signature_body, transaction_body
from tests.api.calling import assert_refused, post
from tests.support.world import House

USERS = "/api/v1/acme/users"
TRANSACTIONS = "/api/v1/acme/signature-transactions"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("raw", "code", "word"),
    [
        (b"", "empty_body", "empty"),
        (b"   \n", "empty_body", "empty"),
        (b"{", "malformed_json", "byte 1"),
        (b'{"id": "x",}', "malformed_json", "byte 11"),
        (b"{'id': 'x'}", "malformed_json", "byte 1"),
        (b'{"id": "x"} {}', "malformed_json", "byte 13"),
        (b'{"id": "x", "status": NaN}', "malformed_json", "byte"),
        (b'{"id": "\xff"}', "malformed_json", "UTF-8"),
        (b'{"id": "\\ud800"}', "malformed_json", "surrogate"),
        (b'{"id": "a\\u0000b"}', "nul_character", "id"),
        (b"[]", "invalid_value", "an object"),
        (b"null", "invalid_value", "an object"),
        (b'"id"', "invalid_value", "an object"),
        (b'{"id": "x", "wallet": ' + b"[" * 200_000, "malformed_json", "nested"),
        (b'{"id": "x", "__proto__": {}}', "unknown_field", "__proto__"),
        (b'{"id": ["x"]}', "invalid_value", "id"),
        (b'{"id": 1e400}', "invalid_value", "id"),
    ],
)
def test_what_cannot_be_read_is_a_400_that_says_where(raw: bytes, code: str, word: str, acme: House) -> None:
    before = User.objects.count()
    assert_refused(post(acme.owner, USERS, raw, **JSON), 400, code, word)
    assert User.objects.count() == before


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "json",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        'application/json; charset="iso-8859-1"',
    ],
)
def test_other_formats_are_415(media_type: str, acme: House) -> None:
    assert_refused(post(acme.owner, USERS, b'{"id": "x"}', **{"Content-Type": media_type}), 415, "not_json", "JSON")


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"; x=y']
)
def test_json_is_read_whatever_its_parameters(media_type: str, acme: House) -> None:
    assert post(acme.owner, USERS, '{"id": "ü"}'.encode(), **{"Content-Type": media_type}).status == 201


def test_byte_order_mark_is_no_obstacle(acme: House) -> None:
    assert post(acme.owner, USERS, b'\xef\xbb\xbf{"id": "x"}', **JSON).status == 201


def test_too_large_bodies_are_413_by_their_announced_length(acme: House, settings: Settings) -> None:
    settings.SIGILLO_MAX_BODY_BYTES = 100
    assert post(acme.owner, USERS, {"id": "x" * 80}).status == 201
    assert_refused(post(acme.owner, USERS, {"id": "x" * 100}), 413, "body_too_large", "100 bytes")


class _Endless(io.RawIOBase):
    """A body that never ends, and counts what was taken of it."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return b" " * size


def test_chunked_bodies_are_read_to_their_end() -> None:
    request = RequestFactory().generic("POST", USERS, headers={"Content-Type": "application/json"})
    request.META |= {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(b'{"id": "x"}'),
        "CONTENT_LENGTH": "",
    }
    assert read_body(request, UserBody).id == "x"


def test_chunked_bodies_without_end_are_cut_off(settings: Settings) -> None:
    endless = _Endless()
    request = RequestFactory().generic("POST", USERS, headers={"Content-Type": "application/json"})
    request.META |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": endless, "CONTENT_LENGTH": ""}
    settings.SIGILLO_MAX_BODY_BYTES = 3_000_000
    with pytest.raises(TooLarge):
        read_body(request, UserBody)
    assert endless.taken < 5_000_000


def _nested(**changes: object) -> dict[str, object]:
    return transaction_body(document_body([signature_body(), signature_body(**changes)]))


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({}, "missing_field", "documents"),
        ({"documents": []}, "no_documents", "documents"),
        (transaction_body(title="x" * 501), "invalid_value", "title must be at most 500 characters"),
        (transaction_body(not_after="soon"), "invalid_moment", "not_after"),
        (transaction_body(not_after="2020-01-01T00:00Z"), "not_after_past", "not_after"),
        (transaction_body(urlback="javascript:x"), "invalid_address", "urlback"),
        (transaction_body(organization="bravo"), "unknown_field", "organization"),
        (transaction_body(document_body(groups=[])), "no_signatures", "documents[0].groups"),
        (transaction_body(document_body(groups=[[]])), "no_signatures", "documents[0].groups"),
        (transaction_body(document_body(groups=None)), "invalid_value", "documents[0].groups"),
        (
            transaction_body(document_body(document_uri="ftp://x/y")),
            "invalid_document_uri",
            "documents[0].document_uri",
        ),
        (transaction_body(document_body(document_uri="file:///etc/passwd")), "invalid_document_uri", "document_uri"),
        (transaction_body(document_body(document_uri=None)), "invalid_value", "documents[0].document_uri"),
        (transaction_body(document_body(document_uri_options={"verify": False})), "unknown_field", "verify"),
        (transaction_body(document_body(size=5)), "unknown_field", "documents[0].size"),
        (_nested(signer=None), "missing_field", "documents[0].groups[0][1].signer"),
        (_nested(signer="stranger"), "unknown_signer", "documents[0].groups[0][1].signer"),
        (_nested(signer="gone"), "disabled_signer", "documents[0].groups[0][1].signer"),
        (_nested(signer_group="teachers"), "two_signers", "documents[0].groups[0][1]"),
        (_nested(signer="@teachers"), "unknown_signer_group", "documents[0].groups[0][1].signer_group"),
        (_nested(profile="pades-zz"), "unknown_profile", "documents[0].groups[0][1].profile"),
        (_nested(declinable="no"), "invalid_value", "documents[0].groups[0][1].declinable"),
        (_nested(urlback="//evil"), "invalid_address", "documents[0].groups[0][1].urlback"),
        (_nested(where={"page": 1}), "missing_field", "documents[0].groups[0][1].where.position"),
        (_nested(where={"page": 1.5, "position": "rect: 1, 1, 2, 2"}), "invalid_value", "where.page"),
        (_nested(where={"page": 2**31, "position": "rect: 1, 1, 2, 2"}), "invalid_value", "where.page"),
        (_nested(where={"page": 1, "position": "circle: 5"}), "position_malformed", "[0][1].where.position"),
        (_nested(where={"page": 1, "position": "rect: 1, 1, 1, 1"}), "position_empty", "[0][1].where.position"),
        (_nested(where={"page": 1, "position": "rect: 1, 1, 2, 2", "z": 1}), "unknown_field", "where.z"),
        (_nested(constraints={"certificate__subject_CN__regex": "x"}), "unknown_constraint", "constraints"),
        (_nested(constraints={"certificate__subject_CN": 5}), "invalid_value", "constraints"),
        (_nested(constraints="nonsense"), "invalid_constraints", "constraints"),
        (_nested(pades_subfilter="adbe.pkcs7.detached"), "invalid_value", "pades_subfilter"),
        (_nested(description="x" * 10_001), "invalid_value", "description"),
        (_nested(reason="a\0b"), "nul_character", "documents[0].groups[0][1].reason"),
        (_nested(private_key="x"), "unknown_field", "documents[0].groups[0][1].private_key"),
    ],
)
def test_bad_transactions_are_refused_by_path_and_leave_nothing(
    body: dict[str, object], code: str, word: str, acme: House
) -> None:
    assert_refused(post(acme.owner, TRANSACTIONS, body), 400, code, word)
    assert not Transaction.objects.exists()


def test_lists_have_an_end(acme: House) -> None:
    many = transaction_body(document_body([signature_body()] * 101))
    assert_refused(post(acme.owner, TRANSACTIONS, many), 400, "invalid_value", "documents[0].groups[0]", "at most 100")


def test_whole_model_of_a_client_library_is_accepted(acme: House) -> None:
    made = post(acme.owner, TRANSACTIONS, transaction_body())
    assert made.status == 201, made.content
    body = json.loads(made.content)["data"]
    body["documents"][0]["document_uri"] = transaction_body()["documents"][0]["document_uri"]
    again = post(acme.owner, TRANSACTIONS, body)
    assert again.status == 201, again.content
    assert again.data["id"] != made.data["id"]
    assert Transaction.objects.count() == 2


def test_null_means_absent(acme: House) -> None:
    nothing = dict.fromkeys(
        ("reason", "description", "urlback", "where", "constraints", "display_name", "signer_group")
    )
    body = transaction_body(document_body([signature_body(**nothing, declinable=None, profile=None)]), title=None)
    answer = post(acme.owner, TRANSACTIONS, body)
    assert answer.status == 201, answer.content
    signature = answer.data["documents"][0]["groups"][0][0]
    assert (signature["profile"], signature["declinable"], signature["where"]) == ("pades-bes", True, None)
    assert (signature["description_html"], signature["constraints"]) == (None, {})
    assert signature["display_name"] == "Robot Ιωάννης"
