"""What staff and the system do with an order of the demo, each by the real operation."""

import sqlalchemy as sa
from sqlmodel import col

from demo.papers import WANTED
from demo.purchase import Act, Purchase
from gateways.statements import Credit, Statement
from models.money import Money
from models.order import Order
from models.payment import Payment, PaymentMethodKind, Refund, RefundStatus
from ordering import documents
from ordering.cancelling import cancel_order
from ordering.completing import complete_order
from ordering.confirming import confirm_order
from ordering.expiring import expire_order, remind_of_expiry
from ordering.importing import import_statement
from ordering.paying_out import mark_refund_sent, settle_refund
from ordering.references import reference_of
from ordering.refunding import RefundRequest, refund_payment
from ordering.refusing import refuse_order
from ordering.transfers import give_up_transfer, record_bank_transfer


async def confirm(purchase: Purchase) -> None:
    async with purchase.world.database.writing() as tx:
        await confirm_order(tx, order_id=purchase.order_id, by=purchase.world.staff)


async def complete(purchase: Purchase) -> None:
    world = purchase.world
    link = f"https://panel.example.net/activate/{purchase.random.getrandbits(64):016x}"
    async with world.database.writing() as tx:
        await complete_order(tx, order_id=purchase.order_id, access_details=link, by=world.staff, terms=world.terms)


async def ask_for_documents(purchase: Purchase) -> None:
    world = purchase.world
    async with world.database.writing() as tx:
        await documents.request_documents(
            tx,
            order_id=purchase.order_id,
            documents=WANTED[purchase.customer.account_type],
            message="We could not match the billing address. Please send us these documents.",
            by=world.staff,
            terms=world.terms,
        )


async def miss_documents(purchase: Purchase) -> None:
    async with purchase.world.database.writing() as tx:
        await documents.miss_documents(tx, order_id=purchase.order_id)


def refuse(reason: str) -> Act:
    async def act(purchase: Purchase) -> None:
        async with purchase.world.database.writing() as tx:
            await refuse_order(tx, order_id=purchase.order_id, reason=reason, by=purchase.world.staff)

    return act


def cancel_for_customer(reason: str) -> Act:
    async def act(purchase: Purchase) -> None:
        world = purchase.world
        await cancel_order(world.database, world.provider, order_id=purchase.order_id, reason=reason, by=world.staff)

    return act


def refund(reason: str, *, percent: int) -> Act:
    """Of the last payment, at least one minor unit."""

    async def act(purchase: Purchase) -> None:
        world = purchase.world
        async with world.database.reading() as session:
            payment = await session.get_one(Payment, purchase.payment_id)
        amount = Money(payment.currency, max(payment.amount * percent // 100, 1)).amount
        request = RefundRequest(payment.id, str(amount), reason)
        key = purchase.key("refundPayment", request)
        await refund_payment(world.database, world.provider, request, by=world.staff, key=key)

    return act


async def record_transfer(purchase: Purchase) -> None:
    async with purchase.world.database.writing() as tx:
        await record_bank_transfer(tx, payment_id=purchase.payment_id, by=purchase.world.staff)


async def import_short_transfer(purchase: Purchase) -> None:
    """A statement that says that less has arrived than was asked for: it is held for staff."""
    world = purchase.world
    async with world.database.reading() as session:
        order = await session.get_one(Order, purchase.order_id)
    arrived = Money(order.currency, max(order.total * 95 // 100, 1))
    name, text = f"demo {order.number}", reference_of(order.number)
    credit = Credit.of(name, world.clock.now.date(), arrived, text=text, name=order.billing["name"], account=None)
    await import_statement(world.database, Statement((credit,), ignored=0), by=world.staff)


async def give_up_waiting(purchase: Purchase) -> None:
    async with purchase.world.database.writing() as tx:
        await give_up_transfer(tx, payment_id=purchase.payment_id)


async def pay_out_refunds(purchase: Purchase) -> None:
    """The provider what it holds, people what came by transfer."""
    query = (
        sa.select(col(Refund.id), col(Payment.kind))
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(col(Payment.order_id) == purchase.order_id, col(Refund.status) == RefundStatus.PENDING)
    )
    async with purchase.world.database.reading() as session:
        waiting = (await session.execute(query)).all()
    for refund_id, kind in waiting:
        if kind is PaymentMethodKind.BANK_TRANSFER:
            async with purchase.world.database.writing() as tx:
                await mark_refund_sent(tx, refund_id=refund_id, by=purchase.world.staff)
        else:
            await settle_refund(purchase.world.database, purchase.world.provider, refund_id)


async def remind(purchase: Purchase) -> None:
    async with purchase.world.database.writing() as tx:
        await remind_of_expiry(tx, purchase.order_id)


async def expire(purchase: Purchase) -> None:
    await expire_order(purchase.world.database, purchase.world.provider, purchase.order_id)
