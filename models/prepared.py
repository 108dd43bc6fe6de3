"""SELECTs that run all the time: compiled once for each driver, and run past the layers above it."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from models.statement import Driver, Statement, Values

Rows: TypeAlias = Sequence[sa.Row[*tuple[Any, ...]]]


class Prepared:
    """One statement that selects from several sources side by side; the rows of each are as SQLAlchemy gives them."""

    def __init__(self, statement: sa.Select[*tuple[Any, ...]], *sources: Sequence[sa.ColumnElement[Any]]) -> None:
        columns = [column for source in sources for column in source]
        self._statement = Statement(statement.with_only_columns(*columns), returned=columns)
        ends = [sum(map(len, sources[: place + 1])) for place in range(len(sources))]
        self._parts = [
            (slice(end - len(source), end), SimpleResultMetaData([column.key or "" for column in source]))
            for source, end in zip(sources, ends, strict=True)
        ]

    async def rows(self, driver: Driver, parameters: Values) -> Sequence[Rows]:
        """For each source its part of every row. The connection is in no transaction. Raises what SQLAlchemy would."""
        found = await self._statement.run(driver, parameters)
        return [_rows(metadata, (row[part] for row in found)) for part, metadata in self._parts]


def _rows(metadata: SimpleResultMetaData, values: Any) -> Rows:
    result: sa.Result[*tuple[Any, ...]] = IteratorResult(metadata, values)
    return result.all()
