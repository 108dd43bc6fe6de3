"""Statements that run all the time: compiled once for each driver, and run past the layers above it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy.ext.asyncio import AsyncConnection

Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Driver:
    """What a transaction's connection is underneath."""

    connection: Any
    dialect: sa.Dialect

    @classmethod
    async def of(cls, connection: AsyncConnection) -> "Driver":
        return cls((await connection.get_raw_connection()).driver_connection, connection.dialect)


class Statement:
    """One statement. `columns`: which an INSERT or UPDATE is given; `returned`: what its rows are made of.

    Values and rows are converted as SQLAlchemy does it. The session is not flushed before it."""

    def __init__(
        self, statement: Any, *, columns: Sequence[str] = (), returned: Sequence[sa.ColumnElement[Any]] = ()
    ) -> None:
        self._statement = statement
        self._columns = list(columns) or None
        self._returned = returned
        self._compiled: dict[str, _Compiled] = {}

    async def run(self, driver: Driver, values: Values) -> Sequence[tuple[Any, ...]]:
        """The rows that it gives. Raises what SQLAlchemy would."""
        (rows,) = await run_all(driver, [(self, [values])])
        return rows

    def compiled(self, dialect: sa.Dialect) -> "_Compiled":
        return self._compiled.get(dialect.name) or self._compile(dialect)

    def _compile(self, dialect: sa.Dialect) -> "_Compiled":
        made: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        binds = {name: (each.type.dialect_impl(dialect).bind_processor(dialect)) for name, each in made.binds.items()}
        results = (each.type.dialect_impl(dialect).result_processor(dialect, None) for each in self._returned)
        constants = {name: each.value for name, each in made.binds.items() if not each.required}
        compiled = _Compiled(made.string, made.positiontup, binds, constants, list(results))
        self._compiled[dialect.name] = compiled
        return compiled


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    positions: Sequence[str] | None
    binds: Mapping[str, Any]
    constants: Values
    results: Sequence[Any]

    def bind(self, values: Values) -> Any:
        given = {**self.constants, **values}
        bound = {name: given[name] if to is None else to(given[name]) for name, to in self.binds.items()}
        return bound if self.positions is None else [bound[name] for name in self.positions]

    def convert(self, row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(
            value if convert is None else convert(value) for value, convert in zip(row, self.results, strict=True)
        )


async def run_all(
    driver: Driver, work: Sequence[tuple[Statement, Sequence[Values]]]
) -> Sequence[Sequence[tuple[Any, ...]]]:
    """Several statements, each once for each of its values; the rows of each where it was run once.

    Raises what SQLAlchemy would."""
    compiled = [(each.compiled(driver.dialect), values) for each, values in work]
    errors = driver.dialect.loaded_dbapi.Error
    try:
        found = await _RUN[driver.dialect.name](driver.connection, compiled)
    except errors as error:
        lost = driver.dialect.is_disconnect(error, None, None)
        raise sa.exc.DBAPIError.instance(
            compiled[0][0].text, None, error, errors, True, connection_invalidated=lost, dialect=driver.dialect
        ) from error
    return [[each.convert(row) for row in rows] for (each, _), rows in zip(compiled, found, strict=True)]


_Work: TypeAlias = Sequence[tuple[_Compiled, Sequence[Values]]]


async def _on_postgresql(connection: Any, work: _Work) -> list[Sequence[Any]]:
    begins = not connection.autocommit and connection.pgconn.transaction_status == TransactionStatus.IDLE
    if not begins and sum(len(values) for _, values in work) == 1:
        return [await _rows(cursor) for cursor in await _sent(connection, work)]
    # Sent together, and with a BEGIN that the driver puts before them: each wait costs more than most statements do.
    async with connection.pipeline():
        cursors = await _sent(connection, work)
    return [await _rows(cursor) for cursor in cursors]


async def _sent(connection: Any, work: _Work) -> list[Any]:
    """For each the cursor of the last time."""
    return [
        [await connection.execute(each.text, each.bind(one), prepare=True) for one in values][-1]
        for each, values in work
    ]


async def _rows(cursor: Any) -> Sequence[Any]:
    rows: Sequence[Any] = await cursor.fetchall() if cursor.pgresult.nfields else ()
    return rows


async def _on_sqlite(connection: Any, work: _Work) -> list[Sequence[Any]]:
    found: list[Sequence[Any]] = []
    for each, values in work:
        bound = [each.bind(one) for one in values]
        if len(bound) == 1:
            found.append(await connection.execute_fetchall(each.text, bound[0]))  # one turn of its thread for both
        else:
            await connection.executemany(each.text, bound)
            found.append(())
    return found


_RUN: Final[Mapping[str, Callable[[Any, _Work], Awaitable[list[Sequence[Any]]]]]] = {
    "postgresql": _on_postgresql,
    "sqlite": _on_sqlite,
}
