"""Hints reach every process, survive the broker's death, and never cost more than latency when they cannot."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import psutil  # type: ignore[import-untyped]  # it comes without types
import pytest
import redis
from broadcaster import Broadcast

from streaming.hints import Hints, open_broadcast
from streaming.hints.backend import RESYNC, ROOM, HintBackend
from streaming.hints.memory import MemoryBackend
from streaming.hints.redis import TIMEOUT
from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import REPOSITORY
from tests.peers.valkey import Valkey

BEAT = 0.25  # seconds; fast, so that lost heartbeats show soon
QUIET = 0.15  # seconds in which any hint under way would have arrived


class Broker(Protocol):
    """What the tests do to either kind of broker."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture(params=["valkey", "postgresql"])
def broker(request: pytest.FixtureRequest) -> Iterator[tuple[Broker, str]]:
    """A running broker and its url; it may be left dead."""
    server: PostgreSQL | Valkey = request.getfixturevalue(request.param)
    yield server, server.url() if isinstance(server, PostgreSQL) else server.url
    server.restart()


def test_a_hint_reaches_every_process(broker: tuple[Broker, str]) -> None:
    async def story(url: str) -> None:
        # All of them start and subscribe at once.
        async with hints(url) as one, hints(url) as two, hints(url) as three:
            await asyncio.gather(*map(settled, (one, two, three)))

            await one.publish(7)

            assert await asyncio.gather(*(each.wait(5) for each in (one, two, three))) == [True] * 3
            assert await asyncio.gather(*(each.wait(QUIET) for each in (one, two, three))) == [False] * 3

    asyncio.run(story(broker[1]))


def test_a_killed_broker_comes_back_and_all_look_again(broker: tuple[Broker, str]) -> None:
    server, url = broker

    async def story() -> None:
        async with hints(url) as one, hints(url) as two:
            await asyncio.gather(settled(one), settled(two))
            await asyncio.to_thread(server.kill)
            await eventually(lambda: not one.healthy and not two.healthy)
            while await two.wait(0):
                pass

            await asyncio.to_thread(server.start)

            assert await two.wait(10)  # nothing was published: the new connection alone says "look again"
            await asyncio.gather(settled(one), settled(two))
            await one.publish(8)
            assert await two.wait(5)

    asyncio.run(story())


def test_publishing_without_a_broker_is_quick(broker: tuple[Broker, str]) -> None:
    server, url = broker

    async def story() -> None:
        async with hints(url) as one:
            await settled(one)
            await asyncio.to_thread(server.kill)
            await eventually(lambda: not one.healthy)
            while await one.wait(0):
                pass

            started = time.monotonic()
            await one.publish(9)
            assert time.monotonic() - started < TIMEOUT  # sending is not waited for
            assert await one.wait(0)  # its own process need not wait for a poll
            await eventually(lambda: one.failures > 1)

    asyncio.run(story())


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


def test_it_starts_without_a_broker_and_finds_it_later(broker: tuple[Broker, str]) -> None:
    server, url = broker

    async def story() -> None:
        await asyncio.to_thread(server.stop)
        started = time.monotonic()
        async with hints(url) as one:
            assert time.monotonic() - started < 5  # it waits for no connection, of which none will come
            await eventually(lambda: one.failures > 0)
            assert not one.healthy

            await asyncio.to_thread(server.start)

            assert await one.wait(10)
            await settled(one)

    asyncio.run(story())


def test_what_is_unsent_is_sent_before_the_end(broker: tuple[Broker, str]) -> None:
    async def story(url: str) -> None:
        async with hints(url) as one:
            await settled(one)
            async with hints(url) as brief:
                await settled(brief)
                await settled(one)
                await brief.publish(10)

            assert await one.wait(5)

    asyncio.run(story(broker[1]))


def test_a_burst_is_one_hint(broker: tuple[Broker, str]) -> None:
    async def story(url: str) -> None:
        async with hints(url) as one, hints(url) as two:
            await asyncio.gather(settled(one), settled(two))

            for position in range(1, 1001):
                await one.publish(position)

            assert await two.wait(5)
            assert not await two.wait(QUIET)

    asyncio.run(story(broker[1]))


def test_strange_and_doubled_messages_do_no_harm(valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        # At the usual pace: where hearts beat fast, a busy machine alone makes one miss a few.
        async with running(Hints(open_broadcast(valkey.url))) as one:
            await settled(one)
            with redis.Redis.from_url(valkey.url) as stranger:
                for message in (b"", b"\xff\xfe\x00", b"x" * 1_000_000, b"-1", b"resync", b"11", b"11"):
                    stranger.publish("orders", message)
                    assert await one.wait(5)  # looked for in vain, which is cheap
                while await one.wait(QUIET):
                    pass
                stranger.publish("orders", b"hb:0123456789abcdef")
                assert not await one.wait(QUIET)  # another process being alive is no hint

                pipeline = stranger.pipeline(transaction=False)
                for position in range(5_000):
                    pipeline.publish("orders", position)
                await asyncio.to_thread(pipeline.execute)
            assert await one.wait(5)
            await settled(one)

    asyncio.run(story())

    assert caplog.messages == []  # nor did they end the subscription


def test_a_terminated_listen_connection_is_opened_again(postgresql: PostgreSQL) -> None:
    async def story() -> None:
        async with hints(postgresql.url()) as one, hints(postgresql.url()) as two:
            await asyncio.gather(settled(one), settled(two))

            ended = await asyncio.to_thread(
                postgresql.execute,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
            )

            assert ended == [(True,), (True,)]
            assert await one.wait(5)
            assert await two.wait(5)
            await asyncio.gather(settled(one), settled(two))
            await one.publish(12)
            assert await two.wait(5)

    asyncio.run(story())


def test_a_broker_that_hangs_holds_nobody_up(valkey: Valkey) -> None:
    async def story() -> None:
        async with hints(valkey.url) as one:
            await settled(one)
            suspended = psutil.Process(valkey.pid)
            suspended.suspend()
            try:
                started = time.monotonic()
                await one.publish(13)
                assert time.monotonic() - started < TIMEOUT
                await eventually(lambda: one.failures > 0 and not one.healthy)
            finally:
                suspended.resume()
            await settled(one)

    asyncio.run(story())


def test_an_idle_subscription_outlasts_the_timeout_for_answers(valkey: Valkey) -> None:
    async def story() -> None:
        broadcast = open_broadcast(valkey.url)
        async with broadcast, broadcast.subscribe("orders") as subscription:
            assert (await asyncio.wait_for(subscription.get(), 5)).message == RESYNC
            with pytest.raises(TimeoutError):  # a lost connection would say RESYNC once more
                await asyncio.wait_for(subscription.get(), TIMEOUT + 0.5)
            await broadcast.publish("orders", "14")
            assert (await asyncio.wait_for(subscription.get(), 5)).message == "14"

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


def test_valkey_is_a_name_for_redis(valkey: Valkey) -> None:
    async def story() -> None:
        async with hints(valkey.url.replace("redis://", "valkey://")) as one:
            await settled(one)

    asyncio.run(story())


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


@asynccontextmanager
async def running(one: Hints) -> AsyncIterator[Hints]:
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


def hints(url: str) -> AbstractAsyncContextManager[Hints]:
    """Those of one process."""
    return running(Hints(open_broadcast(url), heartbeat_seconds=BEAT))


async def settled(one: Hints) -> None:
    """Until hints arrive, and all under way have arrived."""
    await eventually(lambda: one.healthy)
    async with asyncio.timeout(10):
        while await one.wait(QUIET):
            pass


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # conditions of every kind
            await asyncio.sleep(0.01)
