"""The policy: on which road a document is read and changed. Signing and the trial at intake take the same."""

from collections.abc import Callable
from typing import Literal, TypeVar

from sigillo.engine.boundary import PROVOKED
from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.opening import open_by_reference, open_by_scanning
from sigillo.engine.types import Buffer

Road = Literal["fast", "general"]
Work = TypeVar("Work")


def take_road(document: Buffer, work: Callable[[Document], Work]) -> tuple[Work, Road]:
    """The policy: trust the file's cross-reference; where it misleads, rebuild it by reading the whole file.

    `work` is done on the document as opened, and once more where the first road led nowhere. A file that
    fails on both raises the Malformed of the second.
    """
    try:
        return work(open_by_reference(document)), "fast"
    except (Malformed, *PROVOKED):
        return work(open_by_scanning(document)), "general"
