"""The invariants of ARCHITECTURE.md that import-linter cannot see by itself, and import-linter."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "sigillo"
PURE = (
    *("engine", "pki", "transactions/states.py", "transactions/deadlines.py", "transactions/constraints.py"),
    "delivery/backoff.py",
)
LOADERS = {"cli/__init__.py", "documents/confined.py"}
"""Who imports by a name in a string: the table of commands, and the limited child."""


def _modules(*places: str) -> Iterator[Path]:
    for place in places:
        path = SOURCE / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def _floors() -> dict[str, int]:
    """Each package's floor, counted from the top, as the contract in pyproject.toml lists them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {name: depth for depth, layer in enumerate(layers) for name in layer.split(" | ")}


def test_import_linter_finds_every_contract_kept() -> None:
    command = [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command as c; c()"]
    answer = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "5 kept, 0 broken" in answer.stdout


def test_foreign_keys_point_down() -> None:
    floors = _floors()
    keys = [
        (model._meta.label, model._meta.app_label, field.related_model._meta.app_label)
        for model in apps.get_models()
        if model.__module__.startswith("sigillo.")
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model
    ]
    assert keys
    upward = [f"{label} → {below}" for label, above, below in keys if floors[above] > floors[below]]
    assert not upward


@pytest.mark.parametrize("path", [str(path.relative_to(SOURCE)) for path in _modules(*PURE)])
def test_the_pure_parts_ask_no_clock_and_keep_no_chance(path: str) -> None:
    for node in ast.walk(ast.parse((SOURCE / path).read_text())):
        if isinstance(node, ast.Attribute):
            asked = f"{ast.unparse(node.value)}.{node.attr}"
            assert asked not in {"datetime.now", "datetime.utcnow", "date.today", "time.time", "timezone.now"}, asked
        assert not isinstance(node, ast.Global | ast.Nonlocal), f"line {node.lineno} changes what is outside of it"


def test_no_module_is_imported_by_a_string_unseen() -> None:
    found = {
        str(path.relative_to(SOURCE))
        for path in _modules(".")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"}
    }
    assert found == LOADERS


def test_what_is_deliberately_absent_is_absent() -> None:
    for path in _modules("."):
        assert path.stem not in {"utils", "common", "helpers", "misc"}, path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("django.dispatch"), f"{path}: signals hide who calls whom"
                assert not (node.module or "").startswith("django.db.models.signals"), path


def test_doors_write_no_rows() -> None:
    """A door asks flows; it may name a model's type and order a filter, but neither makes nor changes nor deletes."""
    for path in _modules("api"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = ast.unparse(node.func)
                assert ".objects" not in called, f"{path}: {called}"
                assert node.func.attr not in {"save", "bulk_create", "bulk_update"}, f"{path}: {called}"
