"""A log with a hole is read up to there until it is mended; one that was restored, cut short or trimmed is adopted."""

import asyncio

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from models.database import Database
from streaming.log import current_place
from streaming.place import Place
from streaming.ring import LogReplaced
from tests.asking import listen
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


def looks_at(database: Database) -> list[str]:
    """Grows with every reading of the log's head from now on."""
    looks: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "kept_after" in statement:
            looks.append(statement)

    listen(database, note)
    return looks
