"""Passwords at rest: Argon2id (RFC 9106), one encoded string that carries its own parameters and salt."""

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from sigillo.secrets.errors import PasswordHashCorrupt

# RFC 9106 §4 recommends three passes over 64 MiB in four lanes where memory is scarce. A signature by
# password pays this price each time, so passes, salt and tag stay as they are there and the memory shrinks
# until a check costs about 40 ms of one core: 24 MiB, still above OWASP's floor (two passes over 19 MiB).
_HASHER = PasswordHasher(time_cost=3, memory_cost=24 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
_DAMAGED = "The stored password hash is damaged; set a new password in its place."


def hash_password(password: str) -> str:
    """The PHC string (`$argon2id$v=19$…`, ASCII) of a password under a fresh salt; about 40 ms."""
    return _HASHER.hash(password)


def verify_password(hashed: str, password: str) -> bool:
    """Whether the password is the one that was hashed, compared in constant time; about 40 ms either way.

    Raises PasswordHashCorrupt if `hashed` is no Argon2id string.
    """
    try:
        return _HASHER.verify(hashed, password)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError) as error:
        raise PasswordHashCorrupt(_DAMAGED) from error


def is_outdated(hashed: str) -> bool:
    """Whether a hash was made with other parameters than today's: hash it anew after the next right one."""
    try:
        return _HASHER.check_needs_rehash(hashed)
    except InvalidHashError as error:
        raise PasswordHashCorrupt(_DAMAGED) from error
