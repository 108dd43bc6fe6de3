"""Money whose way is not certain yet: attempts that the provider has not decided, refunds that it has not paid out."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from duties.rounds import Round
from gateways.payments import PaymentProvider
from models.database import Database
from models.payment import Payment, Refund, RefundStatus
from ordering.paying_out import settle_refund
from ordering.reconciling import settle_payment
from ordering.sources import AT_PROVIDER
from ordering.taking import OPEN


def settlement_rounds(database: Database, provider: PaymentProvider) -> list[Round]:
    async def in_doubt() -> sa.Select[UUID]:
        return sa.select(col(Payment.id)).where(
            col(Payment.status).in_(OPEN),
            col(Payment.kind).in_(AT_PROVIDER),
            col(Payment.next_check_at) <= await database.moment(),
        )

    async def settle(payment_id: UUID) -> None:
        await settle_payment(database, provider, payment_id)

    async def promised() -> sa.Select[UUID]:
        return sa.select(col(Refund.id)).where(
            col(Refund.status) == RefundStatus.PENDING, col(Refund.next_try_at) <= await database.moment()
        )

    async def pay_out(refund_id: UUID) -> None:
        await settle_refund(database, provider, refund_id)

    return [
        Round(database, "ask after payments", in_doubt, settle),
        Round(database, "pay out refunds", promised, pay_out),
    ]
