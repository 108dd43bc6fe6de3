"""One thing by its id, if this principal may see it."""

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from access.principal import Principal
from models.account import Account, AccountKind
from models.change import Change
from models.database import Selecting
from models.order import Order
from models.payment import Payment, PaymentMethod, PaymentMethodStatus
from models.prepared import Prepared
from models.product import Product
from models.statement import Driver
from reading.scope import TABLE, visible_orders

_PAYMENTS: Final = sa.inspect(Payment).local_table
_PAID: Final = Prepared(
    sa.select()
    .join_from(_PAYMENTS, TABLE, TABLE.c.id == _PAYMENTS.c.order_id)
    .where(
        _PAYMENTS.c.id == sa.bindparam("id", type_=_PAYMENTS.c.id.type),
        sa.or_(
            sa.bindparam("staff", type_=sa.Boolean),
            TABLE.c.customer_id == sa.bindparam("viewer", type_=_PAYMENTS.c.id.type),
        ),
    ),
    [*TABLE.c],
    [*_PAYMENTS.c],
)


async def find_payment(session: Selecting, principal: Principal, id: UUID) -> Any | None:
    """A row with all of its columns; payments are seen by those who see their order."""
    query = sa.select(*sa.inspect(Payment).local_table.c).join(Order, col(Order.id) == col(Payment.order_id))
    return (await session.execute(query.where(col(Payment.id) == id, visible_orders(principal)))).one_or_none()


async def find_paid(connection: AsyncConnection, principal: Principal, id: UUID) -> tuple[Any, Any] | None:
    """A payment and its order, each with all of its columns."""
    orders, payments = await _PAID.rows(
        await Driver.of(connection), {"id": id, "staff": principal.is_staff, "viewer": principal.account_id}
    )
    return (orders[0], payments[0]) if orders else None


async def find_transition(session: Selecting, principal: Principal, position: int) -> Any | None:
    query = sa.select(*sa.inspect(Change).local_table.c).where(
        col(Change.position) == position, col(Change.sequence).is_not(None)
    )
    if not principal.is_staff:
        query = query.where(col(Change.customer_id) == principal.account_id)
    return (await session.execute(query)).one_or_none()


async def find_method(session: Selecting, principal: Principal, id: UUID) -> Any | None:
    """Their owner sees them, and staff; removed ones are gone."""
    query = sa.select(*(c for c in sa.inspect(PaymentMethod).local_table.c if c.key != "provider_token")).where(
        col(PaymentMethod.id) == id, col(PaymentMethod.status) != PaymentMethodStatus.REMOVED
    )
    if not principal.is_staff:
        query = query.where(col(PaymentMethod.customer_id) == principal.account_id)
    return (await session.execute(query)).one_or_none()


async def find_account(session: Selecting, principal: Principal, id: UUID, kind: AccountKind) -> Any | None:
    """Staff see every account, a customer only themselves."""
    if not principal.is_staff and principal.account_id != id:
        return None
    query = sa.select(*(c for c in sa.inspect(Account).local_table.c if c.key != "password_hash"))
    return (await session.execute(query.where(col(Account.id) == id, col(Account.kind) == kind))).one_or_none()


async def find_product(session: Selecting, id: UUID) -> Any | None:
    """The catalogue is open to everyone."""
    query = sa.select(*sa.inspect(Product).local_table.c).where(col(Product.id) == id, col(Product.listed))
    return (await session.execute(query)).one_or_none()
