"""Filling a basket: products, set-up fees, promotions, a voucher and the VAT that this customer pays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from models.account import Account
from models.database import Transaction
from models.order import Order
from models.product import Price, Product, Promotion, Voucher
from ordering.pricing import (
    BasketLine,
    BasketVoucher,
    LinePromotion,
    PricedBasket,
    VoucherRefusal,
    price_basket,
)
from ordering.pricing import VoucherNotUsable as VoucherDoesNotFit
from ordering.refusals import Refusal
from ordering.tax import TaxTreatment, TaxTreatmentKind, tax_treatment
from ordering.terms import Terms
from texts import mark


class ProductNotAvailable(Refusal):
    """`product`: its code."""

    code = "PRODUCT_NOT_AVAILABLE"
    message = mark("{product} cannot be ordered, or not in your currency.")


class VoucherNotUsable(Refusal):
    code = "VOUCHER_NOT_USABLE"
    message = mark("This voucher cannot be used for this order.")


class VoucherTooSmallBasket(Refusal):
    code = "VOUCHER_NOT_USABLE"
    message = mark("This voucher asks for a larger order.")


class Line(Protocol):
    """What is asked for: how many pieces of which product."""

    @property
    def product_code(self) -> str: ...
    @property
    def quantity(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Basket:
    """Priced, with what an order needs to know of its products. `delivery_minutes`: of the slowest."""

    priced: PricedBasket
    voucher_id: UUID | None
    reverse_charge: bool
    withdrawable: bool
    delivery_minutes: int


async def fill_basket(
    tx: Transaction, lines: Sequence[Line], voucher_code: str | None, *, customer: Account, terms: Terms
) -> Basket:
    """Raises ProductNotAvailable or VoucherNotUsable. A voucher is counted as used, in this transaction."""
    profile = customer.profile
    treatment = tax_treatment(
        seller_country=terms.seller.country,
        country=profile.country,
        account_type=profile.account_type,
        vat_number=customer.vat_number,
        on=terms.working_days.local_day(tx.now),
    )
    pieces = await _with_setup(tx, lines)
    prices = await _prices(tx, pieces, profile.currency)
    promotions = await _promotions(tx, pieces)
    voucher = await _take_voucher(tx, voucher_code) if voucher_code is not None else None
    try:
        priced = price_basket(
            lines=[_line(product, quantity, prices, promotions, treatment) for product, quantity in pieces],
            voucher=_as_basket_voucher(voucher),
            currency=profile.currency,
        )
    except VoucherDoesNotFit as misfit:
        small = misfit.reason is VoucherRefusal.MINIMUM_NOT_REACHED
        raise (VoucherTooSmallBasket if small else VoucherNotUsable)(path=["voucherCode"]) from None
    return Basket(
        priced=priced,
        voucher_id=voucher.id if voucher else None,
        reverse_charge=treatment.kind is TaxTreatmentKind.REVERSE_CHARGE,
        withdrawable=all(product.withdrawable for product, _ in pieces),
        delivery_minutes=max(product.delivery_minutes for product, _ in pieces),
    )


async def give_voucher_back(tx: Transaction, order: Order) -> None:
    """An order that ends without having been paid has not used its voucher."""
    if order.voucher_id is not None:
        mine = sa.update(Voucher).where(col(Voucher.id) == order.voucher_id)
        await tx.session.execute(mine.values(used=Voucher.used - 1))


async def _with_setup(tx: Transaction, lines: Sequence[Line]) -> list[tuple[Product, int]]:
    """The products asked for, each followed by the set-up fee that goes with it."""
    codes = {line.product_code for line in lines}
    asked = sa.select(Product).where(col(Product.code).in_(codes), col(Product.listed))
    by_code = {product.code: product for product in (await tx.session.execute(asked)).scalars()}
    for index, line in enumerate(lines):
        if line.product_code not in by_code:
            raise ProductNotAvailable(product=line.product_code, path=["lines", str(index), "productCode"])
    setup_ids = {product.setup_product_id for product in by_code.values()} - {None}
    fees = sa.select(Product).where(col(Product.id).in_(setup_ids))
    by_id = {product.id: product for product in (await tx.session.execute(fees)).scalars()} if setup_ids else {}
    pieces: list[tuple[Product, int]] = []
    for line in lines:
        product = by_code[line.product_code]
        pieces.append((product, line.quantity))
        if product.setup_product_id is not None:
            pieces.append((by_id[product.setup_product_id], line.quantity))
    return pieces


async def _prices(tx: Transaction, pieces: Sequence[tuple[Product, int]], currency: str) -> dict[UUID, int]:
    ids = [product.id for product, _ in pieces]
    query = sa.select(col(Price.product_id), col(Price.amount)).where(
        col(Price.product_id).in_(ids), col(Price.currency) == currency
    )
    prices = {row.product_id: row.amount for row in await tx.session.execute(query)}
    for product, _ in pieces:
        if product.id not in prices:
            raise ProductNotAvailable(product=product.code, path=["lines"])
    return prices


async def _promotions(tx: Transaction, pieces: Sequence[tuple[Product, int]]) -> dict[UUID, list[LinePromotion]]:
    query = sa.select(Promotion).where(
        col(Promotion.product_id).in_([product.id for product, _ in pieces]),
        col(Promotion.starts_at) <= tx.now,
        sa.or_(col(Promotion.ends_at).is_(None), col(Promotion.ends_at) > tx.now),
    )
    running: dict[UUID, list[LinePromotion]] = {}
    for promotion in (await tx.session.execute(query.order_by(col(Promotion.id)))).scalars():
        running.setdefault(promotion.product_id, []).append(LinePromotion(promotion.label, promotion.percentage))
    return running


async def _take_voucher(tx: Transaction, code: str) -> Voucher:
    """Counts one use, by compare-and-set: the last one goes to one order only."""
    used = await tx.session.execute(
        sa.update(Voucher)
        .where(
            col(Voucher.code) == code.strip().upper(),
            col(Voucher.starts_at) <= tx.now,
            sa.or_(col(Voucher.ends_at).is_(None), col(Voucher.ends_at) > tx.now),
            sa.or_(col(Voucher.usage_limit).is_(None), col(Voucher.used) < col(Voucher.usage_limit)),
        )
        .values(used=Voucher.used + 1)
        .returning(Voucher)
    )
    voucher = used.scalar_one_or_none()
    if voucher is None:
        raise VoucherNotUsable(path=["voucherCode"])
    return voucher


def _line(
    product: Product,
    quantity: int,
    prices: dict[UUID, int],
    promotions: dict[UUID, list[LinePromotion]],
    treatment: TaxTreatment,
) -> BasketLine:
    return BasketLine(
        product_id=product.id,
        description=product.name,
        quantity=quantity,
        unit_price=prices[product.id],
        tax_rate=treatment.rate(product.tax_category),
        promotions=tuple(promotions.get(product.id, ())),
        period_days=product.period_days,
    )


def _as_basket_voucher(voucher: Voucher | None) -> BasketVoucher | None:
    if voucher is None:
        return None
    return BasketVoucher(
        label=voucher.label,
        code=voucher.code,
        percentage=voucher.percentage,
        amount=voucher.amount,
        currency=voucher.currency,
        minimum=voucher.minimum,
    )
