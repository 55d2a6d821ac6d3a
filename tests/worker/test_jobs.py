"""The table of jobs: every name that is queued is there, and what fails is heard of."""

import ast
from pathlib import Path
from uuid import uuid4

import pytest
from django_q.models import OrmQ

from sigillo.base.clock import now
from sigillo.queue.port import enqueue
from sigillo.transactions.models import Document
from sigillo.worker.jobs import JOBS, UPKEEP, run
from sigillo.worker.schedules import MINUTES
from tests.flows.stories import begin
from tests.support.world import House

SOURCE = Path(__file__).parents[2] / "src" / "sigillo"


def _queued_names() -> set[str]:
    return {
        node.args[0].value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "enqueue" and isinstance(node.args[0], ast.Constant)
        if isinstance(node.args[0].value, str)
    }


def test_every_job_that_a_flow_queues_has_its_flow() -> None:
    assert _queued_names() == set(JOBS)


def test_every_upkeep_has_its_time() -> None:
    assert set(UPKEEP) == set(MINUTES)
    assert not set(UPKEEP) & set(JOBS)


def test_a_job_runs_its_flow_for_its_subject(acme: House) -> None:
    key = begin(acme)
    document = Document.objects.get(transaction_id=key)
    run("fetch_document", str(document.id))
    document.refresh_from_db()
    assert document.ready


def test_a_job_whose_row_is_gone_is_done(acme: House) -> None:
    run("fetch_document", str(uuid4()))


def test_upkeep_finds_nothing_to_do_in_an_empty_house(acme: House) -> None:
    for name in UPKEEP:
        run(name)


def test_a_name_of_another_version_is_refused_with_a_remedy(db: None) -> None:
    with pytest.raises(LookupError, match="run that version's worker"):
        run("shred_document", str(uuid4()))


def test_a_queued_job_calls_this_table(db: None) -> None:
    enqueue("fetch_document", uuid4())
    task = OrmQ.objects.get().task
    assert task["func"] == f"{run.__module__}.{run.__name__}"
    assert task["args"][0] == "fetch_document"
    assert OrmQ.objects.get().lock <= now()
