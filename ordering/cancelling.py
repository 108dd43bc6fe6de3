"""Cancelling an order that has not been paid, by its customer or by staff."""

from uuid import UUID

from gateways.failpoints import reached
from gateways.payments import PaymentProvider, ProviderUnavailable
from models.database import Database
from models.mail import MailKind
from models.payment import PaymentStatus
from ordering.actions import OrderAction, PaymentInProgress
from ordering.actors import Actor
from ordering.basket import give_voucher_back
from ordering.history import advance
from ordering.lifecycle import Trigger
from ordering.mails import write_mail
from ordering.reconciling import release_attempt
from ordering.settling import end_attempt, open_attempt
from ordering.sources import AT_PROVIDER
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
    order goes on instead. An announced transfer ends with the order.

    Raises NotFound, VersionConflict, PaymentInProgress or IllegalTransition."""
    reached("cancel.asked")
    async with database.writing() as tx:
        _, payments = await take_order_for(tx, OrderAction.CANCEL, order_id, by=by, expected_version=expected_version)
    waiting = open_attempt(payments)
    if waiting is not None and waiting.kind in AT_PROVIDER:
        try:
            await release_attempt(database, provider, waiting)
        except ProviderUnavailable:
            raise PaymentInProgress from None
        expected_version = None  # our own doing has moved it
    async with database.writing() as tx:
        order, payments = await take_order_for(
            tx, OrderAction.CANCEL, order_id, by=by, expected_version=expected_version
        )
        left = open_attempt(payments)
        if left is not None and left.kind in AT_PROVIDER:  # begun while the other one was being ended
            raise PaymentInProgress
        if left is not None:
            end_attempt(tx, left, PaymentStatus.CANCELLED)
        await advance(tx, order, Trigger.CANCEL, by=by, reason=reason)
        await give_voucher_back(tx, order)
        write_mail(tx, MailKind.ORDER_CANCELLED, order, reason=reason)
        reached("cancel.recording")
    reached("cancel.recorded")
