"""What can go wrong with secrets: always an operator's fault or an attack, never a caller's.

    SecretsError
    ├── KeyringUnusable      the file of master keys is missing, malformed or open to others
    ├── SealBroken           a sealed value does not open
    └── PasswordHashCorrupt  what stands in the place of a password hash is none

None of them is for the wire: a caller gets the bare answer of a fault, the log gets the sentence.
"""


class SecretsError(Exception):
    """Each message is a sentence that names the place and the remedy, and never the secret."""


class KeyringUnusable(SecretsError):
    """The master keys are missing, malformed, or readable by other accounts."""


class SealBroken(SecretsError):
    """A sealed value is malformed, was changed or moved, or its master key is not at hand."""


class PasswordHashCorrupt(SecretsError):
    """A stored password hash is damaged; this is not what a wrong password gives."""
