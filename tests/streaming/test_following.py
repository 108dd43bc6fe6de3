"""From any place, with any interest, a follower gets its slice of the log: all of it, in order, once."""

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from models.database import Database
from models.order import OrderStatus
from models.prepared import Prepared
from streaming import following
from streaming.following import follow
from streaming.interest import Interest
from streaming.log import ChangeRow, current_place
from streaming.place import Place
from tests.asking import listen
from tests.peers.postgresql import PostgreSQL
from tests.streaming.lives import (
    DEADLINE,
    Follower,
    Life,
    all_of,
    new_customer,
    new_life,
    nudge,
    opened,
    run,
    seen_by,
    tailing,
    whole_log,
    write,
    write_at_random,
)

EVERYTHING = Interest()
ROUNDS = 6


@pytest.fixture
def short_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and windows that a small log fills many times."""
    monkeypatch.setattr(following, "PAGE", 5)
    monkeypatch.setattr(following, "WINDOW", 13)


@pytest.mark.parametrize("seed", range(3))
def test_any_place_any_ring_any_interest(database_url: str, seed: int, short_reads: None) -> None:
    chance = random.Random(seed)

    async def story() -> None:
        async with opened(database_url) as database:
            lives = [Life(await new_customer(database)) for _ in range(5)]
            await write_at_random(database, lives, 80, chance)
            for _ in range(ROUNDS):
                await one_round(database, lives)

    async def one_round(database: Database, lives: list[Life]) -> None:
        async with tailing(database, ring_size=chance.choice([1, 2, 7, 30, 4096])) as tailer:
            asked: list[tuple[Interest, Place]] = []
            followers: list[Follower] = []
            for _ in range(4):
                place = Place(tailer.epoch, chance.randint(0, (await current_place(database)).position))
                asked += [(an_interest(lives, chance), place) for _ in range(3)]
                followers += [Follower(tailer, interest, after=place) for interest, place in asked[-3:]]
                await write_at_random(database, lives, 6, chance)
            seen = await all_of(tailer, *followers)
            log = await whole_log(database)
            assert seen == [
                [row for row in log if row.position > place.position and interest.matches(row)]
                for interest, place in asked
            ]

    run(story())


def test_a_follower_slower_than_the_ring_misses_nothing(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database, ring_size=8) as tailer:
            life, other = await new_life(database), await new_life(database)
            start = await current_place(database)
            slow = follow(tailer, EVERYTHING, after=start)
            rare = follow(tailer, Interest(order_id=other.id), after=start)
            await write(database, other)
            first = [await anext(slow), await anext(rare)]

            await write(database, life, 150)
            await write(database, other)
            await tailer.wait_beyond(start.position + 151)

            log = await whole_log(database)
            assert first == [log[2], log[2]]
            assert [await anext(slow) for _ in log[3:]] == log[3:]
            assert await anext(rare) == log[-1]
            await slow.aclose()
            await rare.aclose()

    run(story())


def test_live_begins_behind_what_is_committed_when_the_first_is_asked_for(database_url: str) -> None:
    async def story() -> None:
        # A tailer that is behind: no hint reaches it and it hardly ever polls.
        async with opened(database_url) as database, tailing(database, poll_seconds=DEADLINE) as tailer:
            life = await new_life(database)
            await write(database, life, 3)
            live = Follower(tailer, after=None)
            joined = asyncio.Event()
            watch_for_joining(database, joined)
            await joined.wait()
            await write(database, life, 2)
            await nudge(tailer)

            assert [row.position for row in (await all_of(tailer, live))[0]] == [5, 6]

    run(story())


def test_nothing_falls_between_reading_a_place_and_following_from_it(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database) as tailer:
            life = await new_life(database)
            place = Place.decode((await current_place(database)).encode())
            await write(database, life, 2)

            follower = Follower(tailer, after=place)
            await write(database, life, 2)

            assert await all_of(tailer, follower) == [(await whole_log(database))[1:]]

    run(story())


def test_followers_outlive_the_database() -> None:
    with PostgreSQL(durable=True) as server:

        async def story() -> None:
            async with opened(server.create_database("stream")) as database, tailing(database, ring_size=3) as tailer:
                life = await new_life(database)
                start = await current_place(database)
                live, slow = Follower(tailer, after=start), follow(tailer, EVERYTHING, after=Place(tailer.epoch, 0))
                assert (await anext(slow)).position == 1
                await write(database, life, 10)
                await tailer.wait_beyond(10)

                await asyncio.to_thread(server.kill)
                with pytest.raises((SQLAlchemyError, OSError)):
                    await anext(follow(tailer, EVERYTHING, after=None))
                reading_on = asyncio.ensure_future(anext(slow))  # from the log: the ring has moved past it
                await asyncio.to_thread(server.start)

                rest: list[ChangeRow] = [await reading_on]
                await write(database, life, 5)
                log = await whole_log(database)
                rest += [await anext(slow) for _ in log[2:]]
                assert rest == log[1:]
                assert await all_of(tailer, live) == [log[1:]]
                await slow.aclose()

        run(story())


def test_followers_cost_the_database_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = Prepared.rows
    sent: list[str] = []

    async def noted(self: Prepared, *args: Any) -> Any:
        sent.append("prepared")
        return await prepared(self, *args)

    monkeypatch.setattr(Prepared, "rows", noted)

    async def statements_of(followers: int) -> int:
        async with opened(database_url) as database, tailing(database, poll_seconds=DEADLINE) as tailer:
            life = await new_life(database)
            await nudge(tailer)
            await tailer.wait_beyond((await current_place(database)).position - 1)
            place = await current_place(database)
            everyone = [Follower(tailer, after=place) for _ in range(followers)]
            await write(database, life, 10)
            sent.clear()
            listen(database, lambda *event: sent.append(event[2]))
            await nudge(tailer)
            await tailer.wait_beyond(place.position + 9)
            assert all(len(seen) == 10 for seen in await seen_by(tailer, *everyone))
            return len(sent)

    async def story() -> None:
        assert await statements_of(1) == await statements_of(200) > 0

    run(story())


def an_interest(lives: list[Life], chance: random.Random) -> Interest:
    life = chance.choice(lives)
    return Interest(
        customer_id=chance.choice([None, life.customer_id]),
        order_id=chance.choice([None, None, life.id]),
        statuses=chance.choice([None, frozenset(chance.sample([*OrderStatus], 3)), frozenset()]),
        transitions_only=chance.random() < 0.5,
    )


def watch_for_joining(database: Database, joined: asyncio.Event) -> None:
    """Set when the head was read, as the first step of following without a place does."""

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "kept_after" in statement:
            joined.set()

    listen(database, note, "after_cursor_execute")
