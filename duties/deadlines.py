"""What time brings to orders: reminders, expiry, late documents, transfers that did not arrive."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from duties.rounds import Round
from gateways.failpoints import reached
from gateways.payments import PaymentProvider
from models.database import Database
from models.document import DocumentRequest
from models.payment import Payment, PaymentMethodKind, PaymentStatus
from ordering.documents import miss_documents
from ordering.expiring import expire_order, orders_to_expire, orders_to_remind, remind_of_expiry
from ordering.terms import Terms
from ordering.transfers import give_up_transfer


def deadline_rounds(database: Database, provider: PaymentProvider, terms: Terms) -> list[Round]:
    async def expiring() -> sa.Select[UUID]:
        return orders_to_expire(await database.moment())

    async def expire(order_id: UUID) -> None:
        await expire_order(database, provider, order_id)

    async def to_remind() -> sa.Select[UUID]:
        return orders_to_remind(await database.moment(), terms)

    async def remind(order_id: UUID) -> None:
        async with database.writing() as tx:
            await remind_of_expiry(tx, order_id)

    async def late() -> sa.Select[UUID]:
        return sa.select(col(DocumentRequest.order_id)).where(
            col(DocumentRequest.closed_at).is_(None), col(DocumentRequest.due_at) <= await database.moment()
        )

    async def miss(order_id: UUID) -> None:
        async with database.writing() as tx:
            await miss_documents(tx, order_id=order_id)

    async def overdue() -> sa.Select[UUID]:
        return sa.select(col(Payment.id)).where(
            col(Payment.kind) == PaymentMethodKind.BANK_TRANSFER,
            col(Payment.status) == PaymentStatus.PENDING,
            col(Payment.next_check_at) <= await database.moment(),
        )

    async def give_up(payment_id: UUID) -> None:
        async with database.writing() as tx:
            await give_up_transfer(tx, payment_id=payment_id)
        reached("transfer.given_up")

    return [
        Round(database, "remind of expiry", to_remind, remind),
        Round(database, "give up late transfers", overdue, give_up),
        Round(database, "expire orders", expiring, expire),
        Round(database, "cancel for late documents", late, miss),
    ]
