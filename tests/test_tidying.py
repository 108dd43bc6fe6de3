"""Tidying: old records go, however many there are, also those of requests that never came to an end."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col

from duties import tidying
from duties.tidying import IDEMPOTENCY_KEPT, SESSIONS_KEPT, tidyings
from models.account import Session
from models.idempotency import IdempotencyRecord
from models.payment import PaymentMethod, PaymentMethodKind, PaymentMethodStatus
from tests.api import Api, Person


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "BATCH", 2)


def tidy(api: Api) -> None:
    async def each() -> None:
        for one in tidyings(api.running.database):
            await one()

    api.running.do(each())


def stored(api: Api, *rows: Any) -> None:
    async def store() -> None:
        async with api.running.database.writing() as tx:
            tx.session.add_all(rows)

    api.running.do(store())


def left(api: Api, query: sa.Select[Any]) -> list[Any]:
    async def read() -> list[Any]:
        async with api.running.database.reading() as session:
            return list((await session.execute(query)).scalars())

    return api.running.do(read())


def a_record(person: Person, key: str, age: timedelta, outcome: dict[str, Any] | None) -> IdempotencyRecord:
    created_at = datetime.now(UTC) - age
    return IdempotencyRecord(
        account_id=person.id, operation="test", key=key, fingerprint="0" * 64, created_at=created_at, outcome=outcome
    )


def test_old_keys_go_whether_their_requests_ended_or_not(api: Api) -> None:
    person, hour = api.customer(), timedelta(hours=1)
    old = [a_record(person, f"old {n}", IDEMPOTENCY_KEPT + hour, {} if n % 2 else None) for n in range(5)]
    stored(api, *old, a_record(person, "young", IDEMPOTENCY_KEPT - hour, None))

    tidy(api)

    kept = sa.select(col(IdempotencyRecord.key)).where(col(IdempotencyRecord.account_id) == person.id)
    assert left(api, kept) == ["young"]


def test_sessions_go_a_day_after_their_end(api: Api) -> None:
    person, now = api.customer(), datetime.now(UTC)
    long_ago, lately, later = now - SESSIONS_KEPT * 1.1, now - SESSIONS_KEPT * 0.9, now + timedelta(days=30)
    mine = sa.select(col(Session.id)).where(col(Session.account_id) == person.id)
    kept = {*left(api, mine)}
    for ended_at, expires_at in [(long_ago, later), (None, long_ago), (long_ago, later), (lately, later)]:
        session = Session(
            id=uuid4(), account_id=person.id, created_at=long_ago, expires_at=expires_at, ended_at=ended_at
        )
        if ended_at == lately:
            kept.add(session.id)
        stored(api, session)

    tidy(api)

    assert {*left(api, mine)} == kept


def test_methods_whose_time_is_over_are_marked(api: Api) -> None:
    person, today = api.customer(), datetime.now(UTC).date()
    for days in (-3, -2, -1, 1):
        method = PaymentMethod(
            id=uuid4(),
            customer_id=person.id,
            kind=PaymentMethodKind.CARD,
            label=f"{days:+}",
            status=PaymentMethodStatus.VALID,
            expires_on=today + timedelta(days=days),
            created_at=datetime.now(UTC),
        )
        stored(api, method)

    tidy(api)

    still_valid = sa.select(col(PaymentMethod.label)).where(
        col(PaymentMethod.customer_id) == person.id, col(PaymentMethod.status) == PaymentMethodStatus.VALID
    )
    assert left(api, still_valid) == ["+1"]
