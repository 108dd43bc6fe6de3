"""A database with orders in it, and new ones that wait to be paid."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from benchmarks.orders import Crowd
from models.database import Database
from models.order import Order, OrderStatus
from ordering.actors import SYSTEM
from ordering.history import record_creation

_BILLING: Final[dict[str, Any]] = {
    "name": "Person",
    "organisation": None,
    "vat_number": None,
    "address_lines": ["2 Example Road"],
    "postal_code": "1000",
    "city": "Town",
    "country": "FR",
    "email": "person0@example.com",
}


@dataclass(slots=True)
class Shop:
    """Filled by `benchmarks.orders`. `store`: the database's name for people."""

    store: str
    url: str
    size: int
    crowd: Crowd
    database: Database = field(init=False)
    _numbers: "count[int]" = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database(self.url, pool_size=2)
        self._numbers = count(self.size + 1)

    async def place(self, orders: int) -> list[UUID]:
        """New orders of the customer who has a fifth of all."""
        async with self.database.writing() as tx:
            placed = [self._order(tx.now) for _ in range(orders)]
            for order in placed:
                record_creation(tx, order, by=SYSTEM)
        return [order.id for order in placed]

    async def close(self) -> None:
        await self.database.close()

    def _order(self, now: Any) -> Order:
        return Order(
            id=uuid7(),
            # The next ones in the walk through all numbers that the others were given by.
            number=1_000_000_000 + next(self._numbers) * 7_777_777_777 % 9_000_000_000,
            customer_id=self.crowd.customer.account,
            status=OrderStatus.UNPAID,
            version=1,
            created_at=now,
            updated_at=now,
            expires_at=now + timedelta(days=1),
            currency="EUR",
            subtotal=9990,
            total_without_tax=9990,
            tax=1998,
            total=11988,
            billing=_BILLING,
            delivery_minutes=120,
        )
