"""Invoices and credit notes: numbered without a hole, in the transaction of what they document."""

from dataclasses import asdict
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from models.database import Transaction, insert_into
from models.document import Invoice, InvoiceKind, InvoiceSeries
from models.order import Order
from models.payment import Payment, Refund, RefundStatus
from ordering.terms import SellerDetails
from ordering.working_days import WorkingDays


async def issue_invoice(tx: Transaction, order: Order, *, seller: SellerDetails) -> Invoice:
    """The invoice over the whole order, once it is complete, and a credit note for each refund made before it."""
    series = _series("F", tx, seller.country)
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
    for refund in await _refunds_made(tx, order):
        await issue_credit_note(tx, order, refund)
    return invoice


async def issue_credit_note(tx: Transaction, order: Order, refund: Refund) -> None:
    """For money that went back, except what was paid above the total, which no invoice asked for. Without an invoice
    there is nothing to correct yet: it is made up for with that. A refund that came back has one already, which serves
    for the one that makes it good as well."""
    if refund.overpaid or await has_credit_note(tx, refund.id):
        return
    query = sa.select(Invoice).where(col(Invoice.order_id) == order.id, col(Invoice.kind) == InvoiceKind.INVOICE)
    invoice = (await tx.session.execute(query)).scalar_one_or_none()
    if invoice is None:
        return
    series = _series("A", tx, invoice.seller["country"])
    tx.session.add(
        Invoice(
            id=uuid7(),
            kind=InvoiceKind.CREDIT_NOTE,
            series=series,
            number=await _next_number(tx, series),
            order_id=order.id,
            refund_id=refund.id,
            issued_at=tx.now,
            amount=refund.given_otherwise or refund.amount,
            seller=invoice.seller,
        )
    )


async def has_credit_note(tx: Transaction, refund_id: UUID) -> bool:
    """It, or one that it made good itself."""
    earlier = sa.select(col(Refund.id), col(Refund.replaces)).where(col(Refund.id) == refund_id).cte(recursive=True)
    before = sa.select(col(Refund.id), col(Refund.replaces)).join(earlier, earlier.c.replaces == col(Refund.id))
    chain = sa.select(earlier.union_all(before).c.id)
    return bool(
        (await tx.session.execute(sa.select(sa.exists().where(col(Invoice.refund_id).in_(chain))))).scalar_one()
    )


def _series(letter: str, tx: Transaction, country: str) -> str:
    """A year's, as it is told where the seller is."""
    return f"{letter}{WorkingDays(country).local_day(tx.now).year}"


async def _refunds_made(tx: Transaction, order: Order) -> list[Refund]:
    """Oldest first."""
    query = (
        sa.select(Refund)
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(col(Payment.order_id) == order.id)
        .where(sa.or_(col(Refund.status) == RefundStatus.SUCCEEDED, col(Refund.given_otherwise) > 0))
        .order_by(col(Refund.created_at), col(Refund.id))
    )
    return list((await tx.session.execute(query)).scalars())


async def _next_number(tx: Transaction, series: str) -> int:
    """One above the last; the series stays locked until this transaction ends, so that none is ever skipped."""
    first = insert_into(tx.session, InvoiceSeries).values(series=series, last=1)
    counted = first.on_conflict_do_update(index_elements=["series"], set_={"last": InvoiceSeries.last + 1})
    return int((await tx.session.execute(counted.returning(col(InvoiceSeries.last)))).scalar_one())
