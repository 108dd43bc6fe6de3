"""Copies a filled PostgreSQL database into a SQLite file: one filling for both, and the same orders in each."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from models.base import metadata

_ROWS: Final = 20_000  # at once


def copy(source_url: str, target: Path) -> None:
    """`target` has been migrated and nobody has it open. A million orders take a minute or two."""
    source, sink = sa.create_engine(source_url), sa.create_engine(f"sqlite:///{target}")
    with source.connect() as reading, sink.connect() as writing:
        for pragma in ("synchronous=OFF", "cache_size=-500000"):
            writing.exec_driver_sql(f"PRAGMA {pragma}")
        indexes = writing.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'orders' AND name LIKE 'ix%'"
        ).all()
        for name, _ in indexes:
            writing.exec_driver_sql(f'DROP INDEX "{name}"')
        for table in metadata.sorted_tables:
            writing.execute(table.delete())  # a migration may have put something in
            rows = reading.execution_options(yield_per=_ROWS).execute(sa.select(table))
            for part in rows.mappings().partitions():
                writing.execute(table.insert(), [dict(row) for row in part])
        for _, definition in indexes:
            writing.exec_driver_sql(definition)
        writing.commit()
        writing.exec_driver_sql("ANALYZE")
        writing.commit()
        writing.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    source.dispose()
    sink.dispose()
