"""Why a call to the outside brought nothing.

    OutboundError
    ├── OutboundRefused    we would not call: the address, scheme, port or spelling is not allowed
    └── OutboundFailed     we called, and it went wrong; `permanent` says whether calling again can help

Messages name the host and the cause; never a path, a query, a header or a password.
"""

from sigillo.base.errors import Kind, SigilloError


class OutboundError(SigilloError):
    """Nothing usable came back. `status` is that of the HTTP answer, where there was one.

    `body` is what an unsuccessful answer said, where the caller asked for it (`Limits.error_bytes`), and
    `retry_after` its header of that name, as it was written (RFC 9110, 10.2.3).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        permanent: bool,
        status: int | None = None,
        body: bytes = b"",
        retry_after: str | None = None,
    ) -> None:
        super().__init__(code, message)
        self.permanent = permanent
        self.status = status
        self.body = body
        self.retry_after = retry_after


class OutboundRefused(OutboundError):
    """This target is not called; only another URL, or the operator's allow list, can change that."""

    kind = Kind.INVALID

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, permanent=True)


class OutboundFailed(OutboundError):
    """The target was called, or its name looked up, without success."""

    kind = Kind.UNAVAILABLE
