"""Examples of every operation. `make openapi` takes them from the golden exchanges, which the tests replay."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

FILE = Path(__file__).with_name("examples.json")
PUBLIC = "{{public}}"
"""Stands for the address of the installation."""


class Example(Struct):
    """One exchange: what was asked for, and what was answered. Of bytes only the beginning is held, as text."""

    method: str
    address: str
    status: int
    request: Any = None
    answer: Any = None
    begins: str = ""

    @property
    def name(self) -> str:
        """`success`, or a problem's word for programs."""
        return "success" if self.status < 400 else str(self.answer["meta"]["error_code"])

    @property
    def shown(self) -> Any:  # noqa: ANN401 - JSON
        """The answer, as far as it can be shown."""
        return self.begins or self.answer


def examples_at(public: str) -> dict[str, list[Example]]:
    """The examples of each operation by its id, as an installation with this address would give them."""
    return msgspec.json.decode(_held().replace(PUBLIC, public), type=dict[str, list[Example]])


@cache
def _held() -> str:
    return FILE.read_text("utf-8")
