"""What is said of the operations that are not served is counted from the routes."""

import re
from pathlib import Path

from tests.api.operations import NOT_YET_SERVED, OPERATIONS

DIVERGENCES = Path(__file__).parents[2] / "contract" / "DIVERGENCES.md"


def test_the_contract_has_36_operations() -> None:
    assert len(OPERATIONS) == len(set(OPERATIONS)) == 36


def test_divergences_name_what_is_not_served() -> None:
    served = len(OPERATIONS) - len(NOT_YET_SERVED)
    names = ", ".join(f"`{method} {path.removeprefix('/{organization-id}/')}`" for method, path in NOT_YET_SERVED)
    row = re.search(r"^\| operations \| 36 \| (.*) \| [^|]* \|$", DIVERGENCES.read_text("utf-8"), re.MULTILINE)
    assert (row and row[1]) == (f"{served}; not yet {names}" if names else None)
