"""What belongs to many orders at once: one statement for each kind of thing, whatever the number of orders."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from models.account import Account
from models.change import Change
from models.database import Selecting
from models.document import DocumentRequest, Invoice, InvoiceKind
from models.order import Order, OrderLine, OrderReduction, OrderTax
from models.payment import Payment, PaymentMethod, PaymentMethodStatus, PrepaidAccount
from models.product import Price, Product
from ordering.lifecycle import PAID


def _columns(table: type[SQLModel]) -> Any:
    """Of the table, not of its class: an identity map and change tracking would cost ten times the reading."""
    return sa.inspect(table).local_table.c


def _select(columns: Any, key: str, *, leave_out: str = "") -> sa.Select[Any]:
    """The rows whose `key` is among the ids asked for. Made once, since making it takes longer than running it."""
    ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
    return sa.select(*(column for column in columns if column.key != leave_out)).where(columns[key].in_(ids))


_LINE, _REDUCTION, _TAX = _columns(OrderLine), _columns(OrderReduction), _columns(OrderTax)
_PAYMENT, _CHANGE, _METHOD = _columns(Payment), _columns(Change), _columns(PaymentMethod)
_REQUEST, _INVOICE = _columns(DocumentRequest), _columns(Invoice)
_ACCOUNT, _ORDER = _columns(Account), _columns(Order)

_ORDERS: Final = _select(_ORDER, "id")
_LINES: Final = _select(_LINE, "order_id").order_by(_LINE.position)
_REDUCTIONS: Final = _select(_REDUCTION, "order_id").order_by(_REDUCTION.position)
_TAXES: Final = _select(_TAX, "order_id").order_by(_TAX.rate)
_PAYMENTS: Final = _select(_PAYMENT, "order_id").order_by(_PAYMENT.created_at, _PAYMENT.id)
_SOME_PAYMENTS: Final = _select(_PAYMENT, "id")
_TRANSITIONS: Final = _select(_CHANGE, "order_id").where(_CHANGE.sequence.is_not(None)).order_by(_CHANGE.sequence)
_CHANGES: Final = _select(_CHANGE, "order_id").order_by(_CHANGE.version)
_REQUESTS: Final = _select(_REQUEST, "order_id").where(_REQUEST.closed_at.is_(None))
_INVOICES: Final = _select(_INVOICE, "order_id").where(_INVOICE.kind == InvoiceKind.INVOICE)
_ACCOUNTS: Final = _select(_ACCOUNT, "id", leave_out="password_hash")
_ALL_METHODS: Final = _select(_METHOD, "id", leave_out="provider_token")
_SAVED_METHODS: Final = (
    _select(_METHOD, "customer_id", leave_out="provider_token")
    .where(_METHOD.status != PaymentMethodStatus.REMOVED)
    .order_by(_METHOD.is_default.desc(), _METHOD.id)
)
_BALANCES: Final = _select(_columns(PrepaidAccount), "customer_id")
_HAVE_PAID: Final = (
    _select(_ACCOUNT, "id")
    .with_only_columns(_ACCOUNT.id)
    .where(sa.exists().where(_ORDER.customer_id == _ACCOUNT.id, _ORDER.status.in_(PAID)))
)
_PRODUCTS: Final = _select(_columns(Product), "id")
_PRICES: Final = _select(_columns(Price), "product_id")


async def orders_by_id(session: Selecting, ids: Collection[UUID]) -> dict[UUID, Any]:
    """Whole rows, of orders that the caller knows to be visible."""
    return {row.id: row for row in await _rows(session, _ORDERS, ids)}


async def lines_of(session: Selecting, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    return _by_order(await _rows(session, _LINES, order_ids))


async def reductions_of(session: Selecting, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Those of the lines and, with line 0, those of the whole order."""
    return _by_order(await _rows(session, _REDUCTIONS, order_ids))


async def taxes_of(session: Selecting, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    return _by_order(await _rows(session, _TAXES, order_ids))


async def payments_of(session: Selecting, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Oldest first."""
    return _by_order(await _rows(session, _PAYMENTS, order_ids))


async def payments_by_id(session: Selecting, ids: Collection[UUID]) -> dict[UUID, Any]:
    """Of orders that the caller knows to be visible."""
    return {row.id: row for row in await _rows(session, _SOME_PAYMENTS, ids)}


async def transitions_of(session: Selecting, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Oldest first."""
    return _by_order(await _rows(session, _TRANSITIONS, order_ids))


async def changes_of(session: Selecting, order_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Oldest first: not transitions alone."""
    return _by_order(await _rows(session, _CHANGES, order_ids))


async def open_requests_of(session: Selecting, order_ids: Collection[UUID]) -> dict[UUID, Any]:
    """What staff wait for, where they do."""
    return {row.order_id: row for row in await _rows(session, _REQUESTS, order_ids)}


async def invoices_of(session: Selecting, order_ids: Collection[UUID]) -> dict[UUID, Any]:
    return {row.order_id: row for row in await _rows(session, _INVOICES, order_ids)}


async def accounts_by_id(session: Selecting, ids: Collection[UUID]) -> dict[UUID, Any]:
    return {row.id: row for row in await _rows(session, _ACCOUNTS, ids)}


async def methods_of(session: Selecting, customer_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Without removed ones; the default first, then the oldest."""
    return _group(await _rows(session, _SAVED_METHODS, customer_ids), attrgetter("customer_id"))


async def methods_by_id(session: Selecting, ids: Collection[UUID]) -> dict[UUID, Any]:
    """Removed ones, too: old payments were made with them."""
    return {row.id: row for row in await _rows(session, _ALL_METHODS, ids)}


async def balances_of(session: Selecting, customer_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """What each customer has paid in advance, by currency, in minor units."""
    found: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for row in await _rows(session, _BALANCES, customer_ids):
        found[row.customer_id][row.currency] = row.balance
    return found


async def have_paid(session: Selecting, customer_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Which of the customers have paid an order already; those who have not are left out."""
    return {row.id: True for row in await _rows(session, _HAVE_PAID, customer_ids)}


async def products_by_id(session: Selecting, ids: Collection[UUID]) -> dict[UUID, Any]:
    return {row.id: row for row in await _rows(session, _PRODUCTS, ids)}


async def prices_of(session: Selecting, product_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """By currency, in minor units, without VAT."""
    found: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for row in await _rows(session, _PRICES, product_ids):
        found[row.product_id][row.currency] = row.amount
    return found


async def _rows(session: Selecting, statement: sa.Select[Any], ids: Collection[UUID]) -> Iterable[Any]:
    return await session.execute(statement, {"ids": list(ids)})


def _by_order(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    return _group(rows, attrgetter("order_id"))


def _group(rows: Iterable[Any], key: Callable[[Any], UUID]) -> dict[UUID, list[Any]]:
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
