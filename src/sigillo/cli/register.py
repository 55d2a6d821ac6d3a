"""This installation's register of certificates, as `sigillo verify` asks it: offline, in the database itself."""

from dataclasses import dataclass

from sigillo.base.errors import SigilloError
from sigillo.cli.refusals import REFUSALS, sentences
from sigillo.cli.startup import is_installed, require_ready, start_django
from sigillo.engine.validate import Entry, Register


@dataclass(frozen=True, slots=True)
class Source:
    """Who is asked about revocation, or a sentence that says why nobody is."""

    register: Register | None
    why_not: str = ""


def find_register() -> Source:
    """The register, where there is an installation that can be read, of this version, with a database that answers.

    Where it cannot be asked the file is verified all the same, and the sentence goes with the verdict.
    """
    try:
        if not is_installed():
            return Source(None, "There is no installation here whose register could be asked about revocation.")
        start_django()
        require_ready()
    except (*REFUSALS, OSError) as error:
        why = " ".join(sentences(error))
        return Source(None, f"The register of this installation was not asked about revocation: {why}")
    return Source(_ask)


def _ask(certificate: bytes) -> Entry | None:
    """None where it is not ours, cannot be read, or the database fell silent: then it has not been looked up."""
    from django.db import DatabaseError, InterfaceError

    from sigillo.flows.publish import certificate_standing
    from sigillo.pki.crl import Revocation
    from sigillo.pki.ocsp_answers import Standing

    try:
        found = certificate_standing(certificate)
    except (SigilloError, DatabaseError, InterfaceError):
        return None
    if isinstance(found, Revocation):
        return Entry(found.at, found.reason.value)
    return Entry() if found is Standing.GOOD else None
