"""Refusing an order: staff do not accept it or cannot deliver it; what was paid goes back."""

from uuid import UUID

from gateways.failpoints import reached
from models.database import Transaction
from models.mail import MailKind
from models.order import Order
from ordering.actions import OrderAction
from ordering.actors import Actor
from ordering.documents import close_request
from ordering.history import advance
from ordering.lifecycle import Trigger
from ordering.mails import write_mail
from ordering.refunds import refund_all
from ordering.taking import take_order_for


async def refuse_order(
    tx: Transaction, *, order_id: UUID, reason: str, by: Actor, expected_version: int | None = None
) -> Order:
    """The customer is shown the reason. Raises NotFound, VersionConflict or IllegalTransition."""
    order, payments = await take_order_for(tx, OrderAction.REFUSE, order_id, by=by, expected_version=expected_version)
    await advance(tx, order, Trigger.REFUSE, by=by, reason=reason)
    await close_request(tx, order)
    write_mail(tx, MailKind.ORDER_CANCELLED, order, reason=reason)
    await refund_all(tx, order, payments, by=by, reason=reason)
    reached("refuse.recording")
    return order
