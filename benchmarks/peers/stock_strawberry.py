"""The usual way: Strawberry as it comes, over the ORM's objects with `selectinload`; no rules of access, no limits."""

import decimal
import os
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
import strawberry
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import registry, relationship, selectinload
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

from models.account import Account
from models.change import ActorKind, Change
from models.order import Order, OrderLine, OrderStatus
from models.payment import Payment, PaymentMethodKind, PaymentStatus

ENGINE = create_async_engine(os.environ["DATABASE_URL"])


class Line:
    """A row of order_lines."""


class Transition:
    """A row of changes."""


class Attempt:
    """A row of payments."""


class Buyer:
    """A row of accounts."""


class Purchase:
    """A row of orders, with what belongs to it."""


def _map() -> None:
    """The project's tables as people map them who read objects: with relationships."""
    mapper = registry()
    tables = {
        mapped: sa.inspect(table).local_table
        for mapped, table in ((Line, OrderLine), (Transition, Change), (Attempt, Payment), (Buyer, Account))
    }
    for mapped, table in tables.items():
        mapper.map_imperatively(mapped, table)
    related = {
        "customer": relationship(Buyer),
        "lines": relationship(Line, order_by=tables[Line].c.position),
        "changes": relationship(Transition, order_by=tables[Transition].c.sequence),
        "payments": relationship(Attempt, order_by=tables[Attempt].c.created_at),
    }
    mapper.map_imperatively(Purchase, sa.inspect(Order).local_table, properties=related)


_map()

for each in (OrderStatus, ActorKind, PaymentMethodKind, PaymentStatus):
    strawberry.enum(each)


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
class PurchaseOrderLine:
    row: strawberry.Private[Any]
    position: int
    description: str
    quantity: int
    currency: strawberry.Private[str]

    @strawberry.field
    def total_without_tax(self) -> Money:
        return _money(self.row.total_without_tax, self.currency)


@strawberry.type
class PurchaseOrder:
    lines: list[PurchaseOrderLine]


@strawberry.type
class StatusTransition:
    sequence: int
    to: OrderStatus
    at: datetime
    actor: ActorKind


@strawberry.type
class History:
    nodes: list[StatusTransition]


@strawberry.type
class Tracking:
    current_step: str
    history: History


@strawberry.type
class OnePayment:
    id: strawberry.ID
    kind: PaymentMethodKind
    status: PaymentStatus


@strawberry.type(name="Order")
class OneOrder:
    row: strawberry.Private[Any]
    id: strawberry.ID
    number: str
    version: int
    status: OrderStatus
    created_at: datetime
    updated_at: datetime

    @strawberry.field
    def total(self) -> Money:
        return _money(self.row.total, self.row.currency)

    @strawberry.field
    def customer(self) -> Customer:
        buyer = self.row.customer
        return Customer(id=strawberry.ID(str(buyer.id)), name=buyer.name, email=buyer.email, country=buyer.country)

    @strawberry.field
    def purchase_order(self) -> PurchaseOrder:
        return PurchaseOrder(
            lines=[
                PurchaseOrderLine(
                    row=line,
                    position=line.position,
                    description=line.description,
                    quantity=line.quantity,
                    currency=self.row.currency,
                )
                for line in self.row.lines
            ]
        )

    @strawberry.field
    def tracking(self) -> Tracking:
        nodes = [
            StatusTransition(sequence=change.sequence, to=change.to_status, at=change.at, actor=change.actor)
            for change in self.row.changes
        ]
        return Tracking(current_step=self.row.status.value, history=History(nodes=nodes))

    @strawberry.field
    def payments(self) -> list[OnePayment]:
        return [
            OnePayment(id=strawberry.ID(str(each.id)), kind=each.kind, status=each.status) for each in self.row.payments
        ]


@strawberry.type
class OrderEdge:
    cursor: str
    node: OneOrder


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class OrderConnection:
    edges: list[OrderEdge]
    page_info: PageInfo


@strawberry.input
class OrderFilter:
    search: str | None = None


@strawberry.input
class OrderSort:
    field: str | None = None


def _money(minor: int, currency: str) -> Money:
    return Money(amount=decimal.Decimal(minor).scaleb(-2), currency=currency)


@strawberry.type
class Query:
    @strawberry.field
    async def orders(
        self,
        first: int | None = 20,
        after: str | None = None,  # noqa: ARG002 (it is there for the document's sake)
        filter: OrderFilter | None = None,  # noqa: ARG002
        sort: OrderSort | None = None,  # noqa: ARG002
    ) -> OrderConnection:
        size = first or 20
        orders = sa.inspect(Order).local_table.c
        mapped = cast("Any", Purchase)
        related = (mapped.customer, mapped.lines, mapped.changes, mapped.payments)
        query = sa.select(mapped).options(*map(selectinload, related))
        async with AsyncSession(ENGINE) as session:
            page = query.order_by(orders.created_at.desc(), orders.id.desc()).limit(size + 1)
            rows = (await session.execute(page)).scalars().all()
        edges = [OrderEdge(cursor=str(row.id), node=_order(row)) for row in rows[:size]]
        info = PageInfo(
            has_next_page=len(rows) > size,
            has_previous_page=False,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return OrderConnection(edges=edges, page_info=info)


def _order(row: Any) -> OneOrder:
    return OneOrder(
        row=row,
        id=strawberry.ID(str(row.id)),
        number=str(row.number),
        version=row.version,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


app = Starlette(routes=[Route("/graphql", GraphQL[None, None](strawberry.Schema(Query)), methods=["POST"])])
