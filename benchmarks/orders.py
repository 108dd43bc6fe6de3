"""Fills an empty, migrated PostgreSQL database with any number of orders by SQL alone: a million in about a minute."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from models.order import OrderStatus

COMMON: Final = OrderStatus.COMPLETE
RARE: Final = OrderStatus.DOCUMENTS_REQUESTED
#: How many of the newest orders have lines, a history and payments: pages that show those are read of no others.
DETAILED: Final = 1000


@dataclass(frozen=True, slots=True)
class Login:
    """An account, and a session that tokens can name."""

    account: UUID
    session: UUID


@dataclass(frozen=True, slots=True)
class Crowd:
    """`customer` owns a fifth of all orders."""

    customer: Login
    staff: Login


async def fill(engine: AsyncEngine, size: int) -> Crowd:
    """Its user must be a superuser: references are not checked one by one. Ends with the tables analysed."""
    crowd = Crowd(*(Login(uuid7(), uuid7()) for _ in range(2)))
    async with engine.begin() as connection:
        for setting in (
            "statement_timeout = 0",
            "session_replication_role = replica",
            "maintenance_work_mem = '512MB'",
        ):
            await connection.exec_driver_sql(f"SET LOCAL {setting}")
        await connection.execute(sa.text("SELECT setseed(0.25)"))
        await _fill(connection, _values(crowd, size))
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql("SET statement_timeout = 0")
        await connection.exec_driver_sql("CHECKPOINT")  # what is not on disk yet, VACUUM does not call visible to all
        await connection.exec_driver_sql("VACUUM ANALYZE")  # as autovacuum does a while later
        await connection.exec_driver_sql("RESET statement_timeout")
    return crowd


def _values(crowd: Crowd, size: int) -> dict[str, Any]:
    return {
        "customer": crowd.customer.account,
        "customer_session": crowd.customer.session,
        "staff": crowd.staff.account,
        "staff_session": crowd.staff.session,
        "customers": max(50, size // 50),
        "size": size,
        "rare": RARE.value,
        # One in a thousand of a million; of few orders so many that the customer's fill a page.
        "every": min(1000, max(8, size // 1000)),
        "detailed": DETAILED,
    }


async def _fill(connection: AsyncConnection, values: dict[str, Any]) -> None:
    indexes = (await connection.execute(sa.text(_INDEXES))).all()
    # Making them afterwards is far quicker than keeping all of them up to date for each row.
    for name, _ in indexes:
        await connection.exec_driver_sql(f'DROP INDEX "{name}"')
    for statement in (_ACCOUNTS, _SESSIONS, _PRODUCT, _ORDERS):
        await _run(connection, statement, values)
    for _, definition in indexes:
        await connection.exec_driver_sql(definition)
    for statement in (_SAMPLE, _LINES, _CHANGES, _LOG_HEAD, _PAYMENTS):
        await _run(connection, statement, values)


async def _run(connection: AsyncConnection, statement: str, values: dict[str, Any]) -> None:
    text = sa.text(statement)
    await connection.execute(text, {name: values[name] for name in text.compile().params})


_INDEXES: Final = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'orders' AND indexname LIKE 'ix%'"

_ACCOUNTS: Final = """
INSERT INTO accounts (id, kind, email, name, language, created_at, demo, account_type, country, currency,
                      address_lines, postal_code, city)
SELECT CASE n WHEN -1 THEN CAST(:staff AS uuid) WHEN 0 THEN CAST(:customer AS uuid) ELSE uuidv7() END,
       CASE WHEN n < 0 THEN 'STAFF' ELSE 'CUSTOMER' END, 'person' || n || '@example.com', 'Person ' || n, 'en',
       now() - interval '3 years' + n * interval '1 second', false,
       CASE WHEN n >= 0 THEN 'INDIVIDUAL' END, CASE WHEN n >= 0 THEN 'FR' END,
       CASE WHEN n >= 0 THEN (ARRAY['EUR', 'EUR', 'EUR', 'GBP', 'USD'])[n % 5 + 1] END, '["2 Example Road"]', '1000',
       'Town'
FROM generate_series(-1, CAST(:customers AS int)) AS n
"""

_SESSIONS: Final = """
INSERT INTO sessions (id, account_id, created_at, expires_at)
VALUES (:staff_session, :staff, now(), now() + interval '1 day'),
       (:customer_session, :customer, now(), now() + interval '1 day')
"""

_PRODUCT: Final = """
INSERT INTO products (id, code, name, description, category, tax_category, withdrawable, delivery_minutes, listed)
VALUES (uuidv7(), 'server', 'Server', 'A server.', 'SERVER', 'STANDARD', true, 120, true)
"""

# A number is a step through all numbers by a stride that has no factor in common with how many there are.
_ORDERS: Final = """
WITH people AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY created_at) - 1 AS n, id, currency FROM accounts WHERE kind = 'CUSTOMER'
), drawn AS MATERIALIZED (
    SELECT i, CASE WHEN i % 5 = 0 THEN 0 ELSE 1 + floor(random() * :customers)::bigint END AS person,
           CASE WHEN i / 5 % CAST(:every AS int) = 0 THEN -1 ELSE random() END AS fate,
           500 + floor(power(random(), 3) * 500000)::bigint AS net,
           now() - interval '2 years' * (1 - i / CAST(:size AS float)) AS created_at, random() AS pace
    FROM generate_series(1, CAST(:size AS bigint)) AS i
)
INSERT INTO orders (id, number, customer_id, status, version, created_at, updated_at, expires_at, currency, subtotal,
                    total_without_tax, tax, total, reverse_charge, billing, withdrawal_waived, delivery_minutes)
SELECT uuidv7(created_at - now()), 1000000000 + i * 7777777777 % 9000000000, id,
       CASE WHEN fate < 0 THEN CAST(:rare AS text) WHEN fate < 0.02 THEN 'UNPAID' WHEN fate < 0.04 THEN 'CONFIRMATION'
            WHEN fate < 0.07 THEN 'BEING_PROCESSED' WHEN fate < 0.2 THEN 'EXPIRED' WHEN fate < 0.3 THEN 'CANCELLED'
            ELSE 'COMPLETE' END,
       4, created_at, least(now(), created_at + pace * interval '10 days'), created_at + interval '1 day', currency,
       net, net, net / 5, net + net / 5, false,
       '{"name": "Person", "organisation": null, "vat_number": null, "address_lines": ["2 Example Road"],
         "postal_code": "1000", "city": "Town", "country": "FR", "email": "person@example.com"}', false, 120
FROM drawn JOIN people ON people.n = drawn.person ORDER BY i
"""

_SAMPLE: Final = """
CREATE TEMPORARY TABLE sample ON COMMIT DROP AS
SELECT * FROM orders ORDER BY created_at DESC LIMIT :detailed
"""

_LINES: Final = """
INSERT INTO order_lines (order_id, position, product_id, description, quantity, unit_price, total_without_tax, tax_rate,
                         period_days)
SELECT sample.id, n, products.id, 'Server, ' || n || ' months', 1, part, part, 2000, 30
FROM sample CROSS JOIN products CROSS JOIN LATERAL (SELECT number % 3 + 1 AS lines) AS counted
CROSS JOIN generate_series(1, lines) AS n
CROSS JOIN LATERAL (SELECT total_without_tax / lines + CASE n WHEN 1 THEN total_without_tax % lines ELSE 0 END AS part)
"""

_CHANGES: Final = """
INSERT INTO changes (position, order_id, customer_id, version, kind, at, actor, sequence, from_status, to_status,
                     currency, total)
SELECT row_number() OVER (ORDER BY sample.created_at, sequence), sample.id, customer_id, sequence, 'TRANSITION',
       created_at + (sequence - 1) * interval '1 hour', 'SYSTEM', sequence,
       lag(reached) OVER (PARTITION BY sample.id ORDER BY sequence), reached, currency, total
FROM sample JOIN (VALUES
    ('UNPAID', ARRAY['UNPAID']), ('CONFIRMATION', ARRAY['UNPAID', 'CONFIRMATION']),
    ('DOCUMENTS_REQUESTED', ARRAY['UNPAID', 'CONFIRMATION', 'DOCUMENTS_REQUESTED']),
    ('BEING_PROCESSED', ARRAY['UNPAID', 'CONFIRMATION', 'BEING_PROCESSED']),
    ('COMPLETE', ARRAY['UNPAID', 'CONFIRMATION', 'BEING_PROCESSED', 'COMPLETE']),
    ('EXPIRED', ARRAY['UNPAID', 'EXPIRED']), ('CANCELLED', ARRAY['UNPAID', 'CANCELLED'])
) AS lives (status, path) USING (status) CROSS JOIN LATERAL unnest(path) WITH ORDINALITY AS steps (reached, sequence)
"""

_LOG_HEAD: Final = "UPDATE log_head SET position = (SELECT max(position) FROM changes)"

_PAYMENTS: Final = """
INSERT INTO payments (id, order_id, kind, amount, refunded, currency, status, save_method, created_at, settled_at,
                      checks)
SELECT uuidv7(), id, 'CARD', total, 0, currency, 'SUCCEEDED', false, created_at, created_at, 0
FROM sample WHERE status NOT IN ('UNPAID', 'EXPIRED', 'CANCELLED')
"""
