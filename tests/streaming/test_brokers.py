"""Hints through real brokers: they reach every process, and come again after a broker that died, hung or was away."""

import asyncio
import time
from collections.abc import Iterator
from typing import Protocol

import psutil  # type: ignore[import-untyped]  # it comes without types
import pytest
import redis

from streaming.hints import Hints, open_broadcast
from streaming.hints.backend import RESYNC
from streaming.hints.redis import TIMEOUT
from tests.peers.postgresql import PostgreSQL
from tests.peers.valkey import Valkey
from tests.streaming.hinting import QUIET, eventually, hints, running, settled


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


def test_valkey_is_a_name_for_redis(valkey: Valkey) -> None:
    async def story() -> None:
        async with hints(valkey.url.replace("redis://", "valkey://")) as one:
            await settled(one)

    asyncio.run(story())
