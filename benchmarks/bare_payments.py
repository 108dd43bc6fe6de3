"""The SQL of a card payment and nothing else: `python -m benchmarks.bare_payments URL` pays the orders it reads.

A line of standard input is `CLIENTS ORDER…`; it answers `done` once all of them are paid. What is written, and how
often it is committed, is what the server does for the same payment, the sandbox's books included: one SELECT where an
order is taken, one statement for each row that is written, prepared by the driver, on connections that stay open.
"""

import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from uuid_utils.compat import uuid4, uuid7

Row = Mapping[str, Any]

_CLAIM: Final = """
INSERT INTO idempotency_records (account_id, operation, key, fingerprint, created_at, subject_id)
VALUES (:customer, 'payOrder', :key, :fingerprint, :now, :payment) ON CONFLICT DO NOTHING RETURNING key
"""
_TAKE: Final = """
SELECT orders.customer_id, orders.status, orders.version, orders.expires_at, orders.total, orders.currency,
       accounts.country, accounts.account_type, accounts.email, accounts.language,
       (SELECT balance FROM prepaid_accounts AS p WHERE p.customer_id = orders.customer_id
                                                    AND p.currency = orders.currency) AS balance,
       EXISTS (SELECT 1 FROM orders AS o WHERE o.customer_id = orders.customer_id
               AND o.status IN ('CONFIRMATION', 'DOCUMENTS_REQUESTED', 'BEING_PROCESSED', 'COMPLETE')) AS has_paid,
       (SELECT count(*) FROM payments WHERE order_id = orders.id
                                        AND status IN ('PENDING', 'ACTION_REQUIRED')) AS under_way,
       (SELECT max(sequence) FROM changes WHERE order_id = orders.id) AS sequence
FROM orders JOIN accounts ON accounts.id = orders.customer_id WHERE orders.id = :order
"""
_ATTEMPT: Final = """
INSERT INTO payments (id, order_id, kind, amount, refunded, currency, status, provider_token, save_method, created_at,
                      next_check_at, checks)
VALUES (:payment, :order, 'CARD', :total, 0, :currency, 'PENDING', 'sandbox_card', false, :now, :later, 0)
"""
_MOVE: Final = """
UPDATE orders SET status = :status, version = :version, updated_at = :now WHERE id = :order AND version = :read
"""
_HEAD: Final = "UPDATE log_head SET position = position + :by RETURNING position"
_CHANGE: Final = """
INSERT INTO changes (position, order_id, customer_id, version, kind, at, actor, actor_id, sequence, from_status,
                     to_status, currency, total)
VALUES (:position, :order, :customer, :version, :kind, :now, :actor, :actor_id, :sequence, :source, :target,
        :currency, :total)
"""
_CHARGE: Final = """
INSERT INTO sandbox_charges (id, idempotency_key, token, amount, currency, status, refunded, created_at)
VALUES (:charge, :payment_text, 'sandbox_card', :total, :currency, 'SUCCEEDED', 0, :now)
ON CONFLICT (idempotency_key) DO NOTHING RETURNING id
"""
_SETTLE: Final = """
UPDATE payments SET status = 'SUCCEEDED', provider_reference = :charge, provider_token = NULL, next_check_at = NULL,
                    settled_at = :now WHERE id = :payment
"""
_BOOK: Final = """
INSERT INTO journal_entries (subject_id, kind, order_id, debit, credit, amount, currency, at)
VALUES (:payment, 'PAYMENT', :order, 'PROVIDER', 'PAID', :total, :currency, :now)
"""
_MAIL: Final = """
INSERT INTO mails (id, kind, order_id, recipient, language, details, created_at, next_try_at, tries)
VALUES (:mail, 'PAYMENT_RECEIVED', :order, :email, :language, '{}', :now, :now, 0)
"""
_FINISH: Final = """
UPDATE idempotency_records SET outcome = :outcome
WHERE account_id = :customer AND operation = 'payOrder' AND key = :key
"""
_ANSWER: Final = """
SELECT orders.*, payments.status AS payment_status, payments.amount FROM orders
JOIN payments ON payments.order_id = orders.id WHERE payments.id = :payment
"""


class Store(Protocol):
    """One connection."""

    def run(self, statement: str, values: Row) -> Row | None:
        """The first row that it gives."""

    def take(self, values: Row) -> Row | None:
        """The order with all that decides whether it can be paid, locked."""

    def transaction(self) -> Any:
        """Committed at the end."""

    def value(self, value: UUID | datetime) -> Any:
        """As it is stored."""


class PostgreSQL:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True, row_factory=dict_row)
        self._connection.prepare_threshold = 0
        self._texts: dict[str, str] = {}

    def run(self, statement: str, values: Row) -> Row | None:
        text = self._texts.get(statement) or self._texts.setdefault(statement, _percent(statement))
        cursor = self._connection.execute(text, values)
        return cursor.fetchone() if cursor.description else None

    def take(self, values: Row) -> Row | None:
        return self.run(f"{_TAKE} FOR UPDATE OF orders", values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._connection.transaction():
            yield

    def value(self, value: UUID | datetime) -> Any:
        return value


class SQLite:
    def __init__(self, url: str) -> None:
        path = url.partition(":///")[2]
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            self._connection.execute(f"PRAGMA {pragma}")

    def run(self, statement: str, values: Row) -> Row | None:
        row: Row | None = self._connection.execute(statement, values).fetchone()
        return row

    def take(self, values: Row) -> Row | None:
        return self.run(_TAKE, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        yield
        self._connection.execute("COMMIT")

    def value(self, value: UUID | datetime) -> Any:
        return value.hex if isinstance(value, UUID) else f"{value.replace(tzinfo=None)}"


def pay(store: Store, order: UUID) -> None:
    """One payment, from its idempotency key to the row that is answered. Raises RuntimeError where it cannot be."""
    payment, charge = uuid7(), f"ch_{uuid4().hex}"
    values = {"order": store.value(order), "payment": store.value(payment), "payment_text": str(payment)}
    values |= {"charge": charge, "mail": store.value(uuid7()), "key": str(uuid4()), "fingerprint": uuid4().hex}
    values |= _moment(store)
    with store.transaction():
        taken = _must(store.take(values), "UNPAID")
        values |= {**taken, "customer": taken["customer_id"]}
        _must(store.run(_CLAIM, values))
        store.run(_ATTEMPT, values)
        paying = {"status": "UNPAID", "kind": "PAYMENT", "actor": "CUSTOMER", "actor_id": values["customer"]}
        _change(store, values | paying | {"sequence": None, "source": None, "target": None}, taken["version"] + 1)
    values |= _moment(store)
    _must(store.run(_CHARGE, values))
    values |= _moment(store)
    with store.transaction():
        taken = _must(store.take(values), "UNPAID")
        store.run(_SETTLE, values)
        store.run(_BOOK, values)
        store.run(_MAIL, values)
        store.run(_FINISH, values | {"outcome": json.dumps({"refusal": None})})
        moved = {"status": "CONFIRMATION", "kind": "TRANSITION", "actor": "PAYMENT_PROVIDER", "actor_id": None}
        moved |= {"sequence": taken["sequence"] + 1, "source": "UNPAID", "target": "CONFIRMATION"}
        _change(store, values | moved, taken["version"] + 1)
    _must(store.run(_ANSWER, values))


def _change(store: Store, values: dict[str, Any], version: int) -> None:
    """The order, and the log's last place before the commit."""
    store.run(_MOVE, values | {"version": version, "read": version - 1})
    head = _must(store.run(_HEAD, {"by": 1}))
    store.run(_CHANGE, values | {"version": version, "position": head["position"]})


def _moment(store: Store) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"now": store.value(now), "later": store.value(now + timedelta(seconds=30))}


def _must(row: Row | None, status: str | None = None) -> Row:
    if row is None or (status is not None and row["status"] != status):
        raise RuntimeError(f"not payable: {row and dict(row)}")
    return dict(row)


def _percent(statement: str) -> str:
    """In the way that psycopg names parameters."""
    return re.sub(r":(\w+)", r"%(\1)s", statement)


def main() -> None:
    url = sys.argv[1]
    make: Callable[[str], Store] = SQLite if url.startswith("sqlite") else PostgreSQL
    stores = [make(url) for _ in range(8)]
    for line in sys.stdin:
        clients, *orders = line.split()
        shares = [[UUID(each) for each in orders[n :: int(clients)]] for n in range(int(clients))]

        def work(store: Store, share: list[UUID]) -> None:
            for order in share:
                pay(store, order)

        if len(shares) == 1:
            work(stores[0], shares[0])
        else:
            with ThreadPoolExecutor(len(shares)) as pool:
                list(pool.map(work, stores, shares))
        print("done", flush=True)


if __name__ == "__main__":
    main()
