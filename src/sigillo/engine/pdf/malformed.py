"""What reading raises when the bytes are not what the file format asks for."""


class Malformed(Exception):
    """An internal signal; the engine's doors turn it into `Unreadable` with the same code and sentence.

    `code` is stable and names the fault; the message is a sentence about the file.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class PasswordNeeded(Exception):
    """The empty user password does not open the document."""
