"""Idempotency keys: the same request under the same key comes to the same outcome, once."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gateways.failpoints import reached
from models.base import metadata
from models.database import Database, Transaction
from models.idempotency import IdempotencyRecord
from models.moment import MOMENT
from models.statement import Statement, Values
from ordering.card_numbers import refuse_card_numbers
from ordering.refusals import InvalidInput, Refusal, from_record
from texts import mark

_RECORDS: Final = metadata.tables[str(IdempotencyRecord.__tablename__)]
# SQLite says ON CONFLICT in the same words.
_CLAIM: Final = Statement(
    postgresql.insert(_RECORDS).values(created_at=MOMENT).on_conflict_do_nothing().returning(_RECORDS.c.key),
    columns=[each.key for each in _RECORDS.c if each.key not in ("outcome", "created_at")],
    returned=[_RECORDS.c.key],
)
_FINISH: Final = Statement(
    _RECORDS.update().where(
        *(
            _RECORDS.c[name] == sa.bindparam(f"of_{name}", type_=_RECORDS.c[name].type)
            for name in ("account_id", "operation", "key")
        )
    ),
    columns=["subject_id", "outcome"],
)


class IdempotencyMismatch(Refusal):
    code = "IDEMPOTENCY_MISMATCH"
    message = mark("This idempotency key has been used for another request.")
    transient = True


class IdempotencyInProgress(Refusal):
    code = "IDEMPOTENCY_IN_PROGRESS"
    message = mark("A request with this idempotency key is still under way; ask again in a moment.")
    transient = True


@dataclass(frozen=True, slots=True)
class Key:
    """Who asks, for which operation, under which key (1 to 255 characters), and what exactly."""

    account_id: UUID
    operation: str
    value: str
    request: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not 1 <= len(self.value) <= 255:
            raise InvalidInput(why=mark("An idempotency key has 1 to 255 characters."), path=["idempotencyKey"])
        refuse_card_numbers(self.value, "idempotencyKey")

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(self.request, sort_keys=True).encode()).hexdigest()

    @property
    def columns(self) -> dict[str, Any]:
        """The primary key of its record."""
        return {"account_id": self.account_id, "operation": self.operation, "key": self.value}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request came to: the thing it made, if any, and what was refused."""

    subject_id: UUID | None
    refusal: Refusal | None = None


async def claim(tx: Transaction, key: Key, *, subject_id: UUID | None = None) -> IdempotencyRecord | None:
    """Begins a request under its key: None if it is new (and now recorded), else the earlier one, locked.

    `subject_id`: what the request is about to make in this transaction, so that a crash after it does not lose it.
    Waits for a transaction that is just recording the same key. Raises IdempotencyMismatch."""
    if await tx.run(*claim_expected(key, subject_id=subject_id)):
        return None
    earlier = await find(tx, key)
    if earlier.fingerprint != key.fingerprint:
        raise IdempotencyMismatch(path=["idempotencyKey"])
    return earlier


def claim_expected(key: Key, *, subject_id: UUID | None = None) -> tuple[Statement, Values]:
    """What `claim` will run, for `Database.writing`."""
    return _CLAIM, {**key.columns, "fingerprint": key.fingerprint, "subject_id": subject_id}


async def find(tx: Transaction, key: Key) -> IdempotencyRecord:
    query = sa.select(IdempotencyRecord).filter_by(**key.columns).with_for_update()
    return (await tx.session.execute(query)).scalar_one()


def finish(tx: Transaction, key: Key, outcome: Outcome) -> None:
    """Keeps what the request came to."""
    kept = {"refusal": outcome.refusal.as_record() if outcome.refusal else None}
    of = {f"of_{name}": value for name, value in key.columns.items()}
    tx.write(_FINISH, {**of, "subject_id": outcome.subject_id, "outcome": kept})


async def finish_refused(tx: Transaction, key: Key, refusal: Refusal) -> Outcome:
    """Keeps a refusal, in a transaction of its own: the one it was raised in is gone. Transient ones are not kept.

    The same request may have come to something else meanwhile: that is then the outcome. Raises IdempotencyInProgress
    where it is not known yet."""
    outcome = Outcome(None, refusal)
    if refusal.transient:
        return outcome
    earlier = await claim(tx, key)
    if earlier is not None:
        return replay(earlier)
    finish(tx, key, outcome)
    return outcome


async def once(database: Database, key: Key, operation: Callable[[Transaction], Awaitable[UUID]]) -> Outcome:
    """Runs an operation that needs one transaction only, at most once for the key; the same key gets the same outcome.

    The operation returns what it made. What it refuses is part of the outcome."""
    try:
        async with database.writing() as tx:
            earlier = await claim(tx, key)
            if earlier is not None:
                return replay(earlier)
            outcome = Outcome(await operation(tx))
            finish(tx, key, outcome)
            return outcome
    except Refusal as refusal:
        async with database.writing() as tx:
            kept = await finish_refused(tx, key, refusal)
            reached("key.keeping_refusal")
        return kept


def replay(record: IdempotencyRecord) -> Outcome:
    """What an earlier request came to. Raises IdempotencyInProgress where that is not known yet."""
    if record.outcome is None:
        raise IdempotencyInProgress(path=["idempotencyKey"])
    refused = record.outcome["refusal"]
    return Outcome(record.subject_id, from_record(refused) if refused else None)
