"""Statements on one of PostgreSQL's connections, all in one write and with one wait.

The driver's own pipeline waits for the socket at every statement, which costs three times as much as all of this. What
it does, by means of libpq as the driver offers it, is what `psycopg.pq` documents; values and rows are the driver's."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InFailedSqlTransaction, InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

Rows: TypeAlias = Sequence[tuple[Any, ...]]
#: Its text, with parameters as $1, $2 and so on, and their values in that order.
Command: TypeAlias = tuple[bytes, Sequence[Any]]
#: A text and the types of its parameters.
_Key: TypeAlias = tuple[bytes, tuple[int, ...]]

_ERRORS: Final = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE)


@dataclass(slots=True)
class _Prepared:
    """What one connection has been told already."""

    names: dict[_Key, bytes] = field(default_factory=dict)
    #: Never the same one again: what failed may have been prepared nevertheless.
    numbers: Iterator[int] = field(default_factory=count)


@dataclass(frozen=True, slots=True)
class _Dumped:
    """A command as it is sent."""

    key: _Key
    values: Sequence[Any]
    formats: Sequence[Any]


_prepared: WeakKeyDictionary[AsyncConnection[Any], _Prepared] = WeakKeyDictionary()


async def roll_back(connection: AsyncConnection[Any]) -> None:
    """Ends the transaction, if one is open. With the driver's own way the server would forget all statements."""
    async with connection.lock:
        if connection.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            await connection.wait(_exchange(connection, [b"ROLLBACK"], (), False))


async def exchange(
    connection: AsyncConnection[Any], commands: Sequence[Command], *, begin: bool = False, commit: bool = False
) -> list[Rows]:
    """The rows of each command. `begin` a transaction before them, unless the connection wants none; `commit` ends it
    behind them. Where one fails, none after it is run, nor the commit. Raises what the driver would, and
    InFailedSqlTransaction where the transaction that they are part of is gone."""
    async with connection.lock:
        idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
        if idle and not begin and not connection.autocommit:
            raise InFailedSqlTransaction("it has failed before, and so it has been rolled back")
        before = [_begin(connection)] if idle and not connection.autocommit else []
        try:
            return await connection.wait(_exchange(connection, before, commands, commit))
        except (InvalidSqlStatementName, FeatureNotSupported):
            # Somebody has rolled back in the driver's own way; or a table is no longer what it was planned for.
            _prepared[connection].names.clear()
            if not idle:
                raise
            before = [b"ROLLBACK", *before] if before else []
            return await connection.wait(_exchange(connection, before, commands, commit))


def _exchange(
    connection: AsyncConnection[Any], before: Sequence[bytes], commands: Sequence[Command], commit: bool
) -> PQGen[list[Rows]]:
    pgconn = connection.pgconn
    values: Any = Transformer(connection)
    dumped = [_dump(values, *each) for each in commands]  # what cannot be, is found out before anything is sent
    known = _prepared.get(connection) or _prepared.setdefault(connection, _Prepared())
    pgconn.enter_pipeline_mode()
    try:
        for text in before:
            pgconn.send_query_params(text, None)
        new, kept = _send(pgconn, known, dumped, len(before))
        if commit:
            pgconn.send_query_params(b"COMMIT", None)
        pgconn.pipeline_sync()
        results = yield from _collect(pgconn)
    except BaseException:  # what is still to come would be taken for the answer to something else
        pgconn.finish()
        raise
    pgconn.exit_pipeline_mode()
    # Also where something failed later: no rollback takes that back.
    known.names.update((key, name) for place, key, name in new if results[place].status == ExecStatus.COMMAND_OK)
    for result in results:
        if result.status in _ERRORS:
            raise error_from_result(result, connection.info.encoding)
    if commit and results[-1].command_status != b"COMMIT":
        raise InFailedSqlTransaction("it had failed before, and so it was rolled back")
    return [_rows(values, results[place]) for place in kept]


def _dump(values: Any, text: bytes, given: Sequence[Any]) -> _Dumped:
    dumped = values.dump_sequence(given, [PyFormat.AUTO] * len(given))
    return _Dumped((text, tuple(values.types or ())), dumped, list(values.formats or ()))


def _send(
    pgconn: PGconn, known: _Prepared, commands: Sequence[_Dumped], place: int
) -> tuple[list[tuple[int, _Key, bytes]], list[int]]:
    """Which results, counted from `place`, are those of names that are new, and which those of the commands."""
    new: dict[_Key, tuple[int, bytes]] = {}
    kept = []
    for each in commands:
        name = known.names.get(each.key) or new.get(each.key, (0, b""))[1]
        if not name:
            name = b"orders_%d" % next(known.numbers)
            new[each.key] = place, name
            pgconn.send_prepare(name, *each.key)
            place += 1
        pgconn.send_query_prepared(name, each.values, each.formats)
        kept.append(place)
        place += 1
    return [(at, key, name) for key, (at, name) in new.items()], kept


def _collect(pgconn: PGconn) -> Generator[Wait, Ready, list[PGresult]]:
    """One result for each that was sent. It is resumed without being ready where the wait was cut off."""
    while pgconn.flush():
        if ((yield Wait.RW) or 0) & Ready.R:
            pgconn.consume_input()
    results: list[PGresult] = []
    while True:
        if (yield Wait.R):
            pgconn.consume_input()
        ended = False
        while not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:
                if ended:  # twice in a row: more is to come, or the connection is lost, and reading on will tell
                    break
                ended = True
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return results
            else:
                ended = False
                results.append(result)


def _rows(values: Any, result: PGresult) -> Rows:
    if result.status != ExecStatus.TUPLES_OK:
        return ()
    values.set_pgresult(result)
    rows: Rows = values.load_rows(0, result.ntuples, tuple)
    return rows


def _begin(connection: AsyncConnection[Any]) -> bytes:
    level = connection.isolation_level
    return b"BEGIN" if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}".encode()
