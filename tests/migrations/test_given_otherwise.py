"""Migration 0006 counts what customers had been given otherwise before."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models.migrating import migrate, upgrade
from tests.migrations.engines import query, run

pytestmark = pytest.mark.xdist_group("migrations")


def test_what_was_given_otherwise_before_it_was_counted_is_counted(new_url: Callable[[], str]) -> None:
    """Refunds that staff had let be, but for what has been promised anew since."""
    common = {"created_at": "2026-01-01 00:00:00", "amount": 60}

    def payment(number: int, refunded: int) -> tuple[str, dict[str, object]]:
        how = {"kind": "CARD", "currency": "EUR", "status": "SUCCEEDED", "save_method": False, "checks": 0}
        named = {"id": _id(number), "order_id": _id(number), "refunded": refunded}
        return "payments", {**common, **how, **named, "amount": 100}

    def refund(number: int, of: int, **fields: object) -> tuple[str, dict[str, object]]:
        how = {
            "status": "FAILED",
            "overpaid": False,
            "by_transfer": False,
            "tries": 0,
            "closed_at": "2026-01-02 00:00:00",
        }
        return "refunds", {**common, **how, "id": _id(number), "payment_id": _id(of), **fields}

    rows = (
        payment(1, 0), refund(10, 1),
        payment(2, 80), refund(20, 2),
        payment(3, 60), refund(30, 3), refund(31, 3, status="SUCCEEDED", replaces=_id(30)),
        payment(4, 0), refund(40, 4, closed_at=None),
    )  # fmt: skip

    async def story(engine: AsyncEngine) -> None:
        await migrate(engine, "upgrade", "0005")
        await asyncio.to_thread(_insert_alone, engine, rows)

        await upgrade(engine)

        assert await query(engine, "SELECT given_otherwise FROM payments ORDER BY id") == [(60,), (0,), (0,), (0,)]
        assert await query(
            engine,
            "SELECT sum(given_otherwise) FROM refunds WHERE payment_id IN"
            " (SELECT id FROM payments WHERE given_otherwise = 60)",
        ) == [(60,)]
        assert await query(engine, "SELECT count(*) FROM refunds WHERE given_otherwise > 0") == [(1,)]

    run(new_url(), story)


def _id(number: int) -> str:
    return f"{number:032x}"


def _insert_alone(engine: AsyncEngine, rows: Sequence[tuple[str, dict[str, object]]]) -> None:
    """Without what they refer to."""
    plain = sa.create_engine(engine.url.set(drivername=engine.url.drivername.replace("+aiosqlite", "")))
    with plain.begin() as connection:
        if plain.dialect.name == "postgresql":
            connection.execute(sa.text("SET session_replication_role = replica"))
        for table, values in rows:
            connection.execute(sa.insert(sa.table(table, *map(sa.column, values))).values(values))
    plain.dispose()
