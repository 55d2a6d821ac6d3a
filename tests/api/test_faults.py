"""Faults of the installation: a named 503 for the caller, the cause in the log, and nothing half-done."""

import pytest

from sigillo.identities.models import Identity
from sigillo.journal.models import Event
from tests.api.calling import assert_refused, post
from tests.flows.stories import PASSWORD, give_identity, ready, signatures
from tests.support.world import House


def test_a_sealed_key_moved_to_another_row_does_not_open(acme: House, caplog: pytest.LogCaptureFixture) -> None:
    first, second = (Identity.objects.get(id=give_identity(acme)) for _ in range(2))
    Identity.objects.filter(id=second.id).update(sealed_key=first.sealed_key)
    row = ready(acme)
    signature = signatures(row)[0]
    answer = post(acme.owner, f"/api/v1/acme/signatures/{signature.id}/perform", {"password": PASSWORD})
    assert_refused(answer, 503, "secret_unusable", "operator")
    assert (signatures(row)[0].status, signatures(row)[0].attempt) == ("pending", None)
    assert Event.objects.order_by("-at", "-sequence").first().kind == "signature.abandoned"  # type: ignore[union-attr]
    assert "sealed" in caplog.text
    assert first.sealed_key not in answer.content.decode()
