"""Cancelling an order that has not been paid, by its customer or by staff."""

from uuid import UUID

from gateways.payments import PaymentProvider, ProviderUnavailable
from models.database import Database
from models.mail import MailKind
from ordering.actions import OrderAction, PaymentInProgress
from ordering.actors import Actor
from ordering.history import advance
from ordering.lifecycle import Trigger
from ordering.mails import write_mail
from ordering.settling import open_attempt, release_attempt
from ordering.taking import take_order_for


async def cancel_order(
    database: Database,
    provider: PaymentProvider,
    *,
    order_id: UUID,
    reason: str | None,
    by: Actor,
    expected_version: int | None = None,
) -> None:
    """An attempt to pay that waits for the customer is ended at the provider first; if it proves to be paid, the
    order goes on instead. Raises NotFound, VersionConflict, PaymentInProgress or IllegalTransition."""
    async with database.writing() as tx:
        _, payments = await take_order_for(tx, OrderAction.CANCEL, order_id, by=by, expected_version=expected_version)
    if waiting := open_attempt(payments):
        try:
            await release_attempt(database, provider, waiting)
        except ProviderUnavailable:
            raise PaymentInProgress from None
        expected_version = None  # our own doing has moved it
    async with database.writing() as tx:
        order, payments = await take_order_for(
            tx, OrderAction.CANCEL, order_id, by=by, expected_version=expected_version
        )
        if open_attempt(payments):  # begun while the other one was being ended
            raise PaymentInProgress
        await advance(tx, order, Trigger.CANCEL, by=by, reason=reason)
        await write_mail(tx, MailKind.ORDER_CANCELLED, order, reason=reason)
