"""Statements that run all the time: compiled once for each driver, and run past the layers above it."""

import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from psycopg.errors import DivisionByZero, ReadOnlySqlTransaction
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm.exc import StaleDataError

from models.sqlite_connection import Deadline
from models.wire import exchange, roll_back

Values: TypeAlias = Mapping[str, Any]
#: Fails by itself where nothing is changed: the commit may be on its way already.
_MUST_CHANGE: Final = "WITH changed AS ({}) SELECT 1 / count(*) FROM changed"
#: How parameters are written to the database itself.
_POSTGRESQL: Final = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call] # its library is


@dataclass(frozen=True, slots=True)
class Driver:
    """What a transaction's connection is underneath. `begun`: what it runs is part of a transaction, and nothing of it
    may be done where that is gone."""

    connection: Any
    dialect: sa.Dialect
    begun: bool = False

    @classmethod
    async def of(cls, connection: AsyncConnection) -> "Driver":
        raw = connection.sync_connection
        if raw is None or raw.invalidated:
            return cls((await connection.get_raw_connection()).driver_connection, connection.dialect)
        return cls(raw.connection.driver_connection, connection.dialect)  # which is at hand, and needs no greenlet

    @property
    def is_lost(self) -> bool:
        return self.dialect.name == "postgresql" and self.connection.closed


class Statement:
    """One statement. `columns`: which an INSERT or UPDATE is given; `returned`: what its rows are made of; `finds`:
    it has to change a row, which it returns, and raises StaleDataError where there is none.

    Values and rows are converted as SQLAlchemy does it. The session is not flushed before it."""

    def __init__(
        self,
        statement: Any,
        *,
        columns: Sequence[str] = (),
        returned: Sequence[sa.ColumnElement[Any]] = (),
        finds: bool = False,
    ) -> None:
        self._statement = statement
        self._columns = list(columns) or None
        self._returned = returned
        self._finds = finds
        self._compiled: dict[str, _Compiled] = {}

    async def run(self, driver: Driver, values: Values) -> Sequence[tuple[Any, ...]]:
        """The rows that it gives. Raises what SQLAlchemy would."""
        (rows,) = await run_all(driver, [(self, [values])])
        return rows

    def compiled(self, dialect: sa.Dialect) -> "_Compiled":
        return self._compiled.get(dialect.name) or self._compile(dialect)

    def _compile(self, dialect: sa.Dialect) -> "_Compiled":
        postgresql = dialect.name == "postgresql"
        made: Any = self._statement.compile(dialect=_POSTGRESQL if postgresql else dialect, column_keys=self._columns)
        binds = {name: (each.type.dialect_impl(dialect).bind_processor(dialect)) for name, each in made.binds.items()}
        results = (each.type.dialect_impl(dialect).result_processor(dialect, None) for each in self._returned)
        constants = {name: each.value for name, each in made.binds.items() if not each.required}
        text = made.string
        if postgresql and self._finds:
            text = _MUST_CHANGE.format(text)
        compiled = _Compiled(
            text.encode() if postgresql else text, made.positiontup, binds, constants, list(results), self._finds
        )
        self._compiled[dialect.name] = compiled
        return compiled


@dataclass(frozen=True, slots=True)
class _Compiled:
    #: In bytes for PostgreSQL.
    text: Any
    positions: Sequence[str]
    binds: Mapping[str, Any]
    constants: Values
    results: Sequence[Any]
    finds: bool

    def bind(self, values: Values) -> Any:
        given = {**self.constants, **values}
        bound = {name: given[name] if to is None else to(given[name]) for name, to in self.binds.items()}
        return [bound[name] for name in self.positions]

    def convert(self, row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(
            value if convert is None else convert(value) for value, convert in zip(row, self.results, strict=True)
        )


async def run_all(
    driver: Driver, work: Sequence[tuple[Statement, Sequence[Values]]], *, begin: bool = False, commit: bool = False
) -> Sequence[Sequence[tuple[Any, ...]]]:
    """Several statements, each once for each of its values; the rows of each where it was run once.

    `begin`: a transaction that writes, before them; `commit`: what they are part of, behind them. One wait for all of
    it. Raises what SQLAlchemy would."""
    compiled = [(each.compiled(driver.dialect), values) for each, values in work]
    errors = driver.dialect.loaded_dbapi.Error
    try:
        found = await _RUN[driver.dialect.name](driver, compiled, begin, commit)
    except DivisionByZero as error:
        raise StaleDataError from error
    except errors as error:
        if isinstance(error, ReadOnlySqlTransaction):
            driver.connection.pgconn.finish()
        lost = driver.dialect.is_disconnect(error, driver.connection, None)
        raise sa.exc.DBAPIError.instance(
            _told(compiled), None, error, errors, True, connection_invalidated=lost, dialect=driver.dialect
        ) from error
    return [
        [] if each.finds else [each.convert(row) for row in rows]
        for (each, _), rows in zip(compiled, found, strict=True)
    ]


async def abandon(driver: Driver) -> None:
    """Rolls back what was begun; SQLAlchemy does the rest."""
    if driver.dialect.name == "postgresql":
        with contextlib.suppress(driver.dialect.loaded_dbapi.Error):  # what is lost, is rolled back
            await roll_back(driver.connection)


_Work: TypeAlias = Sequence[tuple[_Compiled, Sequence[Values]]]


def _told(work: _Work) -> str | None:
    """What was asked, for who reads the error: the database does not say which of them it refused."""
    texts = (each.text.decode() if isinstance(each.text, bytes) else each.text for each, _ in work)
    return ";\n".join(texts) or None


async def _on_postgresql(driver: Driver, work: _Work, begin: bool, commit: bool) -> list[Sequence[Any]]:
    commands = [(each.text, each.bind(one)) for each, values in work for one in values]
    rows = iter(await exchange(driver.connection, commands, begin=begin, commit=commit))
    return [list(islice(rows, len(values)))[-1] for _, values in work]


async def _on_sqlite(driver: Driver, work: _Work, begin: bool, commit: bool) -> list[Sequence[Any]]:
    bound = [(each, [each.bind(one) for one in values]) for each, values in work]
    deadline: Deadline = driver.connection.deadline

    def run(connection: sqlite3.Connection) -> list[Sequence[Any]]:
        if begin:
            connection.execute("BEGIN IMMEDIATE")
        elif driver.begun and not connection.in_transaction:  # each would commit by itself
            raise sqlite3.OperationalError("the transaction has been rolled back")
        try:
            found = []
            for each, values in bound:
                deadline.start()
                found.append(_run_on_sqlite(connection, each, values))
        finally:
            deadline.stop()
        if commit:
            connection.commit()
        return found

    found: list[Sequence[Any]] = await driver.connection.run(run)
    return found


def _run_on_sqlite(connection: sqlite3.Connection, statement: _Compiled, values: Sequence[Any]) -> Sequence[Any]:
    if len(values) > 1:
        connection.executemany(statement.text, values)
        return ()
    rows = connection.execute(statement.text, values[0]).fetchall()
    if statement.finds and not rows:
        raise StaleDataError
    return rows


_RUN: Final[Mapping[str, Callable[[Driver, _Work, bool, bool], Awaitable[list[Sequence[Any]]]]]] = {
    "postgresql": _on_postgresql,
    "sqlite": _on_sqlite,
}
