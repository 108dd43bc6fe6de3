"""The tailer reads all of the log in order, whatever happens to hints, to the database and to its connection."""

import asyncio
import random

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from models.database import Database
from models.order import OrderStatus
from streaming.log import current_place
from streaming.place import Place
from streaming.ring import LogReplaced, StreamStopped
from streaming.tailer import Tailer
from tests.asking import listen
from tests.peers.postgresql import PostgreSQL
from tests.streaming.lives import (
    DEADLINE,
    Follower,
    all_of,
    eventually,
    execute,
    new_life,
    nudge,
    opened,
    run,
    tailing,
    whole_log,
    write,
)


def test_it_begins_at_the_head_and_keeps_what_came_before(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            await write(database, await new_life(database), 9)
            async with tailing(database, ring_size=4) as tailer:
                place = await current_place(database)
                assert (tailer.epoch, tailer.position, tailer.healthy) == (place.epoch, 10, True)
                assert [tailer.ring.at(position) for position in (6, 7, 10, 11)] == [
                    None,
                    *[row for row in await whole_log(database) if row.position in {7, 10}],
                    None,
                ]
                assert [tailer.ring.reaches(position) for position in (5, 6, 10, 11)] == [False, True, True, False]
            assert not tailer.healthy

    run(story())


def test_it_reads_a_long_way_in_pages(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.tailer.PAGE", 7)

    async def story() -> None:
        async with opened(database_url) as database, tailing(database, poll_seconds=DEADLINE) as tailer:
            life = await new_life(database)
            async with database.writing() as tx:
                for _ in range(50):
                    life.change(tx, OrderStatus.CONFIRMATION)
            follower = Follower(tailer, after=Place(tailer.epoch, 0))
            await nudge(tailer)

            assert await all_of(tailer, follower) == [await whole_log(database)]

    run(story())


def test_lost_hints_cost_latency_only(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database, poll_seconds=0.01) as tailer:
            follower = Follower(tailer, after=Place(tailer.epoch, 0))
            await write(database, await new_life(database), 20)

            await eventually(lambda: len(follower.seen) == 21)
            assert await all_of(tailer, follower) == [await whole_log(database)]

    run(story())


def test_hints_doubled_reordered_or_wrong_change_nothing(database_url: str) -> None:
    chance = random.Random(5)

    async def story() -> None:
        async with opened(database_url) as database, tailing(database, poll_seconds=DEADLINE) as tailer:
            follower = Follower(tailer, after=Place(tailer.epoch, 0))
            life = await new_life(database)
            for _ in range(30):
                await write(database, life)
                for _ in range(chance.randrange(3)):
                    await tailer._hints.publish(chance.randrange(10**6))
                    await asyncio.sleep(0)
            await nudge(tailer)

            assert await all_of(tailer, follower) == [await whole_log(database)]

    run(story())


def test_waiting_for_a_position(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database) as tailer:
            assert await tailer.wait_beyond(0, timeout=0.01) == 0
            waiting = asyncio.create_task(tailer.wait_beyond(1))
            await write(database, await new_life(database))
            assert await waiting == 2
            assert await tailer.wait_beyond(0) == 2
            waiting = asyncio.create_task(tailer.wait_beyond(2))
            await asyncio.sleep(0)
            await tailer.stop()
            with pytest.raises(StreamStopped):
                await waiting

    run(story())


def test_a_gap_is_waited_for_and_never_passed_over(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database) as tailer:
            life = await new_life(database)
            await write(database, life, 3)
            await tailer.wait_beyond(3)
            follower = Follower(tailer, after=Place(tailer.epoch, 0))
            with capture_logs() as logs:
                await execute(database, sa.text("UPDATE log_head SET position = position + 1"))  # 5 is missing
                await eventually(lambda: not tailer.healthy)
                await write(database, life, 2)
                await eventually(lambda: len(follower.seen) == 4)
                looks = looks_at(database)
                await eventually(lambda: len(looks) > 3)
                assert (tailer.position, tailer.healthy) == (4, False)

                await execute(
                    database,
                    sa.text("UPDATE changes SET position = 5 WHERE position = 6"),
                    sa.text("UPDATE changes SET position = 6 WHERE position = 7"),
                    sa.text("UPDATE log_head SET position = 6"),
                )
                await eventually(lambda: tailer.healthy)

            assert [entry["log_level"] for entry in logs] == ["error", "info"]
            assert logs[0]["reason"] == "position 5 is missing"
            assert await all_of(tailer, follower) == [await whole_log(database)]

    run(story())


def test_a_hole_further_on_stops_it_there(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database, poll_seconds=DEADLINE) as tailer:
            await write(database, await new_life(database), 9)
            await execute(database, sa.text("DELETE FROM changes WHERE position = 6"))
            await nudge(tailer)

            assert await tailer.wait_beyond(4) == 5
            await eventually(lambda: not tailer.healthy)
            assert tailer.position == 5

    run(story())


def test_a_server_starts_though_the_log_has_a_hole(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            await write(database, await new_life(database), 9)
            await execute(database, sa.text("DELETE FROM changes WHERE position = 6"))
            async with tailing(database) as tailer:
                await eventually(lambda: not tailer.healthy)
                assert tailer.position == 5

    run(story())


@pytest.mark.parametrize(
    "restore",
    [
        ["UPDATE log_head SET epoch = 'restored'"],
        ["DELETE FROM changes WHERE position > 2", "UPDATE log_head SET epoch = 'restored', position = 2"],
        ["DELETE FROM changes WHERE position > 2", "UPDATE log_head SET position = 2"],
        ["DELETE FROM changes", "UPDATE log_head SET kept_after = 9, position = 9"],
    ],
    ids=["as it was", "shorter", "shorter with its old name", "trimmed"],
)
def test_another_log_is_adopted(database_url: str, restore: list[str]) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database) as tailer:
            life = await new_life(database)
            await write(database, life, 3)
            await tailer.wait_beyond(3)
            waiting = asyncio.create_task(tailer.wait_beyond(100))
            await asyncio.sleep(0)

            await execute(database, *map(sa.text, restore))

            with pytest.raises(LogReplaced):
                await waiting
            place = await current_place(database)
            await eventually(lambda: (tailer.epoch, tailer.position) == (place.epoch, place.position))
            afresh = Follower(tailer, after=place)
            await write(database, life, 2)
            assert [row.position for row in (await all_of(tailer, afresh))[0]] == [
                place.position + 1,
                place.position + 2,
            ]

    run(story())


def test_it_outlives_the_death_of_postgresql() -> None:
    with PostgreSQL(durable=True) as server:

        async def story() -> None:
            async with opened(server.create_database("stream")) as database, tailing(database) as tailer:
                life = await new_life(database)
                follower = Follower(tailer, after=Place(tailer.epoch, 0))
                for _ in range(3):
                    await write(database, life, 5)
                    await asyncio.to_thread(server.kill)
                    await eventually(lambda: not tailer.healthy)
                    await asyncio.to_thread(server.start)
                    await eventually(lambda: tailer.healthy)
                    await write(database, life, 5)

                assert await all_of(tailer, follower) == [await whole_log(database)]

        run(story())


def test_it_outlives_its_connection(shared_postgresql: PostgreSQL) -> None:
    url = shared_postgresql.create_database("cut")

    async def story() -> None:
        async with opened(url) as database, tailing(database) as tailer:
            life = await new_life(database)
            follower = Follower(tailer, after=Place(tailer.epoch, 0))
            for _ in range(5):
                await asyncio.to_thread(
                    shared_postgresql.execute,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cut'",
                )
                await write(database, life, 3)

            assert await all_of(tailer, follower) == [await whole_log(database)]

    run(story())


def test_a_database_that_hangs_is_given_up_and_asked_again(
    shared_postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock on the log's head stands for a connection that died without a word."""
    monkeypatch.setattr("streaming.log.STATEMENT_TIMEOUT", 0.1)
    url = shared_postgresql.create_database("hanging")

    async def story() -> None:
        async with opened(url) as database, tailing(database) as tailer:
            async with database.engine.connect() as other, other.begin():
                await other.execute(sa.text("LOCK TABLE log_head IN ACCESS EXCLUSIVE MODE"))
                await eventually(lambda: not tailer.healthy)
            await eventually(lambda: tailer.healthy)
            await write(database, await new_life(database))
            await tailer.wait_beyond(1)

    run(story())


def test_starting_and_stopping_leaves_nothing_behind(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            await write(database, await new_life(database), 2)
            for wait in range(20):
                async with tailing(database, poll_seconds=0.0) as tailer:
                    await turns(wait)
                await tailer.stop()  # and twice is as good
            assert busy(database) == 0

    run(story())


async def turns(loops: int) -> None:
    """Let the loop go round so often, to be stopped anywhere within a look."""
    for _ in range(loops):
        await asyncio.sleep(0)


def looks_at(database: Database) -> list[str]:
    """Grows with every reading of the log's head from now on."""
    looks: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "kept_after" in statement:
            looks.append(statement)

    listen(database, note)
    return looks


def busy(database: Database) -> int:
    """Connections that are not back in the pool."""
    pool = database.reader.pool
    assert isinstance(pool, sa.QueuePool)
    return pool.checkedout()


def test_starting_without_a_database_is_an_error(shared_postgresql: PostgreSQL) -> None:
    async def story() -> None:
        database = Database(shared_postgresql.url("no_such_database"))
        async with opened(shared_postgresql.create_database("there")) as there, tailing(there) as tailer:
            with pytest.raises(sa.exc.OperationalError):
                await Tailer(database, tailer._hints).start()
        await database.close()

    run(story())
