"""The errors that a terminal shows as sentences: each family of the floors below, and this door's own."""

from sigillo.base.errors import SigilloError
from sigillo.blobs.errors import BlobError
from sigillo.config.environment import WrongSettings
from sigillo.secrets.errors import SecretsError


class Refused(Exception):
    """A command cannot do what was asked; the message says why and what to do."""


REFUSALS = (Refused, WrongSettings, SigilloError, SecretsError, BlobError)


def sentences(error: Exception) -> list[str]:
    """What to print of an error, one sentence a line."""
    if isinstance(error, WrongSettings):
        return [str(problem) for problem in error.problems]
    return [str(error)]
