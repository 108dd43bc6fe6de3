"""An order as clients see it, and what leads back to it: its tracking, its payments, its customer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Self, cast

import strawberry

from ordering.actions import availability
from ordering.estimates import estimated_completion
from ordering.taking import facts_of
from ordering.tracking import HistoryStep, track
from ordering.tracking import Tracking as Tracked
from ordering.transfers import awaits_transfer
from reading.paging import Page
from schema.action import OrderActionAvailability
from schema.bank_transfer import BankTransferInstructions
from schema.change import OrderChange
from schema.connections import After, Before, First, Last, PageInfo, window_of
from schema.context import Info
from schema.customer import CustomerFields
from schema.customer_orders import count_of_customer, page_of_customer
from schema.document import Document, DocumentRequest
from schema.enums import OrderStatus, TrackingStepName
from schema.fields import field
from schema.history import page_of_history
from schema.ids import global_id
from schema.listing import Filter, Listing, Sort
from schema.money import Money
from schema.node import Node
from schema.payment import PaymentFields, payment_values
from schema.purchase_order import PurchaseOrder, is_private_to
from schema.tracking_step import TrackingStep
from schema.transition import TransitionFields, transition_values


@strawberry.type(description="What a customer ordered, and all that becomes of it.")
class Order(Node):
    row: strawberry.Private[Any]

    @field(
        "What people call the order, e.g. on the telephone: digits only, unique, never reused, "
        "telling nothing of how many orders there are."
    )
    def number(self) -> str:
        return str(self.row.number)

    @field("When it was placed.")
    def created_at(self) -> datetime:
        return self.row.created_at  # type: ignore[no-any-return] # rows are not typed

    @field("When it last changed.")
    def updated_at(self) -> datetime:
        return self.row.updated_at  # type: ignore[no-any-return] # rows are not typed

    @field("Where it is in its life.")
    def status(self) -> OrderStatus:
        return self.row.status  # type: ignore[no-any-return] # rows are not typed

    @field(
        "Raised by one on every committed change. Send it back as expectedVersion to refuse a change made on stale "
        "knowledge."
    )
    def version(self) -> int:
        return self.row.version  # type: ignore[no-any-return] # rows are not typed

    @field("Including VAT.")
    def total(self) -> Money:
        return Money.of(self.row.currency, self.row.total)

    @field("Null unless the viewer is this customer, or staff.")
    async def customer(self, info: Info) -> "Customer | None":
        if not is_private_to(info.context, self.row.customer_id):
            return None
        return Customer.of(await info.context.loaders.accounts.load(self.row.customer_id))

    @field("The commercial document.")
    def purchase_order(self) -> PurchaseOrder:
        return PurchaseOrder.of(self.row)

    @field("How far it is.")
    def tracking(self) -> "Tracking":
        return Tracking(order=self)

    @field("All attempts to pay it, oldest first.")
    async def payments(self, info: Info) -> "list[Payment]":
        return [Payment.of(row, self) for row in await info.context.loaders.payments.load(self.row.id)]

    @field("Of the kinds of action that this viewer could ever take: what they may do now, and for the rest why not.")
    async def actions(self, info: Info) -> list[OrderActionAvailability]:
        loaders = info.context.loaders
        facts = facts_of(self.row, await loaders.payments.load(self.row.id))
        found = availability(facts, staff=info.context.viewer.is_staff, now=await loaders.now())
        return [OrderActionAvailability.of(each, info.context) for each in found]

    @field("What staff asked for, while documents are awaited.")
    async def document_request(self, info: Info) -> DocumentRequest | None:
        row = await info.context.loaders.requests.load(self.row.id)
        return DocumentRequest.of(row) if row else None

    @field("Until when the customer may withdraw; null where there is no such right.")
    def withdrawable_until(self) -> datetime | None:
        return self.row.withdrawable_until  # type: ignore[no-any-return] # rows are not typed

    @field("For staff: all that was done with it and by whom, oldest first; null for others.")
    async def changes(self, info: Info) -> list[OrderChange] | None:
        if not info.context.viewer.is_staff:
            return None
        return [OrderChange.of(row) for row in await info.context.loaders.changes.load(self.row.id)]

    @field("Once complete.")
    async def invoice(self, info: Info) -> Document | None:
        row = await info.context.loaders.invoices.load(self.row.id)
        if row is None:
            return None
        return Document.of(info.context, f"/invoices/{row.series}-{row.number:06}.pdf", "application/pdf")

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(id=global_id("Order", row.id), row=row)


@strawberry.type(description="The four steps a customer follows, and everything that has happened so far.")
class Tracking:
    order: Order = strawberry.field(description="The order that is followed.")

    @field("The step that the order is in; the one where it ended, if it ended early.")
    async def current_step(self, info: Info) -> TrackingStepName:
        return (await _tracked(self.order, info)).current_step

    @field("Always four, in order.")
    async def steps(self, info: Info) -> list[TrackingStep]:
        return [TrackingStep.of(step, info.context) for step in (await _tracked(self.order, info)).steps]

    @field("Oldest first; sequence starts at 1 and has no holes within one order.")
    async def history(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> "StatusTransitionConnection":
        rows = await info.context.loaders.transitions.load(self.order.row.id)
        page = page_of_history(rows, window_of(first, after, last, before))
        return StatusTransitionConnection.of(page, self.order, info.context.epoch)

    @field("When the current step is expected to end, where that can be told (working days are respected).")
    async def estimated_completion(self, info: Info) -> datetime | None:
        loaders, row = info.context.loaders, self.order.row
        history = await loaders.transitions.load(row.id)
        return estimated_completion(
            status=row.status,
            entered_at=history[-1].at,
            now=await loaders.now(),
            delivery_minutes=row.delivery_minutes,
            working_days=info.context.services.terms.working_days,
        )


async def _tracked(order: Order, info: Info) -> Tracked:
    rows = await info.context.loaders.transitions.load(order.row.id)
    return track(history=[HistoryStep(row.to_status, row.at) for row in rows])


@strawberry.type(description="An order went from one status to another.")
class StatusTransition(TransitionFields):
    parent: strawberry.Private[Order | None] = None

    @field("As it is when delivered: never older than the transition.")
    def order(self, info: Info) -> Order:
        # What can be awaited is as good as what it comes to; where nothing must be, an event takes half the time.
        return self.parent or cast(Order, self._load_order(info))

    async def _load_order(self, info: Info) -> Order:
        return Order.of(await info.context.loaders.orders.load(self.row.order_id))

    @classmethod
    def of(cls, row: Any, epoch: str, parent: Order | None = None) -> Self:
        return cls(**transition_values(row, epoch), parent=parent)


@strawberry.type(description="A transition in an order's history.")
class StatusTransitionEdge:
    cursor: str = strawberry.field(description="Where it stands in the history.")
    node: StatusTransition = strawberry.field(description="The transition.")


@strawberry.type(description="A page of an order's history.")
class StatusTransitionConnection:
    edges: list[StatusTransitionEdge] = strawberry.field(description="The transitions, each with its cursor.")
    nodes: list[StatusTransition] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")

    @classmethod
    def of(cls, page: Page, order: Order, epoch: str) -> Self:
        nodes = [StatusTransition.of(row, epoch, order) for row in page.rows]
        edges = [StatusTransitionEdge(cursor=c, node=node) for c, node in zip(page.cursors, nodes, strict=True)]
        return cls(edges=edges, nodes=nodes, page_info=PageInfo.of(page))


@strawberry.type(description="One attempt to pay an order.")
class Payment(PaymentFields):
    parent: strawberry.Private[Order | None] = None

    @field("What it pays.")
    async def order(self, info: Info) -> Order:
        return self.parent or Order.of(await info.context.loaders.orders.load(self.row.order_id))

    @field("Where to transfer the money, while this is a bank transfer that is awaited.")
    async def bank_transfer(self, info: Info) -> BankTransferInstructions | None:
        if not awaits_transfer([self.row]):
            return None
        return BankTransferInstructions.of((await self.order(info)).row, info.context)

    @classmethod
    def of(cls, row: Any, parent: Order | None = None) -> Self:
        return cls(**payment_values(row), parent=parent)


@strawberry.type(description="Someone who orders.")
class Customer(CustomerFields):
    @field("Their orders.")
    async def orders(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Filter = strawberry.UNSET,
        sort: Sort = strawberry.UNSET,
    ) -> "OrderConnection":
        listing = Listing.of(info, window_of(first, after, last, before), filter, sort)
        page = await page_of_customer(info.context, self.row.id, listing)
        return OrderConnection.of(page, lambda: count_of_customer(info.context, self.row.id, listing.filters))


@strawberry.type(description="An order in a list.")
class OrderEdge:
    cursor: str = strawberry.field(description="Where it stands in the list.")
    node: Order = strawberry.field(description="The order.")


@strawberry.type(description="A page of a list of orders.")
class OrderConnection:
    count: strawberry.Private[Callable[[], Awaitable[int]]]
    edges: list[OrderEdge] = strawberry.field(description="The orders of this page, each with its cursor.")
    nodes: list[Order] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")

    @field("Exact up to 10,000; 10,001 means more. Counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()

    @classmethod
    def of(cls, page: Page, count: Callable[[], Awaitable[int]]) -> Self:
        nodes = [Order.of(row) for row in page.rows]
        edges = [OrderEdge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)]
        return cls(count=count, edges=edges, nodes=nodes, page_info=PageInfo.of(page))
