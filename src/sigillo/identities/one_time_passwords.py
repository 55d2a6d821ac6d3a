from collections.abc import Sequence
from datetime import timedelta
from secrets import randbelow
from sigillo.base.clock import now
from sigillo.base.errors import Forbidden
from sigillo.identities.models import Identity, OneTimePassword
from sigillo.installation import keyring


def issue(
    identity: Identity, purpose: OneTimePassword.Purpose, bound_to: Sequence[Sequence[str]], *, actor: str
) -> str:
    code = f"{randbelow(10**6):06d}"
    OneTimePassword.objects.create(
        identity=identity,
        purpose=purpose,
        bound_to=[list(b) for b in bound_to],
        code_hash=keyring().lookup("otp", f"{identity.id}{code}"),
        expires=now() + timedelta(minutes=10),
    )
    return code


def check(
    identity: Identity, purpose: OneTimePassword.Purpose, subject: Sequence[str], code: str, *, actor: str
) -> None:
    row = OneTimePassword.objects.filter(identity=identity, purpose=purpose).order_by("-created").first()
    if (
        row is None
        or list(subject) not in row.bound_to
        or bytes(row.code_hash) != keyring().lookup("otp", f"{identity.id}{code}")
    ):
        raise Forbidden("wrong_code", "wrong")
