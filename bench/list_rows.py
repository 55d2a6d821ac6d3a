"""The rows of `bench.lists`: one organization that has as many of everything as is asked for.

Of every attribute there is a value that nearly all rows have, and one that a few have: always the oldest, so that
whoever walks the list from its newest end meets them last. The others are spread.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from bench.bulk import Values, load, progress, without_list_indexes
from sigillo.credentials.models import Token
from sigillo.flows.sources import Source, seal_source
from sigillo.flows.statistics import refresh_statistics
from sigillo.identities.models import Enrollment, Identity
from sigillo.installation import keyring
from sigillo.organizations.models import Group, User
from sigillo.organizations.tally import Counted, count_in
from sigillo.secrets.sealing import Context
from sigillo.transactions.models import Document, Signature, Transaction
from tests.support.world import House, make_house

FEW = 10
_BEGIN = datetime(2024, 1, 1)  # noqa: DTZ001 - moments are written in UTC, as both databases read them
_FILLED = (User, Group, Token, Identity, Enrollment, Transaction, Document, Signature)


def make_rows(count: int) -> House:
    """Fill an empty database; the organization with its people."""
    house = make_house("acme")
    without_list_indexes(_FILLED, lambda: _Rows(house, count).fill())
    with transaction.atomic():
        for what in Counted:
            count_in(house.organization.id, what, count)
    said = progress("statistics")
    refresh_statistics()
    if connection.vendor == "postgresql":  # which does it by itself, a minute later
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    said()
    return house


class _Rows:
    def __init__(self, house: House, count: int) -> None:
        chance = random.Random(count)
        self.count = count
        self.house = house.organization.id.hex
        self.owner, self.rao, self.user, self.robot, self.only = (
            actor.user.id.hex for actor in (house.owner, house.rao, house.user, house.automatic, house.only)
        )
        self.users, self.identities, self.transactions, self.documents = (
            [f"{chance.getrandbits(128):032x}" for _ in range(count)] for _ in range(4)
        )
        self.keys = (f"{chance.getrandbits(128):032x}" for _ in iter(int, 1))
        self.moments = [str(_BEGIN + timedelta(seconds=number)) for number in range(count)]

    def fill(self) -> None:
        """Load all tables, the referred before the referring."""
        load(User, "id organization handle email first_name last_name rao automatic created", self._users())
        load(Group, "id organization name created_by", self._groups())
        load(Token, "id organization user label lookup sealed_value created_by created", self._tokens())
        held = "id organization user provider_id registered_by fiscal_code created"
        load(Identity, f"{held} status", self._identities())
        load(Enrollment, f"{held} identity ticket created_by", self._enrollments())
        load(Transaction, "id organization created_by title status reason created not_after", self._transactions())
        load(Document, "id organization transaction order display_name sealed_source", self._documents())
        load(
            Signature,
            "id organization transaction document group_index position signer ticket profile display_name status",
            self._signatures(),
        )

    def _users(self) -> Iterator[Values]:
        for n, key in enumerate(self.users):
            odd = n % 10 == 0
            names = (f"Name {n:07d}", f"Surname {n:07d}") if odd else ("Anna", "Rossi")
            yield (key, self.house, f"u{n:07d}", f"u{n:07d}@acme.example", *names, n < FEW, n < FEW, self.moments[n])

    def _groups(self) -> Iterator[Values]:
        return ((next(self.keys), self.house, f"group {n:07d}", "jdo@acme") for n in range(self.count))

    def _tokens(self) -> Iterator[Values]:
        for n in range(self.count):
            key, odd = next(self.keys), n % 10 == 0
            user = self.users[n] if odd else self.robot
            context = Context(tenant=str(UUID(self.house)), table="token", row=str(UUID(key)), field="value")
            sealed = keyring().seal(b"%032x" % n, context)
            label = f"agent {n:07d}" if odd else "Signing Today Token"
            yield key, self.house, user, label, b"%032d" % n, sealed, "jdo@acme", self.moments[n]

    def _held(self, n: int) -> Values:
        provider, rao = ("st-approval", self.owner) if n < FEW else ("sms", self.rao)
        return self.house, self.users[n], provider, rao, f"TINIT-{n:07d}", self.moments[n]

    def _identities(self) -> Iterator[Values]:
        return ((key, *self._held(n), "active") for n, key in enumerate(self.identities))

    def _enrollments(self) -> Iterator[Values]:
        for n, identity in enumerate(self.identities):
            yield next(self.keys), *self._held(n), identity, next(self.keys), "jdo@acme"

    def _transactions(self) -> Iterator[Values]:
        for n, key in enumerate(self.transactions):
            author = self.only if n < FEW else self.users[n // 100] if n % 100 == 50 else self.owner
            title = f"Order {n:07d}" if n % 10 == 0 else "Framework agreement"
            state = ("cancelled", "INVALID_DOCUMENT") if n < FEW else ("pending", None)
            yield key, self.house, author, title, *state, self.moments[n], "2034-01-01 00:00:00"

    def _documents(self) -> Iterator[Values]:
        house, source = UUID(self.house), Source("https://files.acme.example/contract.pdf")
        for n, key in enumerate(self.documents):
            sealed = seal_source(source, organization_id=house, document_id=UUID(key))
            name = f"scan {n:07d}.pdf" if n % 10 == 0 else "contract.pdf"
            yield key, self.house, self.transactions[n], 0, name, sealed

    def _signatures(self) -> Iterator[Values]:
        for n in range(self.count):
            signer = self.only if n < FEW else self.users[n // 10] if n % 10 == 5 else self.robot
            name, status = f"Approval {n:07d}" if n % 10 == 3 else "", "error" if n < FEW else "pending"
            of = (self.house, self.transactions[n], self.documents[n])
            yield next(self.keys), *of, 0, 0, signer, next(self.keys), "pades-bes", name, status
