"""Bodies on their way in, all together: how long each may take, and how much of the disk they may hold.

Nobody has looked at a credential yet, so nothing here trusts its sender.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO, Any, Self

from sigillo.base.errors import Invalid, SigilloError, Unavailable

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

IDLE_SECONDS = 30.0
"""How long a sender may pause inside a body."""
PACE_SECONDS = 30.0
BYTES_PER_SECOND = 16 * 1024
"""What a sender brings at least, over any stretch of a body that is longer than PACE_SECONDS."""
ON_DISK = 1024**3
"""What all bodies of a process may hold at once, beyond what each has in memory."""


class Gone(Exception):
    """The sender closed the connection inside its body; nobody waits for an answer."""


class Intakes:
    """The bodies that are here. When they are too much for the disk, the slowest of those still coming has to go."""

    def __init__(self) -> None:
        self._held: dict[Intake, int] = {}

    def claim(self, intake: "Intake", size: int) -> None:
        """Count so many bytes for one body, and send others away until that fits."""
        self._held[intake] = size
        while sum(self._held.values()) > ON_DISK:
            slowest = min((held for held in self._held if held.coming), key=Intake.rate)
            del self._held[slowest]
            slowest.send_away()

    def release(self, intake: "Intake") -> None:
        """Count nothing any more for this body."""
        self._held.pop(intake, None)


class Intake:
    """One body: taken piece by piece until its end, or until its sender is too slow or one too many."""

    def __init__(self, intakes: Intakes, *, in_memory: int) -> None:
        self.body: IO[bytes] = SpooledTemporaryFile(max_size=in_memory)  # noqa: SIM115 - closed by drop
        self.coming = True
        self._intakes = intakes
        self._in_memory = in_memory
        self._began = monotonic()
        self._size = 0
        self._patience = asyncio.timeout(None)
        self._crowded_out = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def drop(self) -> None:
        """Give back what the body holds."""
        self.body.close()
        self._intakes.release(self)

    async def take(self, receive: Receive, check: Callable[[int], None]) -> int:
        """Have the body written into `body` as it comes; its size. `check` is told of each size before it is reached.

        Raises:
            Gone: the sender closed the connection.
            Invalid: the sender paused, or was slow, for too long.
            Unavailable: there is no room for it beside the others.
        """
        try:
            async with self._patience:
                await self._take(receive, check)
        except TimeoutError:
            raise self._reason() from None
        self.coming = False
        return self._size

    async def _take(self, receive: Receive, check: Callable[[int], None]) -> None:
        since, before, more = self._began, 0, True
        while more:
            self._patience.reschedule(asyncio.get_running_loop().time() + IDLE_SECONDS)
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            piece, more = message.get("body", b""), message.get("more_body", False)
            self._size += len(piece)
            check(self._size)
            if self._size > self._in_memory:
                self._intakes.claim(self, self._size)
            if self._crowded_out:
                raise self._reason()
            self.body.write(piece)
            passed = monotonic() - since
            if more and passed > PACE_SECONDS:
                if self._size - before < BYTES_PER_SECOND * passed:
                    raise Invalid("body_too_slow", "The body came too slowly; send it again over a faster connection.")
                since, before = since + passed, self._size

    def send_away(self) -> None:
        """Make `take` raise Unavailable, also while it waits for its sender."""
        self._crowded_out = True
        if not self._patience.expired():
            self._patience.reschedule(0)

    def _reason(self) -> SigilloError:
        if self._crowded_out:
            return Unavailable("bodies_waiting", "Too many bodies are on their way in; send this one again shortly.")
        return Invalid("body_stalled", f"Nothing of the body came for {IDLE_SECONDS:.0f} seconds; send it again.")

    def rate(self) -> float:
        """Bytes per second so far."""
        return self._size / max(monotonic() - self._began, 1.0)
