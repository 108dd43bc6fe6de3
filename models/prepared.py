"""SELECTs that run all the time: compiled once for PostgreSQL's driver, and run past the layers above it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection

Rows: TypeAlias = Sequence[sa.Row[*tuple[Any, ...]]]


class Prepared:
    """One statement that selects from several sources side by side; the rows of each are as SQLAlchemy gives them."""

    def __init__(self, statement: sa.Select[*tuple[Any, ...]], *sources: Sequence[sa.ColumnElement[Any]]) -> None:
        columns = [column for source in sources for column in source]
        self._statement = statement.with_only_columns(*columns)
        self._columns = columns
        ends = [sum(map(len, sources[: place + 1])) for place in range(len(sources))]
        self._parts = [
            (slice(end - len(source), end), SimpleResultMetaData([column.key or "" for column in source]))
            for source, end in zip(sources, ends, strict=True)
        ]
        self._text = ""
        self._constants: Mapping[str, Any] = {}
        self._conversions: list[tuple[int, Any]] = []

    async def rows(self, connection: AsyncConnection, parameters: Mapping[str, Any]) -> Sequence[Rows]:
        """For each source its part of every row. The connection is in no transaction.

        Raises what the driver raises, on SQLite what SQLAlchemy does."""
        found: Sequence[Sequence[Any]]
        if connection.dialect.name == "sqlite":
            found = (await connection.execute(self._statement, parameters)).all()
        else:
            found = await self._fetch(connection, parameters)
        return [_rows(metadata, (tuple(row[part]) for row in found)) for part, metadata in self._parts]

    async def _fetch(self, connection: AsyncConnection, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        if not self._text:
            self._compile(connection.dialect)
        driver: Any = (await connection.get_raw_connection()).driver_connection
        cursor = await driver.execute(self._text, {**self._constants, **parameters}, prepare=True)
        found = [list(row) for row in await cursor.fetchall()]
        for row in found:
            for index, convert in self._conversions:
                row[index] = convert(row[index])
        return found

    def _compile(self, dialect: sa.Dialect) -> None:
        compiled = self._statement.compile(dialect=dialect)
        processors = (each.type.dialect_impl(dialect).result_processor(dialect, None) for each in self._columns)
        self._conversions = [(index, convert) for index, convert in enumerate(processors) if convert is not None]
        self._constants = compiled.params
        self._text = compiled.string


def _rows(metadata: SimpleResultMetaData, values: Any) -> Rows:
    result: sa.Result[*tuple[Any, ...]] = IteratorResult(metadata, values)
    return result.all()
