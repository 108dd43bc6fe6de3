"""What a mail of the outbox speaks of: its order and customer as they are now, and what only the mail knows."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateways.mail import MailContext
from gateways.transfer import TransferDetails
from models.account import Account
from models.document import DocumentKind, Invoice, InvoiceKind
from models.mail import Mail, MailKind
from models.money import Money
from models.order import Order


async def mail_context(session: AsyncSession, mail: Mail, *, public_url: str, seller_name: str) -> MailContext:
    """In one statement for the order and its customer, and one for the invoice or credit note it may link to."""
    query = (
        sa.select(col(Order.number), col(Order.currency), col(Order.total), col(Order.expires_at), col(Account.name))
        .join(Account, col(Account.id) == col(Order.customer_id))
        .where(col(Order.id) == mail.order_id)
    )
    order = (await session.execute(query)).one()
    details: dict[str, Any] = mail.details
    due_at, refund, transfer = details.get("due_at"), details.get("amount"), details.get("transfer")
    return MailContext(
        order_number=str(order.number),
        customer_name=order.name,
        seller_name=seller_name,
        total=Money(order.currency, order.total),
        order_url=f"{public_url}/orders/{order.number}.html",
        expires_at=order.expires_at,
        invoice_url=await _invoice_url(session, mail, public_url),
        documents=tuple(DocumentKind(kind) for kind in details.get("documents", ())),
        message=details.get("message"),
        due_at=datetime.fromisoformat(due_at) if due_at else None,
        access_details=details.get("access_details"),
        reason=details.get("reason"),
        refund=None if refund is None else Money(details.get("currency", order.currency), refund),
        by_transfer=details.get("by_transfer", False),
        transfer=TransferDetails(**transfer) if transfer else None,
    )


async def _invoice_url(session: AsyncSession, mail: Mail, public_url: str) -> str | None:
    wanted = {MailKind.ORDER_COMPLETE: InvoiceKind.INVOICE, MailKind.REFUNDED: InvoiceKind.CREDIT_NOTE}.get(mail.kind)
    if wanted is None:
        return None
    query = sa.select(Invoice).where(col(Invoice.order_id) == mail.order_id, col(Invoice.kind) == wanted)
    if mail.kind is MailKind.REFUNDED:
        refund_id = mail.details.get("refund_id")
        query = query.where(col(Invoice.refund_id) == (refund_id and UUID(refund_id)))
    invoice = (await session.execute(query.order_by(col(Invoice.id).desc()).limit(1))).scalar_one_or_none()
    return None if invoice is None else f"{public_url}/invoices/{invoice.reference}.pdf"
