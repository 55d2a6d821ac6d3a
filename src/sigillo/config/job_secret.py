"""Django's SECRET_KEY, which signs the jobs in the queue: every process of one installation derives the same."""

from secrets import token_hex

from sigillo.config.environment import Environment
from sigillo.secrets.sealing import Keyring


def job_secret(environment: Environment) -> str:
    """Derived from the oldest master key, so that jobs queued before a rotation stay readable after it.

    Before `sigillo init` there is no key and no queue; a value of this process alone then serves.
    """
    path = environment.home / "master.key"
    if environment.master_key:
        keyring = Keyring.parse(environment.master_key)
    elif path.exists():
        keyring = Keyring.load(path)
    else:
        return token_hex(32)
    return keyring.lookups("django.secret-key", "jobs")[-1].hex()
