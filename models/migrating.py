"""Bringing a database's tables to the state that the models describe, when a program starts."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models.postgresql_connection import waiting_for_ever

MIGRATIONS: Final = Path(__file__).resolve().parents[1] / "migrations"

#: Any number will do that all of our processes agree on and no other program takes.
_LOCK: Final = 7_102_034_581


class DatabaseIsNewer(Exception):
    """Its tables were made by a later version of this program, which alone knows how to use them."""


async def upgrade(engine: AsyncEngine) -> None:
    """Runs the migrations that the database has not seen. Where two processes do so at once, one waits for the other.

    Takes a few milliseconds when there is nothing to do. Raises DatabaseIsNewer."""
    known = revisions(MIGRATIONS / "versions")
    async with engine.connect() as connection:
        present = await connection.run_sync(_revision)
    if present is not None and present not in known:
        raise DatabaseIsNewer(f"the database is at revision {present}, this program knows {known[-1]}")
    if present != known[-1]:
        await migrate(engine, "upgrade", "head")


async def migrate(engine: AsyncEngine, direction: Literal["upgrade", "downgrade"], to: str) -> None:
    """Up or down to a revision, all or nothing. `upgrade` is what programs want."""
    async with engine.connect() as connection:
        await connection.execution_options(writing=True)
        await connection.run_sync(_migrate, direction, to)


def revisions(folder: Path) -> list[str]:
    """The numbers that the files of migrations begin with, oldest first."""
    return sorted(path.name.split("_")[0] for path in folder.glob("[0-9]*.py"))


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _migrate(connection: sa.Connection, direction: Literal["upgrade", "downgrade"], to: str) -> None:
    # Alembic takes longer to import than a start with nothing to migrate takes in all.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with _foreign_keys_unchecked(connection), _for_ever(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        getattr(command, direction)(config, to)


def _for_ever(connection: sa.Connection) -> AbstractContextManager[None]:
    raw: Any = connection.connection.driver_connection
    return nullcontext() if connection.dialect.name == "sqlite" else waiting_for_ever(raw)


@contextmanager
def _foreign_keys_unchecked(connection: sa.Connection) -> Iterator[None]:
    """SQLite changes a table by making a new one and dropping the old one, which others refer to."""
    raw = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or raw is None:
        yield
        return
    # Straight to the driver: inside a transaction, which SQLAlchemy would begin, the switch does nothing.
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")
