"""Payment methods that their owners are saving: the provider is asked after them, whether they come back or not."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from duties.rounds import Round
from gateways.payments import PaymentProvider
from models.database import Database
from models.payment import PaymentMethod
from ordering.verifying import verify_method


def verification_rounds(database: Database, provider: PaymentProvider) -> list[Round]:
    async def waiting() -> sa.Select[UUID]:
        return sa.select(col(PaymentMethod.id)).where(col(PaymentMethod.next_check_at) <= await database.moment())

    async def verify(method_id: UUID) -> None:
        await verify_method(database, provider, method_id)

    return [Round(database, "ask after payment methods", waiting, verify)]
