"""Importing bank statements: money that says what it is for settles its order, all else is held for staff.

A line is taken once, whoever uploads it and however often: its name is inserted first, and the one who inserts it goes
on. Each chunk is a transaction of its own with the same number of statements for one line as for all of them; what a
crash leaves out is taken when the same file is imported again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.failpoints import reached
from gateways.statements import Credit, Statement
from models.account import Account
from models.database import Database, Transaction, insert_into
from models.held import HeldPayment, HeldReason, StatementLine
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentMethodKind
from ordering.actors import Actor
from ordering.card_numbers import hide_card_numbers
from ordering.history import know_sequences
from ordering.ledger import book_held
from ordering.lifecycle import PAID
from ordering.references import numbers_in
from ordering.settling import open_attempt, receive
from ordering.taking import take_orders, write_orders
from ordering.transfers import transfer_for

#: Lines of one transaction: others who write, and all who are served meanwhile, wait no longer than it takes.
CHUNK: Final = 100
SOURCE: Final = "bank_statement"

#: An order with all attempts to pay it.
_Order = tuple[Order, list[Payment]]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many lines settled their order, are held, had been taken before, and are no money received."""

    settled: int = 0
    held: int = 0
    known: int = 0
    ignored: int = 0


async def import_statement(database: Database, statement: Statement, *, by: Actor) -> Imported:
    """The same statement may be imported any number of times, and by several at once."""
    settled = held = 0
    reached("import.asked")
    for start in range(0, len(statement.credits), CHUNK):
        async with database.writing() as tx:
            here = await _import(tx, statement.credits[start : start + CHUNK], by=by)
        reached("import.recorded")
        settled, held = settled + here[0], held + here[1]
    return Imported(settled, held, len(statement.credits) - settled - held, statement.ignored)


async def _import(tx: Transaction, credits: Sequence[Credit], *, by: Actor) -> tuple[int, int]:
    """How many were settled, and how many held."""
    new = await _take_new(tx, credits, by)
    meant = {credit.external_id: numbers_in(credit.text) for credit in new}
    orders = await take_orders(tx, set().union(*meant.values()))
    # Kept until the end: what is in the session already is not read again for each of the mails.
    customers = await _customers_of(tx, orders)
    await know_sequences(tx, [order for order, _ in orders.values()])
    paid, held = [], []
    for credit in new:
        named = [orders[number] for number in meant[credit.external_id] if number in orders]
        reason = why_held(credit, named)
        if reason is None:
            order, payments = named[0]
            payment = transfer_for(tx, order, payments)
            await receive(tx, order, payment, by=by)
            paid.append({"external_id": credit.external_id, "payment_id": payment.id})
        else:
            held.append(held_of(tx, credit, reason, named[0][0] if len(named) == 1 else None))
    await write_orders(tx, [order for order, _ in orders.values()])
    tx.session.add_all(held)
    for each in held:
        book_held(tx, each)
    await tx.session.flush()
    if paid:
        await tx.session.execute(sa.update(StatementLine), paid)
    del customers
    reached("import.recording")
    return len(paid), len(held)


def why_held(credit: Credit, named: Sequence[_Order]) -> HeldReason | None:
    """Why a line does not settle an order by itself; None where it does. `named`: the orders that it refers to."""
    if credit.reversal:
        return HeldReason.REVERSAL
    if len(named) != 1:
        return HeldReason.SEVERAL_REFERENCES if named else HeldReason.UNKNOWN_REFERENCE
    order, payments = named[0]
    if order.status in PAID:
        return HeldReason.ALREADY_PAID
    if order.status is not OrderStatus.UNPAID:
        return HeldReason.ORDER_ENDED
    other = open_attempt(payments)
    if other is not None and other.kind is not PaymentMethodKind.BANK_TRANSFER:
        return HeldReason.PAYMENT_IN_PROGRESS
    if credit.amount.currency != order.currency:
        return HeldReason.WRONG_CURRENCY
    if credit.amount.minor != order.total:
        return HeldReason.UNDERPAID if credit.amount.minor < order.total else HeldReason.OVERPAID
    return None


async def _take_new(tx: Transaction, credits: Sequence[Credit], by: Actor) -> list[Credit]:
    """Those that nobody has taken before. Whoever is just taking the same ones is waited for, and in the same order
    by everyone."""
    by_name = {credit.external_id: credit for credit in sorted(credits, key=lambda each: each.external_id)}
    if not by_name:
        return []
    rows = [
        {
            "external_id": name,
            "booked_on": credit.booked_on,
            "amount": credit.amount.minor,
            "currency": credit.amount.currency,
            "imported_at": tx.now,
            "imported_by": by.account_id,
        }
        for name, credit in by_name.items()
    ]
    taken = insert_into(tx.session, StatementLine).on_conflict_do_nothing().returning(col(StatementLine.external_id))
    # On the connection, for which the statement is made once and not anew for each number of rows.
    new = set((await (await tx.session.connection()).execute(taken, rows)).scalars())
    return [credit for credit in credits if credit.external_id in new and by_name[credit.external_id] is credit]


async def _customers_of(tx: Transaction, orders: Mapping[int, _Order]) -> list[Account]:
    ids = {order.customer_id for order, _ in orders.values()}
    return list((await tx.session.execute(sa.select(Account).where(col(Account.id).in_(ids)))).scalars())


def held_of(
    tx: Transaction, credit: Credit, reason: HeldReason, order: Order | None, *, source: str = SOURCE
) -> HeldPayment:
    """What the payer wrote, without card numbers; the bank's name for it as it is, since the line is known again by
    that."""
    return HeldPayment(
        id=uuid7(),
        source=source,
        external_id=credit.external_id,
        amount=credit.amount.minor,
        currency=credit.amount.currency,
        text=hide_card_numbers(credit.text),
        payer_name=hide_card_numbers(credit.payer_name or "") or None,
        payer_account=hide_card_numbers(credit.payer_account or "") or None,
        booked_on=credit.booked_on,
        reason=reason,
        order_id=order.id if order else None,
        held_at=tx.now,
    )
