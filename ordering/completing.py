"""Completing an order: it is delivered, its access details are mailed and its invoice is issued."""

from uuid import UUID

from models.database import Transaction
from models.mail import MailKind
from models.order import Order
from ordering.actions import OrderAction
from ordering.actors import Actor
from ordering.history import advance
from ordering.invoicing import issue_invoice
from ordering.lifecycle import Trigger
from ordering.mails import write_mail
from ordering.taking import take_order_for
from ordering.terms import Terms


async def complete_order(
    tx: Transaction,
    *,
    order_id: UUID,
    access_details: str | None,
    by: Actor,
    terms: Terms,
    expected_version: int | None = None,
) -> Order:
    """`access_details` go into the mail alone. Raises NotFound, VersionConflict or IllegalTransition."""
    order, _ = await take_order_for(tx, OrderAction.COMPLETE, order_id, by=by, expected_version=expected_version)
    await advance(tx, order, Trigger.COMPLETE, by=by)
    await issue_invoice(tx, order, seller=terms.seller)
    write_mail(tx, MailKind.ORDER_COMPLETE, order, access_details=access_details)
    return order
