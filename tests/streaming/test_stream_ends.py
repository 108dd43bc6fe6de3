"""How shared streams end: with their last subscriber, with their log or with their process."""

import asyncio

import pytest

from streaming.following import PlaceExpired
from streaming.ring import LogReplaced, StreamStopped
from streaming.sharing.streams import Streams
from tests.streaming.joining import Rendering, Wire, events, join, sharing, subscribed
from tests.streaming.lives import eventually, new_life, opened, run, tailing, write


def test_streams_that_nobody_follows_any_more_are_few(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.sharing.streams.IDLE", 5)

    async def story() -> None:
        async with opened(database_url) as database, tailing(database) as tailer:
            streams, render = Streams(tailer), Rendering()
            followed, _ = subscribed(Wire())
            (await events(streams, render, key="followed")).join(followed, 0)
            for n in range(20):
                subscriber, _ = subscribed(Wire())
                (await events(streams, render, key=n)).join(subscriber, 0)
                subscriber.leave()

            assert len(streams) == 6
            assert len(await events(streams, render, key="followed")) == 1
            streams.ended(LogReplaced())

    run(story())


def test_a_stream_outlives_its_last_subscriber_for_a_while_only(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, _, streams):
            life, render, wire = await new_life(database), Rendering(), Wire()
            subscriber, ends = await join(streams, render, wire)
            await asyncio.sleep(0.1)
            assert len(streams) == 1
            subscriber.leave()
            subscriber.leave()
            first = streams._leaving["key"].when()
            again, _ = await join(streams, render, wire)
            again.leave()
            assert streams._leaving["key"].when() > first  # as long from the last one on
            await write(database, life)
            await eventually(lambda: len(streams) == 0)
            assert (wire.sent, ends, render.rendered) == ([], [], [])

    run(story())


def test_another_log_and_the_end_of_the_process_end_streams(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (_, tailer, streams):
            _, first = await join(streams, Rendering(), Wire())
            streams.ended(LogReplaced())
            _, second = await join(streams, Rendering(), Wire())
            await tailer.stop()
            assert [type(end) for end in first + second] == [LogReplaced, StreamStopped]
            assert len(streams) == 0

    run(story())


def test_a_place_that_is_no_longer_kept_ends_only_who_is_there(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url, ring_size=5) as (database, tailer, streams):
            await write(database, await new_life(database), 30)
            await eventually(lambda: tailer.position == 31)
            stream = await events(streams, Rendering())
            stream._past.read = _expired  # type: ignore[attr-defined] # as if it had been trimmed meanwhile
            late, reader = Wire(), Wire()
            (behind, ends), (ahead, none) = subscribed(late), subscribed(reader)
            stream.join(ahead, 28)
            stream.join(behind, 2)
            await eventually(lambda: len(ends) == 1)
            await eventually(lambda: len(reader.sent) == 3)
            assert isinstance(ends[0], PlaceExpired)
            assert (late.sent, none) == ([], [])

    run(story())


async def _expired(_position: int) -> None:
    raise PlaceExpired
