"""Statements that run all the time: compiled once for each driver, and run past the layers above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
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

    async def run(self, driver: Driver, *values: Values) -> Sequence[tuple[Any, ...]]:
        """Once for each of `values`; the rows, where it was run once. Raises what SQLAlchemy would."""
        compiled = self._compiled.get(driver.dialect.name) or self._compile(driver.dialect)
        bound = [compiled.bind(each) for each in values]
        errors = driver.dialect.loaded_dbapi.Error
        try:
            found = await _RUN[driver.dialect.name](driver.connection, compiled.text, bound)
        except errors as error:
            lost = driver.dialect.is_disconnect(error, None, None)
            raise sa.exc.DBAPIError.instance(
                compiled.text, None, error, errors, True, connection_invalidated=lost, dialect=driver.dialect
            ) from error
        return [compiled.convert(row) for row in found]

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


async def _on_postgresql(connection: Any, text: str, values: Sequence[Any]) -> Sequence[Any]:
    if len(values) > 1:
        await connection.cursor().executemany(text, values)
        return ()
    cursor = await connection.execute(text, values[0], prepare=True)
    found: Sequence[Any] = await cursor.fetchall() if cursor.description else ()
    return found


async def _on_sqlite(connection: Any, text: str, values: Sequence[Any]) -> Sequence[Any]:
    if len(values) > 1:
        await connection.executemany(text, values)
        return ()
    found: Sequence[Any] = await connection.execute_fetchall(text, values[0])  # one turn of its thread for both
    return found


_RUN = {"postgresql": _on_postgresql, "sqlite": _on_sqlite}
