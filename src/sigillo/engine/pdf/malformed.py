"""What reading raises when the bytes are not what the file format asks for."""


class Malformed(Exception):
    """An internal signal; the engine's boundary turns it into `Unreadable` with the same code, and adds what to do.

    `code` is stable and names the fault; the message is a sentence that says what is wrong with the file.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class PasswordNeeded(Exception):
    """The empty user password does not open the document."""
