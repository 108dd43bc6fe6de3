"""Places: a follower goes on from what is kept of this log, and is told where that is gone or the log another one."""

import pytest
import sqlalchemy as sa

from streaming.following import PlaceExpired, UnknownPlace, follow
from streaming.interest import Interest
from streaming.log import current_place
from streaming.place import Place
from streaming.ring import LogReplaced, StartAfresh
from streaming.tailer import Tailer
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

EVERYTHING = Interest()


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


async def refusal(tailer: Tailer, place: Place) -> type[StartAfresh]:
    with pytest.raises(StartAfresh) as refused:
        await anext(follow(tailer, EVERYTHING, after=place))
    return type(refused.value)
