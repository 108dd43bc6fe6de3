"""Our accounts as customers at Stripe, to whom saved methods belong there."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from gateways.failpoints import reached
from gateways.payments.stripe.client import Client, asking
from models.database import Database, insert_into
from models.stripe import StripeCustomer


class Customers:
    """`live`: real customers and those of test mode are strangers to each other."""

    def __init__(self, database: Database, client: Client, *, live: bool) -> None:
        self._database = database
        self._client = client
        self._live = live

    async def reference(self, account_id: UUID) -> str:
        """Made at the first use, once even where two need it at the same time."""
        known = await self.known(account_id)
        if known is not None:
            return known
        reached("customer.asking")
        async with asking():
            made = await self._client.v1.customers.create_async(
                {"metadata": {"account": str(account_id)}}, {"idempotency_key": f"customer-{account_id}"}
            )
        reached("customer.answered")
        row = {"account_id": account_id, "live": self._live, "reference": made.id}
        async with self._database.writing() as tx:
            await tx.session.execute(insert_into(tx.session, StripeCustomer).values(row).on_conflict_do_nothing())
            reached("customer.recording")
        reached("customer.recorded")
        return await self.known(account_id) or made.id

    async def known(self, account_id: UUID) -> str | None:
        """None where it has never been needed."""
        query = sa.select(col(StripeCustomer.reference)).filter_by(account_id=account_id, live=self._live)
        async with self._database.reading() as session:
            return (await session.execute(query)).scalar_one_or_none()
