"""What belongs to many orders at once: one statement for each kind of thing, whatever the number of orders."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.account import Account
from models.change import Change
from models.document import DocumentRequest, Invoice, InvoiceKind
from models.order import Order, OrderLine, OrderReduction, OrderTax
from models.payment import Payment, PaymentMethod, PaymentMethodStatus, PrepaidAccount
from models.product import Price, Product
from ordering.lifecycle import PAID
from reading.orders import EVERY_COLUMN, select_orders


async def orders_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Any]:
    """Whole rows, of orders that the caller knows to be visible."""
    query = select_orders(EVERY_COLUMN).where(col(Order.id).in_(ids))
    return {row.id: row for row in await session.execute(query)}


async def lines_of(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    query = _select(OrderLine).where(col(OrderLine.order_id).in_(order_ids)).order_by(col(OrderLine.position))
    return _by_order(await session.execute(query))


async def reductions_of(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Those of the lines and, with line 0, those of the whole order."""
    query = _select(OrderReduction).where(col(OrderReduction.order_id).in_(order_ids))
    return _by_order(await session.execute(query.order_by(col(OrderReduction.position))))


async def taxes_of(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    query = _select(OrderTax).where(col(OrderTax.order_id).in_(order_ids)).order_by(col(OrderTax.rate))
    return _by_order(await session.execute(query))


async def payments_of(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Oldest first."""
    query = _select(Payment).where(col(Payment.order_id).in_(order_ids))
    return _by_order(await session.execute(query.order_by(col(Payment.created_at), col(Payment.id))))


async def transitions_of(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Oldest first."""
    query = _select(Change).where(col(Change.order_id).in_(order_ids), col(Change.sequence).is_not(None))
    return _by_order(await session.execute(query.order_by(col(Change.sequence))))


async def open_requests_of(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, Any]:
    """What staff wait for, where they do."""
    query = _select(DocumentRequest).where(
        col(DocumentRequest.order_id).in_(order_ids), col(DocumentRequest.closed_at).is_(None)
    )
    return {row.order_id: row for row in await session.execute(query)}


async def invoices_of(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, Any]:
    query = _select(Invoice).where(col(Invoice.order_id).in_(order_ids), col(Invoice.kind) == InvoiceKind.INVOICE)
    return {row.order_id: row for row in await session.execute(query)}


async def accounts_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Any]:
    query = _select(Account, leave_out={"password_hash"}).where(col(Account.id).in_(ids))
    return {row.id: row for row in await session.execute(query)}


async def methods_of(session: AsyncSession, customer_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Without removed ones; the default first, then the oldest."""
    query = _select(PaymentMethod, leave_out={"provider_token"}).where(
        col(PaymentMethod.customer_id).in_(customer_ids), col(PaymentMethod.status) != PaymentMethodStatus.REMOVED
    )
    found = await session.execute(query.order_by(col(PaymentMethod.is_default).desc(), col(PaymentMethod.id)))
    return _group(found, lambda row: row.customer_id)


async def methods_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Any]:
    """Removed ones, too: old payments were made with them."""
    query = _select(PaymentMethod, leave_out={"provider_token"}).where(col(PaymentMethod.id).in_(ids))
    return {row.id: row for row in await session.execute(query)}


async def balances_of(session: AsyncSession, customer_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """What each customer has paid in advance, by currency, in minor units."""
    query = _select(PrepaidAccount).where(col(PrepaidAccount.customer_id).in_(customer_ids))
    found: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for row in await session.execute(query):
        found[row.customer_id][row.currency] = row.balance
    return found


async def have_paid(session: AsyncSession, customer_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Which of the customers have paid an order already; those who have not are left out."""
    query = sa.select(col(Account.id)).where(
        col(Account.id).in_(customer_ids),
        sa.exists().where(col(Order.customer_id) == col(Account.id), col(Order.status).in_(PAID)),
    )
    return dict.fromkeys((await session.execute(query)).scalars(), True)


async def products_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Any]:
    return {row.id: row for row in await session.execute(_select(Product).where(col(Product.id).in_(ids)))}


async def prices_of(session: AsyncSession, product_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """By currency, in minor units, without VAT."""
    found: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for row in await session.execute(_select(Price).where(col(Price.product_id).in_(product_ids))):
        found[row.product_id][row.currency] = row.amount
    return found


def _select(table: type[Any], *, leave_out: Collection[str] = ()) -> sa.Select[Any]:
    """Rows instead of objects: an identity map and change tracking would cost ten times the reading."""
    return sa.select(*(column for column in sa.inspect(table).local_table.c if column.key not in leave_out))


def _by_order(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    return _group(rows, lambda row: row.order_id)


def _group(rows: Iterable[Any], key: Callable[[Any], UUID]) -> dict[UUID, list[Any]]:
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
