"""Engines: how this program speaks to SQLite and to PostgreSQL, with every wait bounded."""

import time
from typing import Any, Final

import sqlalchemy as sa
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from models.postgresql_connection import PostgreSQLConnection
from models.sqlite_connection import SQLiteConnection

#: Seconds that a statement may take, that one waits for a lock, and that one waits for a connection.
STATEMENT_TIMEOUT: Final = 5.0
POOL_TIMEOUT: Final = 3.0
#: Seconds that a transaction may hold its locks on PostgreSQL while nothing is asked: its process hangs or is gone.
IDLE_TIMEOUT: Final = 10.0
#: Seconds after which a connection that nobody used is tried before it is given out.
RESTED: Final = 1.0
#: Seconds that making a connection may take, and milliseconds after which one whose peer takes nothing is given up.
_GONE: Final = {"connect_timeout": 10, "tcp_user_timeout": 60_000}
#: Never a standby, nor a server that was the first until just now: what is read there may be old.
_FIRST: Final = {"target_session_attrs": "read-write"}
#: One whose peer is gone and that is asked nothing is given up after a minute (30 s + 3 × 10 s), not after two hours.
_KEEPALIVES: Final = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def create_engine(url: str, *, pool_size: int) -> AsyncEngine:
    """An engine with bounded waits. SQLite: WAL, foreign keys, and the options `writing`, for a transaction that
    will, and `begun_elsewhere`, for none here."""
    if url.startswith("sqlite"):
        engine = create_async_engine(
            url,
            connect_args={"timeout": STATEMENT_TIMEOUT, "async_creator_fn": SQLiteConnection},
            pool_timeout=POOL_TIMEOUT,
            hide_parameters=True,
        )
        sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        sa.event.listen(engine.sync_engine, "before_cursor_execute", _start_deadline)
        sa.event.listen(engine.sync_engine, "after_cursor_execute", _stop_deadline)
        sa.event.listen(engine.sync_engine, "handle_error", _forget_deadline)
        sa.event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = _postgresql(url, pool_size)
    _try_rested(engine.sync_engine)
    return engine


def create_reader(engine: AsyncEngine, url: str, *, pool_size: int) -> AsyncEngine:
    """For single statements that only read. BEGIN and ROLLBACK would be most of what is asked, and change nothing in
    what a statement sees."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(begun_elsewhere=True)
    engine = _postgresql(url, pool_size, isolation_level="AUTOCOMMIT")
    _try_rested(engine.sync_engine)
    return engine


def _try_rested(pool: sa.Engine) -> None:
    """Each connection that nobody has used for a while, before it is given out; one that worked a moment ago is not."""

    @sa.event.listens_for(pool, "connect")
    @sa.event.listens_for(pool, "checkin")
    def note(_connection: object, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @sa.event.listens_for(pool, "checkout")
    def try_it(connection: Any, record: Any, _proxy: object) -> None:
        if time.monotonic() - record.info["used"] < RESTED:
            return
        try:
            pool.dialect.do_ping(connection)
        except pool.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError("the connection has been lost while nobody used it") from error


def _postgresql(url: str, pool_size: int, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size // 2,
        pool_timeout=POOL_TIMEOUT,
        hide_parameters=True,
        connect_args={
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT:.0f}s -c timezone=UTC"
            f" -c idle_in_transaction_session_timeout={IDLE_TIMEOUT:.0f}s",
            **_GONE,
            **_FIRST,
            **_KEEPALIVES,
            "async_creator_fn": PostgreSQLConnection.connect,
        },
        **options,
    )
    sa.event.listen(engine.sync_engine, "handle_error", _leave_copies)
    return engine


def _leave_copies(context: Any) -> None:
    """A server that takes no writes any more is as good as gone: another is the first one now."""
    if isinstance(context.original_exception, ReadOnlySqlTransaction):
        context.is_disconnect = True


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own: `_begin_sqlite` does
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    record.info["deadline"] = connection.driver_connection.deadline


def _start_deadline(connection: sa.Connection, *_: object) -> None:
    connection.info["deadline"].start()


def _stop_deadline(connection: sa.Connection, *_: object) -> None:
    connection.info["deadline"].stop()


def _forget_deadline(context: Any) -> None:
    if context.connection is not None:
        _stop_deadline(context.connection)


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get("begun_elsewhere", False):
        return
    # A deferred transaction that reads and then writes loses updates or fails: one that will write says so at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing", False) else "BEGIN")
