"""Answering questions: who I am, one thing by its id, orders, products, counts, the place in the stream."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from uuid import UUID

import strawberry

from access.principal import Principal
from models.account import AccountKind
from models.database import Selecting
from reading.doubts import find_event, find_refund
from reading.held import find_held_payments
from reading.nodes import find_account, find_method, find_payment, find_product, find_transition
from reading.orders import EVERY_COLUMN, count_by_status, count_orders, find_order, page_of_orders
from reading.paging import BadCursor
from reading.products import page_of_products
from resolvers.sessions import viewer_of
from schema.catalogue import Product, ProductConnection
from schema.connections import After, Before, First, Last, window_of
from schema.context import Context, Info
from schema.customer import Staff
from schema.errors import BadCursor as BadCursorError
from schema.held_event import HeldEvent
from schema.held_payment import HeldPayment
from schema.ids import BadId, key_of, read_id
from schema.listing import Filter, Listing, Sort, columns_of
from schema.node import Node
from schema.order import Customer, Order, OrderConnection, Payment, StatusTransition
from schema.order_count import OrderCount, order_counts
from schema.payloads import Viewer
from schema.payment_method import PaymentMethod
from schema.purchase_order import PurchaseOrder
from schema.refund import Refund
from schema.scalars import StreamCursor
from streaming.log import current_place

Id = Annotated[strawberry.ID, strawberry.argument(description="The thing's global id.")]
Number = Annotated[str, strawberry.argument(description="The order's number, all of its digits.")]


async def viewer(info: Info) -> Viewer | None:
    if info.context.principal is None:
        return None
    return viewer_of(await info.context.loaders.accounts.load(info.context.principal.account_id))


async def node(info: Info, id: Id) -> Node | None:
    """What may not be seen is answered like what does not exist, and like what never could."""
    try:
        kind, key = read_id(id)
        if kind == "StatusTransition":
            return await _transition(info.context, key_of(key, int))
        find, uuid = _FINDERS[kind], key_of(key, UUID)
    except (BadId, KeyError):
        return None
    async with info.context.services.database.selecting() as session:
        return await find(session, info.context.viewer, uuid)


async def order(info: Info, number: Number) -> Order | None:
    async with info.context.services.database.selecting() as session:
        row = await find_order(session, info.context.viewer, columns_of(info), number=number)
    return Order.of(row) if row else None


async def orders(
    info: Info,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    filter: Filter = strawberry.UNSET,
    sort: Sort = strawberry.UNSET,
) -> OrderConnection:
    context = info.context
    listing = Listing.of(info, window_of(first, after, last, before), filter, sort)

    async def count() -> int:
        async with context.services.database.selecting() as session:
            return await count_orders(session, context.viewer, filters=listing.filters)

    async with context.services.database.selecting() as session:
        try:
            page = await page_of_orders(
                session,
                context.viewer,
                columns=listing.columns,
                filters=listing.filters,
                sort=listing.sort,
                window=listing.window,
            )
        except BadCursor:
            raise BadCursorError from None
    return OrderConnection.of(page, count)


async def products(
    info: Info,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> ProductConnection:
    async with info.context.services.database.selecting() as session:
        try:
            page = await page_of_products(session, window_of(first, after, last, before))
        except BadCursor:
            raise BadCursorError from None
    return ProductConnection.of(page)


async def counts(info: Info) -> list[OrderCount]:
    async with info.context.services.database.selecting() as session:
        return order_counts(await count_by_status(session, info.context.viewer))


async def stream_position(info: Info) -> StreamCursor:
    """Read before everything else of the document by `ReadPositionFirst`, which is what makes it worth having."""
    if info.context.position is None:
        info.context.position = (await current_place(info.context.services.database)).encode()
    return StreamCursor(info.context.position)


async def _order(session: Selecting, principal: Principal, key: UUID) -> Order | None:
    row = await find_order(session, principal, EVERY_COLUMN, id=key)
    return Order.of(row) if row else None


async def _purchase_order(session: Selecting, principal: Principal, key: UUID) -> PurchaseOrder | None:
    row = await find_order(session, principal, EVERY_COLUMN, id=key)
    return PurchaseOrder.of(row) if row else None


async def _payment(session: Selecting, principal: Principal, key: UUID) -> Payment | None:
    row = await find_payment(session, principal, key)
    return Payment.of(row) if row else None


async def _method(session: Selecting, principal: Principal, key: UUID) -> PaymentMethod | None:
    row = await find_method(session, principal, key)
    return PaymentMethod.of(row) if row else None


async def _customer(session: Selecting, principal: Principal, key: UUID) -> Customer | None:
    row = await find_account(session, principal, key, AccountKind.CUSTOMER)
    return Customer.of(row) if row else None


async def _staff(session: Selecting, principal: Principal, key: UUID) -> Staff | None:
    row = await find_account(session, principal, key, AccountKind.STAFF)
    return Staff.of(row) if row else None


async def _held_payment(session: Selecting, principal: Principal, key: UUID) -> HeldPayment | None:
    (row,) = await find_held_payments(session, principal, [key]) or [None]
    return HeldPayment.of(row) if row else None


async def _refund(session: Selecting, principal: Principal, key: UUID) -> Refund | None:
    row = await find_refund(session, principal, key)
    return Refund.of(row) if row else None


async def _held_event(session: Selecting, principal: Principal, key: UUID) -> HeldEvent | None:
    row = await find_event(session, principal, key)
    return HeldEvent.of(row) if row else None


async def _product(session: Selecting, _principal: Principal, key: UUID) -> Product | None:
    row = await find_product(session, key)
    return Product.of(row) if row else None


async def _transition(context: Context, position: int) -> StatusTransition | None:
    if not 0 < position < 2**63:
        return None
    async with context.services.database.selecting() as session:
        row = await find_transition(session, context.viewer, position)
    return StatusTransition.of(row, context.epoch) if row else None


_Finder = Callable[[Selecting, Principal, UUID], Awaitable[Node | None]]
_FINDERS: Final[dict[str, _Finder]] = {
    "Order": _order,
    "PurchaseOrder": _purchase_order,
    "Payment": _payment,
    "PaymentMethod": _method,
    "Customer": _customer,
    "Staff": _staff,
    "HeldPayment": _held_payment,
    "Refund": _refund,
    "HeldEvent": _held_event,
    "Product": _product,
}
