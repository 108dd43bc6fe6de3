"""Placing an order: what is in the basket, at today's prices, for this customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import randbelow
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from models.account import Account, AccountType
from models.database import Database, Transaction
from models.mail import MailKind
from models.order import Order, OrderLine, OrderReduction, OrderTax
from ordering.actors import SYSTEM, Actor
from ordering.basket import Basket, fill_basket
from ordering.history import advance, record_creation
from ordering.idempotency import Key, Outcome, once
from ordering.lifecycle import FIRST, Trigger
from ordering.mails import write_mail
from ordering.pricing import PricedBasket, PricedReduction
from ordering.refusals import InvalidInput
from ordering.terms import Terms
from ordering.withdrawal_terms import withdrawable_until
from texts import mark

#: Ten digits, the first of them not 0.
_SMALLEST_NUMBER: Final = 10**9
_NUMBERS: Final = 9 * 10**9
#: How many pieces of how many products one order may hold.
MOST_LINES, MOST_PIECES = 50, 1000


@dataclass(frozen=True, slots=True)
class LineRequest:
    product_code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PlaceRequest:
    lines: Sequence[LineRequest]
    voucher_code: str | None = None
    waive_withdrawal: bool = False

    def as_dict(self) -> Mapping[str, Any]:
        """What an idempotency key stands for."""
        lines = [[line.product_code, line.quantity] for line in self.lines]
        return {"lines": lines, "voucher": self.voucher_code, "waive": self.waive_withdrawal}


async def place_order(database: Database, request: PlaceRequest, *, by: Actor, key: Key, terms: Terms) -> Outcome:
    """Makes an order of a basket; the outcome's subject is the order. The same key never makes a second one.

    Refusals: InvalidInput, ProductNotAvailable, VoucherNotUsable, IdempotencyMismatch."""

    async def place(tx: Transaction) -> UUID:
        return (await create_order(tx, request, by=by, terms=terms)).id

    return await once(database, key, place)


async def create_order(tx: Transaction, request: PlaceRequest, *, by: Actor, terms: Terms) -> Order:
    """The order itself, in the caller's transaction."""
    _check(request)
    customer = await tx.session.get_one(Account, by.account_id)
    basket = await fill_basket(tx, request.lines, request.voucher_code, customer=customer, terms=terms)
    _check_waiver(customer, basket, request)
    order = await _new_order(tx, customer, basket, request, terms)
    record_creation(tx, order, by=by)
    await tx.session.flush()
    tx.session.add_all(_rows_of(order.id, basket.priced))
    write_mail(tx, MailKind.ORDER_PLACED, order)
    if order.total == 0:
        await advance(tx, order, Trigger.PAY, by=SYSTEM)
    return order


def _check(request: PlaceRequest) -> None:
    if not 1 <= len(request.lines) <= MOST_LINES:
        raise InvalidInput(why=mark("An order has 1 to 50 lines."), path=["lines"])
    for index, line in enumerate(request.lines):
        if not 1 <= line.quantity <= MOST_PIECES:
            why = mark("A quantity is between 1 and 1000.")
            raise InvalidInput(why=why, path=["lines", str(index), "quantity"])


def _check_waiver(customer: Account, basket: Basket, request: PlaceRequest) -> None:
    if customer.account_type is AccountType.INDIVIDUAL and not basket.withdrawable and not request.waive_withdrawal:
        why = mark("The basket has a product that one cannot withdraw from: waive that right to order it.")
        raise InvalidInput(why=why, path=["waiveWithdrawal"])


async def _new_order(tx: Transaction, customer: Account, basket: Basket, request: PlaceRequest, terms: Terms) -> Order:
    priced = basket.priced
    return Order(
        id=uuid7(),
        number=await _free_number(tx),
        customer_id=customer.id,
        status=FIRST,
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
        expires_at=tx.now + terms.payment_deadline,
        currency=priced.currency,
        subtotal=priced.subtotal,
        total_without_tax=priced.total_without_tax,
        tax=priced.tax,
        total=priced.total,
        reverse_charge=basket.reverse_charge,
        voucher_id=basket.voucher_id,
        billing=billing_details(customer),
        withdrawal_waived=request.waive_withdrawal,
        withdrawable_until=withdrawable_until(
            placed_at=tx.now,
            account_type=customer.profile.account_type,
            all_withdrawable=basket.withdrawable,
            waived=request.waive_withdrawal,
            working_days=terms.working_days,
        ),
        delivery_minutes=basket.delivery_minutes,
    )


def billing_details(customer: Account) -> dict[str, Any]:
    """As they are now; an order keeps them whatever becomes of the account."""
    return {
        "name": customer.name,
        "organisation": customer.organisation,
        "vat_number": customer.vat_number,
        "address_lines": customer.address_lines,
        "postal_code": customer.postal_code,
        "city": customer.city,
        "country": customer.country,
        "email": customer.email,
    }


async def _free_number(tx: Transaction) -> int:
    """Random; a unique constraint stands behind it for the case that two take the same one at once."""
    while True:
        number = _SMALLEST_NUMBER + randbelow(_NUMBERS)
        taken = sa.select(sa.exists().where(col(Order.number) == number))
        if not (await tx.session.execute(taken)).scalar_one():
            return number


def _rows_of(order_id: UUID, priced: PricedBasket) -> list[OrderLine | OrderReduction | OrderTax]:
    rows: list[OrderLine | OrderReduction | OrderTax] = []
    for line in priced.lines:
        rows.append(
            OrderLine(
                order_id=order_id,
                position=line.position,
                product_id=line.product_id,
                description=line.description,
                quantity=line.quantity,
                unit_price=line.unit_price,
                total_without_tax=line.total_without_tax,
                tax_rate=line.tax_rate,
                period_days=line.period_days,
            )
        )
        rows += _reduction_rows(order_id, line.position, line.reductions)
    rows += _reduction_rows(order_id, 0, priced.reductions)
    rows += [OrderTax(order_id=order_id, rate=tax.rate, base=tax.base, amount=tax.amount) for tax in priced.taxes]
    return rows


def _reduction_rows(order_id: UUID, line_position: int, reductions: Sequence[PricedReduction]) -> list[OrderReduction]:
    return [
        OrderReduction(
            order_id=order_id,
            line_position=line_position,
            position=position,
            kind=reduction.kind,
            label=reduction.label,
            code=reduction.code,
            amount=reduction.amount,
            percentage=reduction.percentage,
        )
        for position, reduction in enumerate(reductions, start=1)
    ]
