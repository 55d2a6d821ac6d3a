"""Every route × every role × two organizations, from the route table: a route that is not expected here fails."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from django_q.models import OrmQ

from sigillo.api.v1.routes import ROUTES
from sigillo.credentials.models import Token
from sigillo.delivery.models import Delivery, Endpoint, SigningSecret
from sigillo.flows.deliveries import try_webhook
from sigillo.flows.groups import create_group
from sigillo.flows.tokens import edit_token
from sigillo.identities.models import Enrollment, Identity, IssuedCertificate
from sigillo.journal.models import Event, Fact
from sigillo.messages.models import Message
from sigillo.organizations.models import Group, Membership, Organization, Tally, User
from sigillo.pki.certificates import to_pem
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.api.bodies import document_body, enroll_body, signature_body, transaction_body, wallet_body
from tests.api.calling import Answer, send
from tests.flows.stories import PASSWORD, begin, give_identity, ready, request_identity, signatures
from tests.support.people import people
from tests.support.world import Actor, House

INSIDERS = ("owner", "rao", "user", "automatic")
NOT_THERE = dict.fromkeys(INSIDERS, 404)


@dataclass(frozen=True)
class Scene:
    """What there is to reach in an organization: all of it was made by its owner, for its automatic signer."""

    transaction: str = ""
    document: str = ""
    signature: str = ""
    handle: str = ""
    token: str = ""
    group: str = ""
    identity: str = ""
    enrollment: str = ""
    delivery: str = ""


@dataclass(frozen=True)
class Case:
    """How a route is asked for what belongs to somebody else of the house, and what each role must be told.

    `foreign` is what each role must be told of a row, or a handle, of the other house; None where it names none.
    """

    path: str
    expected: dict[str, int]
    body: Callable[[Scene], object] = lambda _scene: None
    needs_scene: bool = False
    foreign: dict[str, int] | None = None


def _wallet(_scene: Scene) -> object:
    return wallet_body()


def _signed_by(scene: Scene) -> object:
    return transaction_body(document_body([signature_body(signer=scene.handle or "robot")]))


EVERYBODY = dict.fromkeys(INSIDERS, 200)
OWNER = dict.fromkeys(INSIDERS, 403) | {"owner": 200}
AUTHOR = dict.fromkeys(INSIDERS, 403) | {"owner": 200, "user": 404}
"""The owner made it; the plain user does not see it."""
OWN = {"owner": 200, "rao": 404, "user": 404, "automatic": 200}
"""What is the automatic signer's own, for the rest of the house."""
GROUP = "groups/<str:group>"
MEMBER = f"{GROUP}/members/<str:user>"
IDENTITY = "identities/<str:identity>"
KEEPERS = EVERYBODY | {"user": 404, "automatic": 403}
"""Who may change what is the automatic signer's."""
RAO = EVERYBODY | {"user": 403, "automatic": 403}
REQUEST = "identity-requests/<str:enrollment>"
"""It is the plain user's own, and waits for an approval."""
SIGN = ("POST", f"{IDENTITY}/sign")
CASES: dict[tuple[str, str], Case] = {
    ("GET", "identities"): Case("identities", EVERYBODY),
    ("POST", "identities/create/token"): Case(
        "identities/create/token",
        dict.fromkeys(INSIDERS, 403) | {"owner": 201, "rao": 201},
        lambda scene: {"certificate": to_pem(people().rsa.certificate), "user": scene.handle or "robot"},
        foreign=NOT_THERE | {"user": 403, "automatic": 403},
    ),
    ("GET", IDENTITY): Case("identities/{identity}", OWN | {"rao": 200}, needs_scene=True, foreign=NOT_THERE),
    ("DELETE", IDENTITY): Case(
        "identities/{identity}", KEEPERS, needs_scene=True, foreign=NOT_THERE | {"automatic": 403}
    ),
    ("POST", f"{IDENTITY}/appearance"): Case(
        "identities/{identity}/appearance",
        KEEPERS | {"owner": 400, "rao": 400},
        lambda _scene: {"signature_appearance_uri": "http://169.254.169.254/picture.png"},
        needs_scene=True,
        foreign=NOT_THERE | {"automatic": 403},
    ),
    ("DELETE", f"{IDENTITY}/appearance"): Case(
        "identities/{identity}/appearance", KEEPERS, needs_scene=True, foreign=NOT_THERE | {"automatic": 403}
    ),
    ("POST", f"{IDENTITY}/send-otp"): Case(
        "identities/{identity}/send-otp",
        KEEPERS | {"owner": 400, "rao": 400},  # nothing waits for a signature
        needs_scene=True,
        foreign=NOT_THERE | {"automatic": 403},
    ),
    SIGN: Case(
        "identities/{identity}/sign",
        OWN | {"rao": 403},
        lambda scene: {"signature_id": scene.signature, "pin": PASSWORD},
        needs_scene=True,
        foreign=NOT_THERE,
    ),
    ("POST", f"{IDENTITY}/update-certificate"): Case(
        "identities/{identity}/update-certificate",
        KEEPERS,
        needs_scene=True,
        foreign=NOT_THERE | {"automatic": 403},
    ),
    ("POST", f"{IDENTITY}/unlock"): Case(
        "identities/{identity}/unlock", RAO, needs_scene=True, foreign=RAO | {"owner": 404, "rao": 404}
    ),
    ("GET", "identity-requests"): Case("identity-requests", EVERYBODY),
    ("GET", "users/<str:user>/identity-requests"): Case(
        "users/{handle}/identity-requests", EVERYBODY | {"user": 404}, foreign=NOT_THERE
    ),
    ("POST", "enroll"): Case("enroll", RAO | {"owner": 201, "rao": 201}, lambda _scene: enroll_body()),
    ("GET", REQUEST): Case(
        "identity-requests/{enrollment}", EVERYBODY | {"automatic": 404}, needs_scene=True, foreign=NOT_THERE
    ),
    ("DELETE", REQUEST): Case(
        "identity-requests/{enrollment}", RAO, needs_scene=True, foreign=RAO | {"owner": 404, "rao": 404}
    ),
    ("POST", f"{REQUEST}/send-otp"): Case(
        "identity-requests/{enrollment}/send-otp",
        dict.fromkeys(INSIDERS, 400) | {"automatic": 403},
        needs_scene=True,
        foreign=NOT_THERE | {"automatic": 403},
    ),
    ("POST", f"{REQUEST}/activate"): Case(
        "identity-requests/{enrollment}/activate",
        dict.fromkeys(INSIDERS, 400) | {"automatic": 403},
        lambda _scene: {"otp": "000000"},
        needs_scene=True,
        foreign=NOT_THERE | {"automatic": 403},
    ),
    ("POST", f"{REQUEST}/approve"): Case(
        "identity-requests/{enrollment}/approve", RAO, needs_scene=True, foreign=RAO | {"owner": 404, "rao": 404}
    ),
    ("POST", f"{REQUEST}/refuse"): Case(
        "identity-requests/{enrollment}/refuse", RAO, needs_scene=True, foreign=RAO | {"owner": 404, "rao": 404}
    ),
    ("GET", "organizations/<str:organization>"): Case("organizations/{slug}", EVERYBODY),
    ("PATCH", "organizations/<str:organization>"): Case("organizations/{slug}", OWNER, lambda _scene: {"name": "New"}),
    ("GET", "users"): Case("users", EVERYBODY),
    ("GET", "users/<str:user>"): Case("users/{handle}", EVERYBODY | {"user": 404}, foreign=NOT_THERE),
    ("PUT", "users/<str:user>"): Case(
        "users/{handle}",
        OWNER | {"user": 404},
        lambda _scene: {"first_name": "New"},
        foreign=NOT_THERE | {"rao": 403, "automatic": 403},
    ),
    ("GET", "users/<str:user>/wallet"): Case("users/{handle}/wallet", EVERYBODY | {"user": 404}, foreign=NOT_THERE),
    ("GET", "users/<str:user>/tokens"): Case("users/{handle}/tokens", OWN, foreign=NOT_THERE),
    ("GET", "tokens"): Case("tokens", EVERYBODY),
    ("GET", "tokens/<str:token>"): Case("tokens/{token}", OWN, needs_scene=True, foreign=NOT_THERE),
    ("PUT", "tokens/<str:token>"): Case(
        "tokens/{token}", OWN, lambda _scene: {"label": "New"}, needs_scene=True, foreign=NOT_THERE
    ),
    ("DELETE", "tokens/<str:token>"): Case("tokens/{token}", OWN, needs_scene=True, foreign=NOT_THERE),
    ("GET", "groups"): Case("groups", EVERYBODY),
    ("POST", "groups"): Case("groups", OWNER | {"owner": 201}, lambda _scene: {"name": f"new-{uuid4().hex}"}),
    ("GET", GROUP): Case("groups/{group}", EVERYBODY, needs_scene=True, foreign=NOT_THERE),
    ("PUT", GROUP): Case(
        "groups/{group}", OWNER, lambda _scene: {"name": "new"}, needs_scene=True, foreign=OWNER | {"owner": 404}
    ),
    ("DELETE", GROUP): Case("groups/{group}", OWNER, needs_scene=True, foreign=OWNER | {"owner": 404}),
    ("PUT", MEMBER): Case("groups/{group}/members/{handle}", OWNER, needs_scene=True, foreign=OWNER | {"owner": 404}),
    ("DELETE", MEMBER): Case(
        "groups/{group}/members/{handle}", OWNER, needs_scene=True, foreign=OWNER | {"owner": 404}
    ),
    ("GET", "messages"): Case("messages", OWNER),
    ("POST", "users"): Case(
        "users",
        {"owner": 201, "rao": 403, "user": 403, "automatic": 403},
        lambda _scene: {"id": f"new-{uuid4().hex}"},
    ),
    ("POST", "users/<str:user>/wallet"): Case(
        "users/{handle}/wallet",
        {"owner": 201, "rao": 201, "user": 403, "automatic": 403},
        _wallet,
        foreign=NOT_THERE | {"user": 403, "automatic": 403},
    ),
    ("POST", "tokens"): Case(
        "tokens",
        {"owner": 201, "rao": 403, "user": 403, "automatic": 403},
        lambda scene: {"user": scene.handle or "jdo"},
        foreign=NOT_THERE | {"rao": 403, "user": 403, "automatic": 403},
    ),
    ("GET", "signature-transactions"): Case(
        "signature-transactions", {"owner": 200, "rao": 200, "user": 200, "automatic": 200}, needs_scene=True
    ),
    ("POST", "signature-transactions"): Case(
        "signature-transactions",
        {"owner": 201, "rao": 201, "user": 201, "automatic": 201},
        _signed_by,
        foreign=dict.fromkeys(INSIDERS, 400),
    ),
    ("GET", "signature-transactions/<str:transaction>"): Case(
        "signature-transactions/{transaction}",
        {"owner": 200, "rao": 200, "user": 404, "automatic": 200},
        needs_scene=True,
        foreign=NOT_THERE,
    ),
    ("DELETE", "signature-transactions/<str:transaction>"): Case(
        "signature-transactions/{transaction}", AUTHOR, needs_scene=True, foreign=NOT_THERE
    ),
    ("GET", "signature-transactions/<str:transaction>/events"): Case(
        "signature-transactions/{transaction}/events", EVERYBODY | {"user": 404}, needs_scene=True, foreign=NOT_THERE
    ),
    ("POST", "signature-transactions/<str:transaction>/cancel"): Case(
        "signature-transactions/{transaction}/cancel",
        AUTHOR,
        lambda _scene: {"reason": "Stop"},
        needs_scene=True,
        foreign=NOT_THERE,
    ),
    ("POST", "signatures/<str:signature>/decline"): Case(
        "signatures/{signature}/decline",
        OWN | {"rao": 403},
        lambda _scene: {"reason": "No"},
        needs_scene=True,
        foreign=NOT_THERE,
    ),
    ("GET", "documents/<str:document>/download"): Case(
        "documents/{document}/download",
        {"owner": 200, "rao": 200, "user": 404, "automatic": 200},
        needs_scene=True,
        foreign=NOT_THERE,
    ),
    ("GET", "webhooks/deliveries"): Case("webhooks/deliveries", OWNER),
    ("POST", "webhooks/deliveries/<str:delivery>/replay"): Case(
        "webhooks/deliveries/{delivery}/replay", OWNER, needs_scene=True, foreign=OWNER | {"owner": 404}
    ),
    ("POST", "tokens/<str:token>/webhooks/test"): Case(
        "tokens/{token}/webhooks/test", OWNER | {"owner": 201}, needs_scene=True, foreign=OWNER | {"owner": 404}
    ),
    ("POST", "signatures/<str:signature>/perform"): Case(
        "signatures/{signature}/perform",
        {"owner": 200, "rao": 403, "user": 404, "automatic": 200},
        lambda _scene: {"password": PASSWORD},
        needs_scene=True,
        foreign=NOT_THERE,
    ),
}
PERFORM = ("POST", "signatures/<str:signature>/perform")
DECLINE = ("POST", "signatures/<str:signature>/decline")
NEED_BYTES = (PERFORM, SIGN, DECLINE, ("GET", "documents/<str:document>/download"))
EVERY = pytest.mark.parametrize("key", sorted(CASES), ids=" ".join)


def _scene(house: House, key: tuple[str, str] | None = None) -> Scene:
    """A transaction of the house; its document is there, and its signature can be made, only where the case asks."""
    row = ready(house) if key in NEED_BYTES else Transaction.objects.get(id=begin(house))
    identity = give_identity(house)
    signature = signatures(row)[0]
    group, token = f"all-{house.organization.slug}", Token.objects.get(user=house.automatic.user)
    webhooks = {"dst": "https://host.example/hook"}
    edit_token(house.owner.principal, token.id, label=None, webhooks=webhooks, http_options=None)
    delivery = try_webhook(house.owner.principal, token.id, None)
    create_group(house.owner.principal, group)
    enrollment = request_identity(house, provider_id="st-approval")
    return Scene(
        transaction=str(row.id),
        document=str(signature.document_id),
        signature=str(signature.id),
        token=str(token.id),
        group=group,
        identity=str(identity),
        enrollment=str(enrollment.id),
        delivery=str(delivery.id),
    )


def _nothing() -> Scene:
    key = str(uuid4())
    rows = ("transaction", "document", "signature", "token", "identity", "enrollment", "delivery")
    return Scene(**dict.fromkeys(rows, key), group="all-nobody")


def _ask(actor: Actor | None, key: tuple[str, str], slug: str, scene: Scene) -> Answer:
    case = CASES[key]
    path = case.path.format(
        transaction=scene.transaction,
        document=scene.document,
        signature=scene.signature,
        token=scene.token,
        group=scene.group,
        identity=scene.identity,
        enrollment=scene.enrollment,
        delivery=scene.delivery,
        handle=scene.handle or "robot",
        slug=slug,
    )
    return send(actor, key[0], f"/api/v1/{path if '{slug}' in case.path else f'{slug}/{path}'}", case.body(scene))


def _rows() -> list[list[tuple[object, ...]]]:
    """Every row that a request could add or change, whole."""
    models = (
        *(Organization, User, Group, Membership, Tally, Token, Identity, Enrollment, IssuedCertificate, Message),
        *(Transaction, Document, Signature, Revision, Event, Fact, OrmQ, Delivery, Endpoint, SigningSecret),
    )
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_every_route_is_expected_here() -> None:
    assert {(route.method, route.path) for route in ROUTES} == set(CASES)


@EVERY
@pytest.mark.parametrize("role", INSIDERS)
def test_insiders(key: tuple[str, str], role: str, acme: House) -> None:
    scene = _scene(acme, key) if CASES[key].needs_scene else Scene()
    before = _rows()
    answer = _ask(getattr(acme, role), key, "acme", scene)
    assert answer.status == CASES[key].expected[role], answer.content
    if answer.status >= 400:
        assert _rows() == before


@EVERY
def test_outsiders(key: tuple[str, str], acme: House, bravo: House) -> None:
    """The other house's people are refused alike for a house that exists and for one that does not."""
    scene = _scene(acme) if CASES[key].needs_scene else _nothing()
    before = _rows()
    for role in INSIDERS:
        answers = [_ask(getattr(bravo, role), key, slug, scene) for slug in ("acme", "no-such-house")]
        assert [answer.status for answer in answers] == [403, 403]
        assert answers[0].body == answers[1].body
    assert _ask(acme.disabled, key, "acme", scene).status == 401
    assert _ask(None, key, "acme", scene).status == 401
    assert _rows() == before


@pytest.mark.parametrize("key", sorted(key for key in CASES if CASES[key].foreign), ids=" ".join)
def test_rows_of_the_other_house_are_not_there(key: tuple[str, str], acme: House, bravo: House) -> None:
    """Under its own slug, a stranger's id or handle is answered like one that does not exist."""
    scene = replace(_scene(acme), handle=acme.only.user.handle)
    nothing = replace(_nothing(), handle="only-nobody")
    before = _rows()
    for role in INSIDERS:
        theirs, none = (_ask(getattr(bravo, role), key, "bravo", what) for what in (scene, nothing))
        assert (theirs.status, none.status) == ((CASES[key].foreign or {})[role],) * 2
        assert theirs.content.replace(b"-acme", b"-nobody") == none.content
    assert _rows() == before


@pytest.mark.parametrize("key", [("POST", "tokens"), ("POST", "users/<str:user>/wallet")], ids=" ".join)
def test_who_may_not_act_for_others_does_not_learn_who_there_is(key: tuple[str, str], acme: House) -> None:
    before = _rows()
    for role in (role for role, status in (CASES[key].foreign or {}).items() if status == 403):
        scenes = Scene(handle="only-acme"), Scene(handle="only-nobody")
        there, none = (_ask(getattr(acme, role), key, "acme", scene) for scene in scenes)
        assert (there.status, there.content) == (none.status, none.content) == (403, none.content)
    assert _rows() == before


def test_list_shows_only_what_is_ones_own(acme: House, bravo: House) -> None:
    scene = _scene(acme)
    path = "/api/v1/{}/signature-transactions"
    seen = {role: _ids(getattr(acme, role), path.format("acme")) for role in INSIDERS}
    assert seen == {
        "owner": [scene.transaction],
        "rao": [scene.transaction],
        "user": [],
        "automatic": [scene.transaction],
    }
    assert _ids(bravo.owner, path.format("bravo")) == []


def _ids(actor: Actor, path: str) -> list[str]:
    return [item["id"] for item in send(actor, "GET", path).data]


def test_uuid_of_the_organization_serves_like_its_slug(acme: House, bravo: House) -> None:
    path = "/api/v1/{}/signature-transactions"
    assert send(acme.owner, "GET", path.format(acme.organization.id)).status == 200
    assert send(acme.owner, "GET", path.format(bravo.organization.id)).status == 403
