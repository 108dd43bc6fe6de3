"""Transactions below the rules: what is sent at once or later, in its order, and that what fails leaves nothing."""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from models.database import Database, Transaction
from models.statement import Statement, Values
from tests.models.notes import CHANGE, DATE, DATED, READ, WRITE, note, notes, play


def test_what_is_expected_has_run_in_its_order_and_all_else_when_it_is_asked_for(new_database: str) -> None:
    async def story(database: Database) -> None:
        async with database.writing((WRITE, note(1)), (READ, {})) as tx:
            await tx.run(WRITE, note(1))
            assert await tx.run(READ, {}) == [(1, "")]
            await tx.run(WRITE, note(2))
            assert await tx.run(READ, {}) == [(1, ""), (2, "")]
            tx.write(WRITE, note(4))
            tx.write(WRITE, note(3))
            assert await tx.run(READ, {}) == [(1, ""), (2, "")]
        assert await notes(database) == [(1, ""), (2, ""), (3, ""), (4, "")]

    play(new_database, story)


def test_what_was_expected_with_other_values_is_asked_anew(new_database: str) -> None:
    async def story(database: Database) -> None:
        async with database.writing((WRITE, note(1))) as tx:
            await tx.run(WRITE, note(2))
        assert await notes(database) == [(1, ""), (2, "")]

    play(new_database, story)


def test_what_is_expected_and_fails_begins_nothing(new_database: str) -> None:
    async def story(database: Database) -> None:
        async def begin(expected: tuple[Statement, Values]) -> None:
            async with database.writing((WRITE, note(1)), expected):
                raise AssertionError

        with pytest.raises(StaleDataError):
            await begin((CHANGE, {"of": 2, "text": "changed"}))
        with pytest.raises(sa.exc.IntegrityError):
            await begin((WRITE, note(1)))
        assert await notes(database) == []

    play(new_database, story)


def test_what_is_expected_twice_runs_twice(new_database: str) -> None:
    async def story(database: Database) -> None:
        async with database.writing((WRITE, note(1)), (READ, {}), (WRITE, note(2)), (READ, {})) as tx:
            await tx.run(WRITE, note(2))
            assert await tx.run(READ, {}) == [(1, "")]
            await tx.run(WRITE, note(1))
            assert await tx.run(READ, {}) == [(1, ""), (2, "")]

    play(new_database, story)


def test_the_moment_is_the_transactions(new_database: str) -> None:
    async def story(database: Database) -> None:
        async with database.writing((DATE, note(1))) as tx:
            await tx.run(DATE, note(1))
            ((written, moment),) = await tx.run(DATED, {})
            assert written == moment == tx.now

    play(new_database, story)


@pytest.mark.parametrize("at_the_end", [False, True])
def test_of_what_fails_on_the_way_nothing_is_left(new_database: str, at_the_end: bool) -> None:
    async def story(database: Database) -> None:
        async def fail(work: Callable[[Transaction], Awaitable[object]]) -> None:
            with pytest.raises(sa.exc.IntegrityError):
                async with database.writing() as tx:
                    await work(tx)

        async def at_once(tx: Transaction) -> None:
            await tx.run(WRITE, note(2))
            await tx.run(WRITE, note(1))

        async def later(tx: Transaction) -> None:
            for number in (2, 1, 3):
                tx.write(WRITE, note(number))

        async with database.writing() as tx:
            tx.write(WRITE, note(1, "kept"))
        for _ in range(3):  # and what went wrong once is in nobody's way
            await fail(later if at_the_end else at_once)
        assert await notes(database) == [(1, "kept")]

    play(new_database, story)


def test_what_has_nothing_to_change_takes_all_with_it(new_database: str) -> None:
    async def story(database: Database) -> None:
        async def change(other: int) -> None:
            async with database.writing() as tx:
                tx.write(WRITE, note(1))
                tx.write(CHANGE, {"of": other, "text": "changed"})

        with pytest.raises(StaleDataError):
            await change(2)
        assert await notes(database) == []
        await change(1)
        assert await notes(database) == [(1, "changed")]

    play(new_database, story)


def test_what_an_error_has_undone_is_not_taken_for_committed(postgresql_url: str) -> None:
    async def story(database: Database) -> None:
        async def go_on() -> None:
            async with database.writing() as tx:
                await tx.run(WRITE, note(1))
                with pytest.raises(sa.exc.IntegrityError):
                    await tx.run(WRITE, note(1))

        with pytest.raises(sa.exc.InternalError):
            await go_on()
        assert await notes(database) == []

    play(postgresql_url, story)


def test_any_length_goes_both_ways(new_database: str) -> None:
    """More than any buffer takes, in both directions at once."""
    texts = [chr(ord("a") + place) * 3_000_000 for place in range(8)]

    async def story(database: Database) -> None:
        expected = [each for place, text in enumerate(texts) for each in ((WRITE, note(place, text)),)]
        async with database.writing() as tx:
            for statement, values in expected:
                await tx.run(statement, values)
                assert len(await tx.run(READ, {})) == values["id"] + 1
            for statement, values in expected:
                tx.write(statement, {**values, "id": values["id"] + 100})
        assert [text for _, text in await notes(database)] == texts * 2

    play(new_database, story)
