"""Invoices and credit notes: numbered without a hole, in the transaction of what they document."""

from dataclasses import asdict

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from models.database import Transaction, insert_into
from models.document import Invoice, InvoiceKind, InvoiceSeries
from models.order import Order
from models.payment import Refund
from ordering.terms import SellerDetails


async def issue_invoice(tx: Transaction, order: Order, *, seller: SellerDetails) -> Invoice:
    """The invoice over the whole order, once it is complete."""
    series = f"F{tx.now.year}"
    invoice = Invoice(
        id=uuid7(),
        kind=InvoiceKind.INVOICE,
        series=series,
        number=await _next_number(tx, series),
        order_id=order.id,
        issued_at=tx.now,
        amount=order.total,
        seller=asdict(seller),
    )
    tx.session.add(invoice)
    return invoice


async def issue_credit_note(tx: Transaction, order: Order, refund: Refund) -> None:
    """For money that went back after the invoice; without an invoice there is nothing to correct."""
    query = sa.select(Invoice).where(col(Invoice.order_id) == order.id, col(Invoice.kind) == InvoiceKind.INVOICE)
    invoice = (await tx.session.execute(query)).scalar_one_or_none()
    if invoice is None:
        return
    series = f"A{tx.now.year}"
    tx.session.add(
        Invoice(
            id=uuid7(),
            kind=InvoiceKind.CREDIT_NOTE,
            series=series,
            number=await _next_number(tx, series),
            order_id=order.id,
            refund_id=refund.id,
            issued_at=tx.now,
            amount=refund.amount,
            seller=invoice.seller,
        )
    )


async def _next_number(tx: Transaction, series: str) -> int:
    """One above the last; the series stays locked until this transaction ends, so that none is ever skipped."""
    first = insert_into(tx.session, InvoiceSeries).values(series=series, last=1)
    counted = first.on_conflict_do_update(index_elements=["series"], set_={"last": InvoiceSeries.last + 1})
    return int((await tx.session.execute(counted.returning(col(InvoiceSeries.last)))).scalar_one())
