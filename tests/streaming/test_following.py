"""From any place, with any interest, a follower gets its slice of the log: all of it, in order, once."""

import asyncio
import random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from models.database import Database
from models.order import OrderStatus
from models.prepared import Prepared
from streaming import following
from streaming.following import PlaceExpired, UnknownPlace, follow
from streaming.interest import Interest
from streaming.log import ChangeRow, current_place
from streaming.place import Place
from streaming.ring import LogReplaced, StartAfresh
from streaming.tailer import Tailer
from tests.asking import listen
from tests.peers.postgresql import PostgreSQL
from tests.streaming.lives import (
    DEADLINE,
    Follower,
    Life,
    all_of,
    eventually,
    execute,
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


def test_places_that_cannot_be_gone_on_from_are_refused(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            await write(database, await new_life(database), 9)
            await execute(
                database,
                sa.text("DELETE FROM changes WHERE position <= 4"),
                sa.text("UPDATE log_head SET kept_after = 4"),
            )
            async with tailing(database, ring_size=2) as tailer:
                assert await refusal(tailer, Place("another", 3)) is UnknownPlace
                assert await refusal(tailer, Place("another", 9)) is UnknownPlace
                assert await refusal(tailer, Place(tailer.epoch, 11)) is UnknownPlace
                assert await refusal(tailer, Place(tailer.epoch, 0)) is PlaceExpired
                assert await refusal(tailer, Place(tailer.epoch, 3)) is PlaceExpired

                all_kept = follow(tailer, EVERYTHING, after=Place(tailer.epoch, 4))
                assert [(await anext(all_kept)).position for _ in range(6)] == [5, 6, 7, 8, 9, 10]
                await all_kept.aclose()

    run(story())


def test_a_place_that_the_tailer_has_not_reached_is_known(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database, poll_seconds=DEADLINE) as tailer:
            life = await new_life(database)
            await write(database, life, 3)
            follower = Follower(tailer, after=await current_place(database))
            await write(database, life)
            await nudge(tailer)

            assert await all_of(tailer, follower) == [(await whole_log(database))[4:]]

    run(story())


def test_a_follower_overtaken_by_trimming_is_told(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database, ring_size=4) as tailer:
            life = await new_life(database)
            slow = follow(tailer, EVERYTHING, after=Place(tailer.epoch, 0))
            assert (await anext(slow)).position == 1
            await write(database, life, 20)
            await tailer.wait_beyond(20)
            await execute(
                database,
                sa.text("DELETE FROM changes WHERE position <= 10"),
                sa.text("UPDATE log_head SET kept_after = 10"),
            )

            with pytest.raises(PlaceExpired):
                await anext(slow)

    run(story())


def test_a_restored_log_ends_its_followers_and_their_places(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database) as tailer:
            life = await new_life(database)
            await write(database, life, 5)
            old = await current_place(database)
            await tailer.wait_beyond(5)
            waiting, lagging = Follower(tailer, after=old), follow(tailer, EVERYTHING, after=Place(old.epoch, 0))
            assert (await anext(lagging)).position == 1

            await execute(
                database,
                sa.text("DELETE FROM changes WHERE position > 3"),
                sa.text("UPDATE log_head SET epoch = 'restored', position = 3"),
            )

            with pytest.raises(LogReplaced):
                await waiting.task
            with pytest.raises(LogReplaced):
                await anext(lagging)
            assert (tailer.epoch, await tailer.wait_beyond(2)) == ("restored", 3)
            assert await refusal(tailer, old) is UnknownPlace
            afresh = Follower(tailer, after=await current_place(database))
            await write(database, life)
            assert await all_of(tailer, afresh) == [(await whole_log(database))[3:]]

    run(story())


def test_a_log_that_lost_its_end_is_another_one_to_the_tailer_before_it_looks(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            await write(database, await new_life(database), 5)
            async with tailing(database) as tailer:
                await tailer.stop()  # so that it does not look
                await execute(
                    database,
                    sa.text("DELETE FROM changes WHERE position > 3"),
                    sa.text("UPDATE log_head SET position = 3"),
                )

                with pytest.raises(LogReplaced):
                    await anext(follow(tailer, EVERYTHING, after=None))

    run(story())


def test_a_log_that_lost_its_end_and_grew_again_is_not_taken_for_the_old_one(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database) as tailer:
            life = await new_life(database)
            await write(database, life, 5)
            await tailer.wait_beyond(5)
            lagging = follow(tailer, EVERYTHING, after=Place(tailer.epoch, 0))
            assert (await anext(lagging)).position == 1
            await execute(
                database,
                sa.text("DELETE FROM changes WHERE position > 3"),
                sa.text("UPDATE log_head SET position = 3"),
            )
            await eventually(lambda: tailer.position == 3)
            await write(database, life, 10)
            await tailer.wait_beyond(12)

            with pytest.raises(LogReplaced):
                await anext(lagging)

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


async def refusal(tailer: Tailer, place: Place) -> type[StartAfresh]:
    with pytest.raises(StartAfresh) as refused:
        await anext(follow(tailer, EVERYTHING, after=place))
    return type(refused.value)


def watch_for_joining(database: Database, joined: asyncio.Event) -> None:
    """Set when the head was read, as the first step of following without a place does."""

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "kept_after" in statement:
            joined.set()

    listen(database, note, "after_cursor_execute")
