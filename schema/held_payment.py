"""Payments that are held, as staff see them."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any, Self

import strawberry

from reading.paging import Page
from schema.connections import PageInfo
from schema.context import Info
from schema.customer import Staff
from schema.enums import HeldReason, HeldResolution
from schema.fields import field
from schema.ids import global_id
from schema.money import Money
from schema.node import Node
from schema.order import Order, Payment


@strawberry.type(description="Money that arrived and that no rule may settle: staff decide what becomes of it.")
class HeldPayment(Node):
    row: strawberry.Private[Any]
    source: str = strawberry.field(
        description="Who told of it: bank_statement, or staff, who then stand in the order's `changes`."
    )
    external_id: str = strawberry.field(description="What they call it.")
    text: str = strawberry.field(description="What the payer wrote.")
    payer_name: str | None = strawberry.field(description="The payer, as their bank has it.")
    payer_account: str | None = strawberry.field(description="Where it came from.")
    booked_on: date | None = strawberry.field(description="When the bank had it.")
    reason: HeldReason = strawberry.field(description="Why it is held.")
    held_at: datetime = strawberry.field(description="Since when it is held.")
    resolution: HeldResolution | None = strawberry.field(description="What staff did with it; null while it waits.")
    resolved_at: datetime | None = strawberry.field(description="When that was.")
    note: str | None = strawberry.field(description="What whoever resolved it wrote.")

    @field("How much arrived.")
    def amount(self) -> Money:
        return Money.of(self.row.currency, self.row.amount)

    @field("The order that it seems to be for, or was settled to.")
    async def order(self, info: Info) -> Order | None:
        if self.row.order_id is None:
            return None
        return Order.of(await info.context.loaders.orders.load(self.row.order_id))

    @field("What it became, once settled.")
    async def payment(self, info: Info) -> Payment | None:
        if self.row.payment_id is None:
            return None
        return Payment.of(await info.context.loaders.payment.load(self.row.payment_id))

    @field("Who resolved it.")
    async def resolved_by(self, info: Info) -> Staff | None:
        if self.row.resolved_by is None:
            return None
        return Staff.of(await info.context.loaders.accounts.load(self.row.resolved_by))

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(
            id=global_id("HeldPayment", row.id),
            row=row,
            source=row.source,
            external_id=row.external_id,
            text=row.text,
            payer_name=row.payer_name,
            payer_account=row.payer_account,
            booked_on=row.booked_on,
            reason=row.reason,
            held_at=row.held_at,
            resolution=row.resolution,
            resolved_at=row.resolved_at,
            note=row.note,
        )


@strawberry.type(description="A held payment in a list.")
class HeldPaymentEdge:
    cursor: str = strawberry.field(description="Where it stands in the list.")
    node: HeldPayment = strawberry.field(description="The held payment.")


@strawberry.type(description="A page of held payments.")
class HeldPaymentConnection:
    count: strawberry.Private[Callable[[], Awaitable[int]]]
    edges: list[HeldPaymentEdge] = strawberry.field(description="The held payments of this page, each with its cursor.")
    nodes: list[HeldPayment] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")

    @field("Exact up to 10,000; 10,001 means more. Counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()

    @classmethod
    def of(cls, page: Page, count: Callable[[], Awaitable[int]]) -> Self:
        nodes = [HeldPayment.of(row) for row in page.rows]
        edges = [HeldPaymentEdge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)]
        return cls(count=count, edges=edges, nodes=nodes, page_info=PageInfo.of(page))
