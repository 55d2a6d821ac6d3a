"""What waits for a client: in order, bounded in memory, bounded on disk over all clients."""

import asyncio
import tracemalloc

import pytest

from sigillo.config import backlog as module
from sigillo.config.backlog import IN_MEMORY, PIECE, Backlog, Disk

MIB = 1 << 20


async def _take_all(backlog: Backlog) -> bytes:
    taken = b""
    while (piece := await backlog.take()) is not None:
        taken += piece
    return taken


def test_what_was_put_is_taken_in_its_order() -> None:
    whole = b"".join(bytes([number]) * 700_000 for number in range(20))

    async def scene() -> None:
        backlog = Backlog(Disk())
        for start in range(0, len(whole), 3_000_001):
            assert await asyncio.to_thread(backlog.put, whole[start : start + 3_000_001])
        backlog.end()
        assert await _take_all(backlog) == whole
        backlog.close()

    asyncio.run(scene())


def test_who_keeps_up_is_served_from_memory_alone() -> None:
    async def scene() -> None:
        backlog = Backlog(Disk(size=0))  # a byte on disk would end it
        putting = asyncio.create_task(asyncio.to_thread(backlog.put, bytes(16 * MIB)))
        putting.add_done_callback(lambda _: backlog.end())
        assert len(await _take_all(backlog)) == 16 * MIB
        assert backlog.given_up is None
        backlog.close()

    asyncio.run(scene())


def test_memory_is_bounded_while_nobody_takes() -> None:
    async def scene() -> None:
        backlog = Backlog(Disk())
        tracemalloc.start()
        for _ in range(32):
            await asyncio.to_thread(backlog.put, bytes(MIB))
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert held < IN_MEMORY + 2 * PIECE  # what waits, and what is on its way
        backlog.close()

    asyncio.run(scene())


def test_a_full_disk_costs_the_slowest_client_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)

    async def scene() -> None:
        disk = Disk(size=10 * MIB)
        idle, brisk, last = Backlog(disk), Backlog(disk), Backlog(disk)
        for backlog in (idle, brisk):
            await asyncio.to_thread(backlog.put, bytes(5 * MIB))
        for backlog in (brisk, last):
            await asyncio.to_thread(backlog.put, bytes(MIB))
            await backlog.take()
        assert await asyncio.to_thread(brisk.put, bytes(4 * MIB))
        assert idle.given_up is not None
        assert "slowest" in idle.given_up
        assert not await asyncio.to_thread(idle.put, b"more")
        assert await idle.take() is None
        idle.close()
        brisk.close()
        assert await asyncio.to_thread(last.put, bytes(9 * MIB)), "what was closed leaves its room to others"
        last.close()

    asyncio.run(scene())


def test_giving_up_frees_a_maker_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 30.0)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 30.0)

    async def scene() -> None:
        backlog = Backlog(Disk())
        putting = asyncio.create_task(asyncio.to_thread(backlog.put, bytes(3 * MIB)))
        await asyncio.sleep(0.1)
        assert not putting.done()
        backlog.give_up("its client went away")
        assert await asyncio.wait_for(putting, 5) is False
        backlog.close()

    asyncio.run(scene())
