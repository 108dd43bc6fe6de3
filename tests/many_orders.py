"""Many orders at once, as rows: for what depends on their number and not on how they came to be."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col
from uuid_utils.compat import uuid7

from models.change import ActorKind, Change, ChangeKind
from models.database import Transaction
from models.order import Order, OrderLine, OrderReduction, OrderStatus, OrderTax, ReductionKind
from models.payment import Payment, PaymentMethodKind, PaymentStatus
from models.product import Product
from tests.api import Person
from tests.running import Running

_WAY = (OrderStatus.UNPAID, OrderStatus.CONFIRMATION, OrderStatus.BEING_PROCESSED, OrderStatus.COMPLETE)


def add_orders(running: Running, customer: Person, count: int, *, days: Sequence[int] = (1,)) -> None:
    """Of 10.00, 20.00 … 50.00 without VAT, in euro and zloty, in the statuses of an order's way, each with two lines,
    a reduction, VAT, a payment and its history. Placed so many `days` ago, by turns, so that many have a moment in
    common."""
    running.do(_add(running, customer.id, count, days))


async def _add(running: Running, customer_id: UUID, count: int, days: Sequence[int]) -> None:
    async with running.database.writing() as tx:
        products = await tx.session.execute(sa.select(Product).where(col(Product.code).in_(("book", "server"))))
        by_code = {product.code: product for product in products.scalars()}
        for index in range(count):
            placed = tx.now.replace(microsecond=0) - timedelta(days=days[index % len(days)])
            order = _order(customer_id, index, placed)
            tx.session.add(order)
            await tx.session.flush()
            tx.session.add_all(_parts(order, [by_code["book"], by_code["server"]]))
            _log(tx, order)


def _order(customer_id: UUID, index: int, placed: datetime) -> Order:
    reached = index % len(_WAY)
    net = 1000 * (1 + index % 5)
    return Order(
        id=uuid7(),
        number=10**9 + secrets.randbelow(9 * 10**9),
        customer_id=customer_id,
        status=_WAY[reached],
        version=reached + 1,
        created_at=placed,
        updated_at=placed + timedelta(minutes=reached),
        expires_at=placed + timedelta(days=60),
        currency=("EUR", "PLN")[index % 2],
        subtotal=net + 100,
        total_without_tax=net,
        tax=net // 5,
        total=net + net // 5,
        billing={
            "name": "Robin Example", "organisation": None, "vat_number": None, "address_lines": ["2 Example Road"],
            "postal_code": "1000", "city": "Town", "country": "FR", "email": "robin@example.com",
        },
        delivery_minutes=10,
    )  # fmt: skip


def _parts(order: Order, products: Sequence[Product]) -> list[SQLModel]:
    half = order.total_without_tax // 2
    lines = [
        OrderLine(
            order_id=order.id,
            position=position,
            product_id=product.id,
            description=f"{product.name} of batch {position}",
            quantity=1,
            unit_price=half + 100 * (position == 1),
            total_without_tax=half,
            tax_rate=2000,
        )
        for position, product in enumerate(products, start=1)
    ]
    reduction: dict[str, Any] = {"kind": ReductionKind.PROMOTION, "label": "Launch", "amount": 100}
    paid = order.status is not OrderStatus.UNPAID
    return [
        *lines,
        OrderReduction(order_id=order.id, line_position=1, position=1, **reduction),
        OrderTax(order_id=order.id, rate=2000, base=order.total_without_tax, amount=order.tax),
        Payment(
            id=uuid7(),
            order_id=order.id,
            kind=PaymentMethodKind.CARD,
            amount=order.total,
            currency=order.currency,
            status=PaymentStatus.SUCCEEDED if paid else PaymentStatus.FAILED,
            created_at=order.created_at,
        ),
    ]


def _log(tx: Transaction, order: Order) -> None:
    """The way to where the order is, one status a minute."""
    steps = _WAY[: _WAY.index(order.status) + 1]
    for sequence, (source, target) in enumerate(pairwise((None, *steps)), start=1):
        tx.changes.append(
            Change(
                position=0,
                order_id=order.id,
                customer_id=order.customer_id,
                version=sequence,
                kind=ChangeKind.TRANSITION,
                at=order.created_at + timedelta(minutes=sequence - 1),
                actor=ActorKind.CUSTOMER if sequence == 1 else ActorKind.STAFF,
                sequence=sequence,
                from_status=source,
                to_status=target,
                currency=order.currency,
                total=order.total,
            )
        )
