"""The usual way: Strawberry as it comes, over SQLAlchemy's objects with `selectinload`, without access rules or limits."""

import decimal
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import strawberry
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import registry, relationship, selectinload
from starlette.applications import Starlette
from strawberry.asgi import GraphQL

from models.account import Account
from models.change import ActorKind, Change
from models.order import Order, OrderLine
from models.payment import Payment

ENGINE = create_async_engine(os.environ["DATABASE_URL"])


class OrderRow:
    """An order with what belongs to it."""


class LineRow:
    """A line of an order."""


class ChangeRow:
    """A change of an order."""


class PaymentRow:
    """An attempt to pay an order."""


class AccountRow:
    """A customer."""


def _map() -> None:
    mapper = registry()
    for row, table in ((LineRow, OrderLine), (ChangeRow, Change), (PaymentRow, Payment), (AccountRow, Account)):
        mapper.map_imperatively(row, sa.inspect(table).local_table)
    orders, changes = sa.inspect(Order).local_table, sa.inspect(Change).local_table
    mapper.map_imperatively(
        OrderRow,
        orders,
        properties={
            "account": relationship(AccountRow),
            "lines": relationship(LineRow, order_by=sa.inspect(OrderLine).local_table.c.position),
            "changes": relationship(ChangeRow, order_by=changes.c.sequence),
            "payments": relationship(PaymentRow, order_by=sa.inspect(Payment).local_table.c.created_at),
        },
    )


_map()


@strawberry.type
class Money:
    amount: decimal.Decimal
    currency: str


@strawberry.type
class Customer:
    id: strawberry.ID
    name: str
    email: str
    country: str | None


@strawberry.type
class Line:
    position: int
    description: str
    quantity: int
    total_without_tax: Money


@strawberry.type
class PurchaseOrder:
    lines: list[Line]


@strawberry.type
class Transition:
    sequence: int
    to: str
    at: datetime
    actor: strawberry.enum(ActorKind)  # type: ignore[valid-type] # the library's documented way


@strawberry.type
class History:
    nodes: list[Transition]


@strawberry.type
class Tracking:
    current_step: str
    history: History


@strawberry.type
class PaymentType:
    id: strawberry.ID
    kind: str
    status: str


@strawberry.type
class OrderType:
    row: strawberry.Private[Any]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(str(self.row.id))
