"""Catching up with a shared stream from far behind: little is read for it, however many do so, and little is kept."""

import asyncio

import pytest

from streaming.following import UnknownPlace
from streaming.interest import Interest
from streaming.log import current_place
from streaming.place import Place
from streaming.ring import LogReplaced
from streaming.sharing import past
from streaming.sharing.kept import Kept
from streaming.sharing.streams import Streams
from tests.streaming.joining import Rendering, Wire, count_statements, events, join, sharing, subscribed
from tests.streaming.lives import eventually, new_life, opened, run, tailing, write


def test_a_storm_after_a_restart_reads_nothing_that_the_ring_has(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, tailer, streams):
            await write(database, await new_life(database), 120)
            await eventually(lambda: tailer.position == 121)
            render, wires = Rendering(), [Wire() for _ in range(200)]
            statements = count_statements(database)
            await asyncio.gather(
                *(join(streams, render, wire, Place(tailer.epoch, 1 + n % 7)) for n, wire in enumerate(wires))
            )

            await eventually(lambda: all(wire.sent[-1:] == [121] for wire in wires))
            assert [text for text in statements if "position >" in text and "position <=" in text] == []
            assert len(render.rendered) == 120

    run(story())


def test_a_storm_reads_each_page_of_an_old_log_once(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url, ring_size=10) as (database, tailer, streams):
            await write(database, await new_life(database), 450)
            await eventually(lambda: tailer.position == 451)
            render, wires = Rendering(), [Wire() for _ in range(100)]
            statements = count_statements(database)
            await asyncio.gather(
                *(join(streams, render, wire, Place(tailer.epoch, n % 90)) for n, wire in enumerate(wires))
            )

            await eventually(lambda: all(wire.sent[-1:] == [451] for wire in wires))
            assert len([text for text in statements if "position <=" in text]) <= 5
            assert all(wire.sent == list(range(n % 90 + 1, 452)) for n, wire in enumerate(wires))

    run(story())


def test_a_rare_interest_is_followed_over_a_long_stretch_of_others(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than one statement looks at, several times, before and behind what is of interest."""
    monkeypatch.setattr(past, "WINDOW", 20)
    monkeypatch.setattr(past, "PAGE", 10)

    async def story() -> None:
        async with sharing(database_url, ring_size=20) as (database, tailer, streams):
            mine, other = await new_life(database), await new_life(database)
            await write(database, other, 100)
            await write(database, mine, 2)
            await write(database, other, 60)
            await eventually(lambda: tailer.position == 164)
            render, wire, statements = Rendering(), Wire(), count_statements(database)
            interest = Interest(customer_id=mine.customer_id)
            await join(streams, render, wire, Place(tailer.epoch, 3), interest)
            await eventually(lambda: len(wire.sent) == 2)
            await write(database, mine, 1)
            await eventually(lambda: len(wire.sent) == 3)

            assert wire.sent == [103, 104, 165]
            assert len([text for text in statements if "position <=" in text]) <= 164 / 10 + 1

    run(story())


def test_many_streams_keep_no_more_than_their_process_may(database_url: str) -> None:
    """Each catches up over pages of the log that the others push out, and gets everything all the same."""

    async def story() -> None:
        async with opened(database_url) as database, tailing(database, ring_size=10) as tailer:
            kept = Kept(most=100_000)
            streams = Streams(tailer, kept=kept)
            await write(database, await new_life(database), 300)
            await eventually(lambda: tailer.position == 301)
            render, wires = Rendering(), [Wire() for _ in range(40)]
            for n, wire in enumerate(wires):
                (await events(streams, render, key=n)).join(subscribed(wire)[0], 0)
            most = 0

            def all_have_all() -> bool:
                nonlocal most
                most = max(most, kept.bytes)
                return all(wire.sent == list(range(1, 302)) for wire in wires)

            await eventually(all_have_all)
            await eventually(lambda: not streams.busy)
            await write(database, await new_life(database), 1)
            assert most < 100_000 + 16 * (128 * 500 + 60_000)
            assert kept.bytes <= 100_000
            streams.ended(LogReplaced())
            assert kept.bytes == 0

    run(story())


def test_places_of_no_use_are_said_so_before_anything_is_sent(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, tailer, streams):
            await write(database, await new_life(database), 3)
            for place in (Place("another", 1), Place(tailer.epoch, 1000)):
                with pytest.raises(UnknownPlace):
                    await streams.start(place)
            assert await streams.start(await current_place(database)) == 4

    run(story())
