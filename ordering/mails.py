"""Writing a mail to an order's customer, in the transaction of the change that it tells of."""

from typing import Any

from uuid_utils.compat import uuid7

from models.account import Account
from models.database import Transaction
from models.mail import Mail, MailKind
from models.order import Order


async def write_mail(tx: Transaction, kind: MailKind, order: Order, **details: Any) -> None:
    """`details`: what only this mail knows, as JSON; erased once it is sent."""
    customer = await tx.session.get_one(Account, order.customer_id)
    tx.session.add(
        Mail(
            id=uuid7(),
            kind=kind,
            order_id=order.id,
            recipient=customer.email,
            language=customer.language,
            details={name: value for name, value in details.items() if value is not None},
            created_at=tx.now,
            next_try_at=tx.now,
        )
    )
