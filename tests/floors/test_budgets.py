"""How large things may grow, and what strangers are told where they call."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "src" / "sigillo").rglob("*.py"))
OURS = [path for path in FILES if "migrations" not in path.parts and path.stat().st_size]
ALL = [*OURS, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "tools").glob("*.py"))]
DOCUMENTED = ("engine", "pki", "credentials", "secrets")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function))


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_file_is_longer_than_400_lines() -> None:
    long = {str(path.relative_to(ROOT)): _lines(path) for path in ALL if _lines(path) > 400}
    assert not long


def test_half_of_the_files_have_100_lines_at_most() -> None:
    assert median(map(_lines, OURS)) <= 100


def test_no_function_is_longer_than_60_lines() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}": _length(function)
        for path in ALL
        for function in _functions(path)
        if _length(function) > 60
    }
    assert not long


def test_half_of_the_functions_have_10_lines_at_most() -> None:
    assert median(_length(function) for path in OURS for function in _functions(path)) <= 10


def test_every_function_says_what_it_returns() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"
        for path in ALL
        for function in _functions(path)
        if function.returns is None
    ]
    assert not silent


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path.relative_to(ROOT)) for path in OURS if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not silent


def test_public_functions_of_the_instruments_are_documented() -> None:
    silent = [
        f"{path.relative_to(ROOT)} {node.name}"
        for path in OURS
        if path.relative_to(ROOT / "src" / "sigillo").parts[0] in DOCUMENTED
        for node in _public(ast.parse(path.read_text()))
        if not ast.get_docstring(node)
    ]
    assert not silent


def _public(tree: ast.Module) -> Iterator[Function | ast.ClassDef]:
    """Public functions and classes of a module, and the public methods that a class does not have from another."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef) and not node.bases:
                yield from (
                    method for method in node.body if isinstance(method, Function) and not method.name.startswith("_")
                )
