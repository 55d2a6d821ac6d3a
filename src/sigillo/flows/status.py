"""Whether this installation can serve: what `/readyz` and `sigillo doctor` ask."""

from django.db import DatabaseError, connection

from sigillo.identities.models import Authority
from sigillo.installation import keyring
from sigillo.secrets.errors import KeyringUnusable


def readiness() -> list[str]:
    """What keeps this process from serving, each as a sentence with its remedy; empty when it is ready."""
    problems = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not Authority.objects.filter(parent=None).exists():
            problems.append("There is no certificate authority; run sigillo init.")
    except DatabaseError:
        problems.append("The database does not answer or is not set up; check DATABASE_URL, then run sigillo init.")
    try:
        keyring()
    except KeyringUnusable as error:
        problems.append(str(error))
    return problems
