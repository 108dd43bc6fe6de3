"""Shared streams: rendered once for all who are there, brought to whom it concerns, and of a state only the newest."""

import random
from collections.abc import Callable
from uuid import uuid4

import pytest

from models.order import OrderStatus
from streaming.interest import Interest
from streaming.log import ChangeRow
from streaming.place import Place
from streaming.sharing.latest import LatestStream
from streaming.sharing.shared import SharedStream
from tests.streaming.joining import Rendering, Wire, events, join, sharing, subscribed
from tests.streaming.lives import ALL, eventually, new_life, run, whole_log, write, write_at_random


def test_many_subscribers_cost_one_rendering(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, _, streams):
            life, render = await new_life(database), Rendering()
            wires = [Wire() for _ in range(1200)]
            for wire in wires:
                await join(streams, render, wire)
            await write(database, life, 5)

            await eventually(lambda: all(len(wire.sent) == 5 for wire in wires))
            assert all(wire.sent == render.rendered for wire in wires)
            assert render.rendered == [row.position for row in (await whole_log(database))[1:]]

    run(story())


@pytest.mark.parametrize("seed", range(3))
def test_whoever_joins_anywhere_with_any_room_gets_each_once_and_in_order(database_url: str, seed: int) -> None:
    """Beyond the ring of the tailer as well, while others write, read slowly and leave."""

    async def story() -> None:
        chance = random.Random(seed)
        async with sharing(database_url, ring_size=40) as (database, tailer, streams):
            lives = [await new_life(database) for _ in range(3)]
            await write_at_random(database, lives, 150, chance)
            await eventually(lambda: tailer.position == 153)
            interest = Interest(customer_id=lives[0].customer_id)
            render, joined = Rendering(), []
            for _ in range(30):
                after = chance.choice([None, chance.randint(0, tailer.position)])
                wire = Wire(chance.choice([1, 3, 10**9]))
                place = None if after is None else Place(tailer.epoch, after)
                subscriber, ends = await join(streams, render, wire, place, interest)
                joined.append((wire, subscriber.position if after is None else after, ends))
                await write_at_random(database, lives, chance.randint(1, 4), chance)
                chance.choice(joined)[0].read()
            mine = [row.position for row in await whole_log(database) if row.customer_id == lives[0].customer_id]

            def all_have_all() -> bool:
                for wire, _, _ in joined:
                    wire.read()
                return all(wire.sent[-1:] == [each for each in mine if each > after][-1:] for wire, after, _ in joined)

            await eventually(all_have_all)
            for wire, after, ends in joined:
                assert wire.sent == [position for position in mine if position > after]
                assert ends == []
                assert wire.most <= 64  # one write more than it had room for
            assert len(render.rendered) == len(set(render.rendered))

    run(story())


def test_what_cannot_be_rendered_now_is_rendered_later_and_left_out_never(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, _, streams):
            life, render, wire = await new_life(database), Rendering(), Wire()
            await join(streams, render, wire)
            render.failures = 4
            await write(database, life, 3)

            await eventually(lambda: len(wire.sent) == 3)
            assert wire.sent == sorted(render.rendered)

    run(story())


def test_a_change_is_brought_to_those_alone_whom_it_concerns(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, tailer, streams):
            mine, other = await new_life(database), await new_life(database)
            await eventually(lambda: tailer.position == 2)
            interests = {
                "all": ALL,
                "customer": Interest(customer_id=mine.customer_id),
                "order": Interest(order_id=mine.id),
                "status": Interest(statuses=frozenset({OrderStatus.CONFIRMATION})),
                "other order": Interest(order_id=other.id),
                "other status": Interest(statuses=frozenset({OrderStatus.EXPIRED})),
                "nothing": Interest(statuses=frozenset()),
                **{f"stranger {n}": Interest(order_id=uuid4()) for n in range(50)},
            }
            fed: list[str] = []
            for name, interest in interests.items():
                stream = await events(streams, Rendering(), interest, key=name)
                stream.feed = _noting(fed, name)  # type: ignore[method-assign,assignment] # what is looked at here
                stream.join(subscribed(Wire())[0], tailer.position)
            await write(database, mine)

            await eventually(lambda: len(fed) >= 4)
            assert sorted(fed) == ["all", "customer", "order", "status"]

    run(story())


class Counter:
    """A state that is one more after each change."""

    interest = ALL
    pause = 0.0

    def __init__(self) -> None:
        self.number = 0
        self.there = True

    def takes(self, change: ChangeRow) -> bool:
        self.number += 1
        return True

    async def value(self) -> tuple[int, object] | None:
        return (self.number, self.number) if self.there else None


def test_a_state_is_sent_once_to_each_and_the_slow_get_the_newest(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, tailer, streams):
            life, render, counter = await new_life(database), Rendering(), Counter()
            await eventually(lambda: tailer.position == 1)

            async def make() -> SharedStream:
                return LatestStream(tailer, counter, render)

            stream = await streams.get("state", make)
            slow, quick = Wire(1), Wire()
            for wire in (slow, quick):
                stream.join(subscribed(wire)[0], 1)
            await eventually(lambda: slow.sent == quick.sent == [0])
            for number in range(1, 6):
                await write(database, life)
                await eventually(lambda number=number: quick.sent[-1] == number)  # type: ignore[misc] # an index
            assert slow.sent == [0]
            slow.read()
            assert slow.sent == [0, 5]
            late, ends = subscribed(Wire())
            stream.join(late, 0)
            assert late.position == 5
            assert render.rendered == [0, 1, 2, 3, 4, 5]
            counter.there = False
            await write(database, life)
            await eventually(lambda: ends == [None])
            assert await streams.get("state", make) is not stream

    run(story())


def _noting(fed: list[str], name: str) -> Callable[[ChangeRow], None]:
    def feed(_change: ChangeRow) -> None:
        fed.append(name)

    return feed
