"""Taking an order to change it: locked, by those who may see it, for an action that is allowed now."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import SQLModel, col

from models.database import Transaction
from models.loaded_rows import adopt, select_rows
from models.order import Order
from models.payment import Payment, PaymentMethodKind, PaymentStatus
from models.statement import Statement, Values
from ordering.actions import OrderAction, OrderFacts, availability, illegal
from ordering.actors import Actor
from ordering.refusals import NotFound, VersionConflict
from ordering.sources import AT_PROVIDER
from texts import mark

T = TypeVar("T", bound=SQLModel)

#: Attempts whose outcome is not known yet.
OPEN: tuple[PaymentStatus, ...] = (PaymentStatus.PENDING, PaymentStatus.ACTION_REQUIRED)
#: Attempts that brought money, some of which may have gone back.
SETTLED: tuple[PaymentStatus, ...] = (
    PaymentStatus.SUCCEEDED,
    PaymentStatus.PARTIALLY_REFUNDED,
    PaymentStatus.REFUNDED,
)
_OLDEST_FIRST: Final = (col(Payment.created_at), col(Payment.id))
#: Made once: to put a statement together takes about as long as to run it.
_ID: Final = sa.bindparam("id", type_=sa.Uuid())
_CUSTOMER: Final = sa.bindparam("customer", type_=sa.Uuid())
_ORDER: Final = select_rows(Order, col(Order.id) == _ID, locked=True)
_ORDER_OF: Final = select_rows(Order, col(Order.id) == _ID, col(Order.customer_id) == _CUSTOMER, locked=True)
_OF_ATTEMPT: Final = select_rows(
    Order,
    col(Order.id) == sa.select(col(Payment.order_id)).where(col(Payment.id) == _ID).scalar_subquery(),
    locked=True,
)
_PAYMENTS: Final = select_rows(Payment, col(Payment.order_id) == _ID, by=_OLDEST_FIRST)
_AFRESH: Final = {"populate_existing": True}


def order_expected(order_id: UUID, *, by: Actor) -> Sequence[tuple[Statement, Values]]:
    """What `take_order` and `payments_of` will run, for `Database.writing`."""
    return [_order_for(order_id, by), (_PAYMENTS, {"id": order_id})]


def attempt_expected(payment: Payment) -> Sequence[tuple[Statement, Values]]:
    """What `take_attempt` will run."""
    return [(_OF_ATTEMPT, {"id": payment.id}), (_PAYMENTS, {"id": payment.order_id})]


async def take_order(tx: Transaction, order_id: UUID, *, by: Actor, expected_version: int | None = None) -> Order:
    """The order, locked until the transaction ends. Raises NotFound where `by` may not see it, and VersionConflict."""
    order = await _take(tx, *_order_for(order_id, by))
    if order is None:
        raise NotFound(what=mark("order"), path=["orderId"])
    if expected_version is not None and order.version != expected_version:
        raise VersionConflict(order_id=str(order.id), path=["expectedVersion"])
    return order


async def take_attempt(tx: Transaction, payment_id: UUID) -> tuple[Order, Payment, list[Payment]]:
    """An attempt, with its order locked before it, among all attempts to pay that. Raises NotFound."""
    order = await _take(tx, _OF_ATTEMPT, {"id": payment_id})
    if order is None:
        raise NotFound(what=mark("payment"), path=["paymentId"])
    payments = await payments_of(tx, order)
    return order, next(each for each in payments if each.id == payment_id), payments


def _order_for(order_id: UUID, by: Actor) -> tuple[Statement, Values]:
    if by.account_id is None or by.is_staff:
        return _ORDER, {"id": order_id}
    return _ORDER_OF, {"id": order_id, "customer": by.account_id}


async def _take(tx: Transaction, statement: Statement, values: Values) -> Order | None:
    order = next(iter(await _rows(tx, Order, statement, values)), None)
    if order is not None:
        # PostgreSQL's moment is the transaction's beginning: whoever had the order meanwhile may have begun later.
        tx.now = max(tx.now, order.updated_at)
    return order


async def _rows(tx: Transaction, table: type[T], statement: Statement, values: Values) -> list[T]:
    """As they are now, also where the session knew them before."""
    if tx.session.new or tx.session.dirty:
        await tx.session.flush()
    return [adopt(tx.session, table, row) for row in await tx.run(statement, values)]


async def take_orders(tx: Transaction, numbers: Collection[int]) -> dict[int, tuple[Order, list[Payment]]]:
    """Orders by their numbers, with all attempts to pay each: locked, always in the same order. Unknown ones are left
    out. The number of statements is the same for any number of orders; what is changed in them, `write_orders` writes.
    """
    query = sa.select(Order).where(col(Order.number).in_(numbers)).order_by(col(Order.id)).with_for_update()
    orders = list((await tx.session.execute(query, execution_options=_AFRESH)).scalars())
    for order in orders:
        tx.session.expunge(order)
        tx.now = max(tx.now, order.updated_at)
    found: dict[UUID, tuple[Order, list[Payment]]] = {order.id: (order, []) for order in orders}
    query_payments = sa.select(Payment).where(col(Payment.order_id).in_(found)).order_by(*_OLDEST_FIRST)
    for payment in (await tx.session.execute(query_payments)).scalars():
        found[payment.order_id][1].append(payment)
    return {order.number: (order, payments) for order, payments in found.values()}


async def write_orders(tx: Transaction, orders: Iterable[Order]) -> None:
    """Where those that were taken together now stand in their lives, in one go: the session would write each of them
    by itself, since each has a version to compare. Raises StaleDataError, as it would."""
    changed = [order for order in orders if sa.inspect(order).modified]
    if not changed:
        return
    rows = [
        {
            "key": order.id,
            "read": sa.inspect(order).attrs.version.history.deleted[0],
            "version": order.version,
            "status": order.status,
            "updated_at": order.updated_at,
        }
        for order in changed
    ]
    same = (col(Order.id) == sa.bindparam("key"), col(Order.version) == sa.bindparam("read"))
    written = await (await tx.session.connection()).execute(sa.update(Order).where(*same), rows)
    if written.rowcount != len(rows):
        raise StaleDataError


async def take_order_for(
    tx: Transaction, action: OrderAction, order_id: UUID, *, by: Actor, expected_version: int | None = None
) -> tuple[Order, list[Payment]]:
    """The order and all attempts to pay it, if the action is allowed now; raises the refusal that says why not."""
    order = await take_order(tx, order_id, by=by, expected_version=expected_version)
    payments = await payments_of(tx, order)
    found = availability(facts_of(order, payments), staff=by.is_staff, now=tx.now)
    refusal = next((each.refusal for each in found if each.action is action), illegal(order.status))
    if refusal is not None:
        raise refusal
    return order, payments


async def payments_of(tx: Transaction, order: Order) -> list[Payment]:
    """All attempts to pay it, oldest first."""
    return await _rows(tx, Payment, _PAYMENTS, {"id": order.id})


def left_of(payment: Payment) -> int:
    """What of it the customer has not been given back or promised, in minor units."""
    return payment.amount - payment.refunded - payment.given_otherwise if payment.status in SETTLED else 0


def facts_of(order: Order, payments: list[Payment]) -> OrderFacts:
    pending = {payment.kind for payment in payments if payment.status is PaymentStatus.PENDING}
    return OrderFacts(
        status=order.status,
        expires_at=order.expires_at,
        withdrawable_until=order.withdrawable_until,
        under_way=bool(pending - {PaymentMethodKind.BANK_TRANSFER}),
        at_provider=bool(pending & AT_PROVIDER),
        refundable=sum(map(left_of, payments)),
    )
