"""What a signer presents for one use of a key. It is held for as long as that takes and never stored."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Presented:
    """The password (a provider may call it PIN), and the one-time password where the key asks for one."""

    password: str = field(default="", repr=False)
    otp: str = field(default="", repr=False)

    @property
    def factor(self) -> str:
        """How the journal names it."""
        if not self.otp:
            return "password" if self.password else "credential"
        return "password+otp" if self.password else "otp"
