"""Hints within one process: sent until they are out, heard again after deafness, and never more than are needed."""

import asyncio
import subprocess
import sys

import pytest
from broadcaster import Broadcast

from streaming.hints import Hints, open_broadcast
from streaming.hints.backend import RESYNC, ROOM, HintBackend
from streaming.hints.memory import MemoryBackend
from tests.peers.processes import REPOSITORY
from tests.streaming.hinting import QUIET, eventually, hints, running, settled


def test_a_hint_that_failed_is_sent_again_until_it_is_out() -> None:
    backend = Failing()

    async def story() -> None:
        async with running(Hints(Broadcast(backend=backend))) as one:
            backend.broken = True
            await one.publish(4)
            await one.publish(5)
            await one.publish(3)  # committed earlier, said later
            await eventually(lambda: one.failures > 3)
            backend.broken = False

            await eventually(lambda: "5" in backend.sent)
            assert await one.wait(5)
            await eventually(lambda: one.healthy)
            assert not {"3", "4"} & {*backend.sent}

    asyncio.run(story())


def test_a_subscription_that_went_deaf_is_made_anew() -> None:
    backend = Deaf()

    async def story() -> None:
        async with running(Hints(Broadcast(backend=backend), heartbeat_seconds=0.05)) as one:
            await settled(one)
            backend.deaf = True  # as after a connection that died without a word
            await asyncio.wait_for(backend.connected_again.wait(), 10)
            assert not backend.deaf
            assert await one.wait(5)
            await settled(one)

    asyncio.run(story())


def test_sending_alone_is_not_healthy() -> None:
    backend = Deaf()
    backend.deaf = True

    async def story() -> None:
        async with running(Hints(Broadcast(backend=backend))) as one:
            assert await one.wait(5)  # told to look when connected
            await eventually(lambda: backend.sent > 1)
            assert (one.healthy, one.failures) == (False, 0)

    asyncio.run(story())


def test_what_was_heard_takes_bounded_room() -> None:
    backend = MemoryBackend()

    async def story() -> list[str]:
        for position in range(10 * ROOM):
            backend.hear(str(position))
            backend.hear(str(position))
        kept: list[str] = []
        while not kept or kept[-1] != str(10 * ROOM - 1):
            kept.append((await backend.next_published()).message)
        return kept

    kept = asyncio.run(story())

    assert kept[0] == RESYNC  # stands for all that were dropped
    assert len(kept) == len(set(kept)) <= ROOM


def test_any_number_of_hints_wakes_once() -> None:
    async def story() -> None:
        async with hints("memory://") as one:
            await settled(one)
            assert not await one.wait(0)
            await one.publish(1)
            await one.publish(2)
            assert await one.wait(5)
            assert not await one.wait(QUIET)

    asyncio.run(story())


@pytest.mark.parametrize("url", ["kafka://somewhere", "sqlite:///x:secret@y", "nothing"])
def test_an_unknown_broadcast_is_refused_without_quoting_secrets(url: str) -> None:
    with pytest.raises(ValueError, match="use memory, redis") as refusal:
        open_broadcast(url)

    assert "secret" not in str(refusal.value)


def test_there_is_one_channel() -> None:
    async def story() -> None:
        async with open_broadcast("memory://") as broadcast:
            with pytest.raises(ValueError, match="one channel"):
                await broadcast.publish("other", "1")

    asyncio.run(story())


def test_one_machine_needs_no_driver() -> None:
    """Importing either costs a good part of the time in which a second start has to answer."""
    program = (
        "import sys\nfrom streaming.hints import open_broadcast\n"
        "open_broadcast('memory://')\nprint({'redis', 'psycopg'} & {*sys.modules})"
    )

    loaded = subprocess.check_output([sys.executable, "-c", program], cwd=REPOSITORY, text=True)

    assert loaded == "set()\n"


class Failing(MemoryBackend):
    """Refuses what is sent while broken."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.sent: list[str] = []

    async def _send(self, message: str) -> None:
        if self.broken:
            raise OSError("refused")
        self.sent.append(message)
        await super()._send(message)


class Deaf(MemoryBackend):
    """Loses all it should hear, without an error, until it is connected again."""

    def __init__(self) -> None:
        super().__init__()
        self.deaf = False
        self.sent = 0
        self.connected_again = asyncio.Event()

    async def connect(self) -> None:
        if self.sent:
            self.deaf = False
            self.connected_again.set()
        await HintBackend.connect(self)

    async def _send(self, message: str) -> None:
        self.sent += 1
        if not self.deaf:
            self.hear(message)
