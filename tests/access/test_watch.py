"""Watching: an ended session or a disabled account is told of, whichever process ended it."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from access.watch import SessionWatch
from models.account import AccountKind
from tests.access.house import House
from tests.asking import noting


class Told:
    def __init__(self, house: House) -> None:
        self.sessions: list[UUID] = []
        self.accounts: list[UUID] = []
        self.staff: list[UUID] = []
        self.watch = SessionWatch(
            house.database,
            session_ended=self.sessions.append,
            account_disabled=self.accounts.append,
            staff=lambda: self.staff,
            interval=0.01,
        )


def test_tells_of_each_by_one_statement_a_look(house: House) -> None:
    """And again in the next: a socket whose identity was looked up before the end may have been held after it."""
    account = house.add()
    ended, open_one = house.sign_in(), house.sign_in()
    told = Told(house)
    house.run(told.watch.look())
    assert (told.sessions, told.accounts) == ([], [])

    house.run(house.sessions.end(ended.session_id))
    house.change(account.id, disabled_at=datetime.now(UTC))
    with house.statements() as asked:
        house.run(told.watch.look())
        house.run(told.watch.look())

    assert told.sessions == [ended.session_id] * 2
    assert told.accounts == [account.id] * 2
    assert len(asked) == 2
    assert open_one.session_id not in told.sessions


def test_tells_of_staff_who_are_staff_no_more(house: House) -> None:
    demoted, kept = (house.add(f"{name}@example.com", kind=AccountKind.STAFF) for name in ("ada", "bob"))
    told = Told(house)
    told.staff = [demoted.id, kept.id]
    house.run(told.watch.look())
    assert told.accounts == []

    house.change(demoted.id, kind=AccountKind.CUSTOMER, account_type="INDIVIDUAL", country="FR", currency="EUR")
    with house.statements() as asked:
        house.run(told.watch.look())

    assert told.accounts == [demoted.id]
    assert len(asked) == 1


def test_a_look_reads_no_more_than_what_is_new(house: House) -> None:
    """Through the indexes, however many sessions and accounts there are."""
    watch = Told(house).watch
    house.run(watch.look())
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    async def plan() -> str:
        async with house.database.engine.connect() as connection:
            on_sqlite = connection.dialect.name == "sqlite"
            if not on_sqlite:  # which reads small tables as a whole where it may
                await connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
            statement, parameters = asked[-1]
            explain = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
            rows = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
            return "\n".join(str(row[-1]) for row in rows)

    with noting(house.database, note):
        house.run(watch.look())

    steps = house.run(plan())
    assert "ix_accounts_disabled_at" in steps
    assert "ix_sessions_ended_at" in steps
    assert not re.search(r"\bSCAN (accounts|sessions)|Seq Scan", steps)


def test_sees_what_was_committed_late(house: House) -> None:
    """A transaction's moment is that of its beginning: an end may become visible after a look that came later."""
    account = house.add()
    told = Told(house)
    house.run(told.watch.look())
    house.run(told.watch.look())
    house.change(account.id, disabled_at=datetime.now(UTC) - timedelta(seconds=5))
    house.run(told.watch.look())
    assert told.accounts == [account.id]


@pytest.mark.parametrize("error", [OperationalError("SELECT", {}, OSError("away")), RuntimeError("a fault of ours")])
def test_goes_on_whatever_failed(house: House, error: Exception) -> None:
    house.add()
    signed_in = house.sign_in()
    told = Told(house)
    house.run(told.watch.look())
    look, failures = told.watch.look, 0

    async def flaky() -> None:
        nonlocal failures
        if failures < 3:
            failures += 1
            raise error
        await look()

    told.watch.look = flaky  # type: ignore[method-assign] # the database of this test cannot be taken away

    async def story() -> None:
        running = asyncio.create_task(told.watch.run())
        await house.sessions.end(signed_in.session_id)
        async with asyncio.timeout(10):
            while not told.sessions:  # noqa: ASYNC110 (nothing tells when a look has ended)
                await asyncio.sleep(0.01)
        running.cancel()

    house.run(story())
    assert failures == 3
    assert {*told.sessions} == {signed_in.session_id}
