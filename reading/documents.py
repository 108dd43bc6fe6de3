"""What the documents of an order show: its purchase order, its invoice, its credit notes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from access.principal import Principal
from gateways.documents import METHOD_LABELS, Charges, InvoiceDocument, Party, PaymentMethodLine, PurchaseOrderDocument
from gateways.documents import Seller as PrintedSeller
from gateways.payments import PaymentProvider
from gateways.transfer import TransferDetails
from models.account import Profile
from models.document import Invoice, InvoiceKind
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentMethod, PaymentStatus, Refund
from ordering.eligibility import REASONS, available_kinds
from ordering.expiring import has_expired
from ordering.references import instructions_for
from ordering.sources import Payer
from ordering.taking import SETTLED
from ordering.terms import BankAccount, SellerDetails
from ordering.transfers import awaits_transfer
from reading import batches
from reading.charges import charges_of, credited
from reading.orders import EVERY_COLUMN, find_order
from reading.scope import visible_orders
from texts import mark, translate

_REFERENCE: Final = re.compile(r"([FA]\d{4})-(\d{6,18})", re.ASCII)
_REFUND: Final = mark("Refund on order {number}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a document, in which language (BCP 47), and in which zone its moments are told."""

    principal: Principal
    language: str
    timezone: tzinfo

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.timezone)


async def purchase_order(
    session: AsyncSession,
    reader: Reader,
    number: str,
    provider: PaymentProvider,
    *,
    seller: SellerDetails,
    bank: BankAccount,
    now: datetime,
) -> PurchaseOrderDocument | None:
    """None where there is no such order that the reader may see."""
    order = await find_order(session, reader.principal, EVERY_COLUMN, number=number)
    if order is None:
        return None
    payments = (await batches.payments_of(session, [order.id])).get(order.id, [])
    unpaid = order.status is OrderStatus.UNPAID
    under_way = any(payment.status is PaymentStatus.PENDING for payment in payments)
    told = instructions_for(order, bank) if unpaid and awaits_transfer(payments) else None
    account = (await batches.accounts_by_id(session, [order.customer_id]))[order.customer_id]
    profile = Profile(account.account_type, account.country, account.currency)
    methods = await _saved_methods(session, reader, order, profile, provider, now)
    offers = available_kinds(country=profile.country, account_type=profile.account_type, currency=order.currency)
    return PurchaseOrderDocument(
        number=str(order.number),
        status=order.status,
        created_at=reader.local(order.created_at),
        expires_at=reader.local(order.expires_at),
        expired=has_expired(order, payments, now=now),
        language=reader.language,
        seller=_seller(seller.name, seller.address_lines, seller.country, seller.vat_number),
        billing=_party(order.billing),
        charges=await _charges(session, order),
        pdf_url=f"/orders/{order.number}.pdf",
        saved_methods=methods,
        available_methods=tuple(offer.kind for offer in offers),
        payment_under_way=unpaid and under_way,
        transfer=TransferDetails(told.holder, told.iban, told.bic, told.reference) if told else None,
    )


async def invoice(session: AsyncSession, reader: Reader, reference: str) -> InvoiceDocument | None:
    """An invoice or a credit note; None where there is no such document of an order that the reader may see."""
    matched = _REFERENCE.fullmatch(reference)
    if matched is None:
        return None
    order_columns = sa.inspect(Order).local_table.c
    query = (
        sa.select(Invoice, *order_columns)
        .join(Order, order_columns.id == col(Invoice.order_id))
        .where(col(Invoice.series) == matched[1], col(Invoice.number) == int(matched[2]))
        .where(visible_orders(reader.principal))
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    return await _invoice(session, reader, found[0], found)


async def _invoice(session: AsyncSession, reader: Reader, document: Invoice, order: Any) -> InvoiceDocument:
    charges = await _charges(session, order)
    note = document.kind is InvoiceKind.CREDIT_NOTE
    if note:
        description = translate(_REFUND, reader.language, number=order.number)
        charges = credited(charges, document.amount, description)
    payment = await _payment(session, document)
    refund: Refund | None = payment and payment.Refund
    paid_at = (refund.settled_at if refund else payment.Payment.settled_at) if payment else None
    return InvoiceDocument(
        kind=document.kind,
        reference=document.reference,
        order_number=str(order.number),
        issued_at=reader.local(document.issued_at),
        language=reader.language,
        seller=_printed(document.seller),
        billing=_party(order.billing),
        charges=charges,
        pdf_url=f"/invoices/{document.reference}.pdf",
        payment=_method_name(payment, reader.language) if payment else None,
        paid_at=reader.local(paid_at) if paid_at else None,
        corrects=await _corrected(session, document) if note else None,
        reason=translate(refund.reason, reader.language) if refund and refund.reason else None,
    )


async def _charges(session: AsyncSession, order: Any) -> Charges:
    lines = await batches.lines_of(session, [order.id])
    reductions = await batches.reductions_of(session, [order.id])
    taxes = await batches.taxes_of(session, [order.id])
    return charges_of(order, lines.get(order.id, []), reductions.get(order.id, []), taxes.get(order.id, []))


async def _saved_methods(
    session: AsyncSession, reader: Reader, order: Any, profile: Profile, provider: PaymentProvider, now: datetime
) -> tuple[PaymentMethodLine, ...]:
    methods = (await batches.methods_of(session, [order.customer_id])).get(order.customer_id, [])
    balances = (await batches.balances_of(session, [order.customer_id])).get(order.customer_id, {})
    has_paid = order.customer_id in await batches.have_paid(session, [order.customer_id])
    payer = Payer.of(profile, provider, balance=balances.get(order.currency), has_paid=has_paid)
    found = []
    for method in methods:
        why_not = payer.why_not(
            method.kind, order, today=now.date(), status=method.status, expires_on=method.expires_on
        )
        reason = translate(REASONS[why_not], reader.language) if why_not else None
        found.append(
            PaymentMethodLine(label=method.label, usable=why_not is None, reason=reason, default=method.is_default)
        )
    return tuple(found)


async def _payment(session: AsyncSession, document: Invoice) -> Any | None:
    """Payment, PaymentMethod and Refund: those of a credit note's refund, or of what paid for an invoice."""
    query = (
        sa.select(Payment, col(PaymentMethod.label), Refund)
        .outerjoin(PaymentMethod, col(PaymentMethod.id) == col(Payment.method_id))
        .outerjoin(Refund, sa.and_(col(Refund.payment_id) == col(Payment.id), col(Refund.id) == document.refund_id))
        .where(col(Payment.order_id) == document.order_id, col(Payment.status).in_(SETTLED))
    )
    if document.refund_id is not None:
        query = query.where(col(Refund.id).is_not(None))
    return (await session.execute(query.order_by(col(Payment.settled_at)).limit(1))).one_or_none()


async def _corrected(session: AsyncSession, document: Invoice) -> str | None:
    query = sa.select(Invoice).where(
        col(Invoice.order_id) == document.order_id, col(Invoice.kind) == InvoiceKind.INVOICE
    )
    corrected = (await session.execute(query)).scalar_one_or_none()
    return corrected.reference if corrected else None


def _method_name(payment: Any, language: str) -> str:
    return payment.label or translate(METHOD_LABELS[payment.Payment.kind], language)


def _printed(seller: Mapping[str, Any]) -> PrintedSeller:
    """As it was written down on the day of the invoice."""
    return _seller(seller["name"], seller["address_lines"], seller["country"], seller["vat_number"])


def _seller(name: str, address_lines: Sequence[str], country: str, vat_number: str) -> PrintedSeller:
    return PrintedSeller(name=name, address_lines=tuple(address_lines), country=country, vat_number=vat_number or None)


def _party(billing: Mapping[str, Any]) -> Party:
    return Party(
        name=billing["name"],
        organisation=billing["organisation"],
        vat_number=billing["vat_number"],
        address_lines=tuple(billing["address_lines"]),
        postal_code=billing["postal_code"],
        city=billing["city"],
        country=billing["country"],
        email=billing["email"],
    )
