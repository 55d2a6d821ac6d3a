"""Bodies on their way in: who is too slow, and who has to go when the disk is full."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from sigillo.base.errors import Invalid, Unavailable
from sigillo.config import intake as module
from sigillo.config.bodies import Message
from sigillo.config.intake import Gone, Intake, Intakes

IN_MEMORY = 1000


class Sender:
    """Sends pieces of a body, each after a pause; then is silent or leaves."""

    def __init__(self, *pieces: bytes, pause: float = 0.0, ends: bool = True, leaves: bool = False) -> None:
        self.leaves = leaves
        self.pieces = self._pieces(list(pieces), pause, ends=ends and not leaves)

    async def _pieces(self, pieces: list[bytes], pause: float, *, ends: bool) -> AsyncIterator[Message]:
        for number, piece in enumerate(pieces, start=1):
            await asyncio.sleep(pause)
            yield {"type": "http.request", "body": piece, "more_body": not ends or number < len(pieces)}
        if self.leaves:
            yield {"type": "http.disconnect"}
        await asyncio.sleep(60)

    async def receive(self) -> Message:
        return await anext(self.pieces)


def _anything(_size: int) -> None: ...


def test_a_trickle_ends_although_it_never_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACE_SECONDS", 0.3)

    async def scene() -> None:
        with Intake(Intakes(), in_memory=IN_MEMORY) as intake:
            sender = Sender(b"x" * 1_000_000, *[b"y"] * 200, pause=0.02)
            with pytest.raises(Invalid, match="too slowly"):
                await asyncio.wait_for(intake.take(sender.receive, _anything), 2)

    asyncio.run(scene())


def test_a_slow_but_steady_sender_is_heard_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACE_SECONDS", 0.1)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.3)

    async def scene() -> None:
        with Intake(Intakes(), in_memory=IN_MEMORY) as intake:
            sender = Sender(*[b"x" * 2000] * 20, pause=0.03)
            assert await intake.take(sender.receive, _anything) == 40_000
            intake.body.seek(0)
            assert intake.body.read() == b"x" * 40_000

    asyncio.run(scene())


def test_a_full_disk_sends_the_slowest_away_and_no_complete_or_small_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ON_DISK", 10_000)

    async def scene() -> None:
        intakes = Intakes()
        complete, small, slow, brisk, again = (Intake(intakes, in_memory=IN_MEMORY) for _ in range(5))
        assert await complete.take(Sender(b"x" * 2000).receive, _anything) == 2000
        waiting = asyncio.create_task(slow.take(Sender(b"x" * 3000, ends=False).receive, _anything))
        little = asyncio.create_task(small.take(Sender(b"x" * 10, ends=False).receive, _anything))
        await asyncio.sleep(0.05)
        assert await brisk.take(Sender(b"x" * 3000, b"x" * 3000).receive, _anything) == 6000
        with pytest.raises(Unavailable):
            await asyncio.wait_for(waiting, 1)
        slow.drop()
        with pytest.raises(Unavailable):
            await again.take(Sender(b"x" * 3000).receive, _anything)
        again.drop()
        brisk.drop()
        with Intake(intakes, in_memory=IN_MEMORY) as later:
            assert await later.take(Sender(b"x" * 8000).receive, _anything) == 8000
        assert not little.done()
        little.cancel()
        with suppress(asyncio.CancelledError):
            await little
        complete.drop()
        small.drop()

    asyncio.run(scene())


def test_who_goes_away_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ON_DISK", 10_000)

    async def scene() -> None:
        intakes = Intakes()
        for _ in range(3):
            sender = Sender(b"x" * 9000, leaves=True)
            with Intake(intakes, in_memory=IN_MEMORY) as intake, pytest.raises(Gone):
                await intake.take(sender.receive, _anything)
            assert intake.body.closed

    asyncio.run(scene())
