"""What a basket costs: reductions, VAT by rate, totals.

Amounts are integers in minor units of the basket's currency; rates and percentages in hundredths of a percent.

Rounding, in the order in which it happens:
1. A percentage is taken off what is left by the reductions before it, rounded half up to the minor unit; so is each of
   a line's promotions, on the line's quantity x unit price, and a voucher's percentage, on the sum of the lines.
2. A fixed voucher takes its amount, or all there is where that is less.
3. A voucher's amount is spread over the rates of VAT in proportion to the sums of their lines, by largest remainder,
   so that the bases add up to the total without tax exactly.
4. VAT is computed once for each rate, not for each line: base x rate, rounded half up.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from models.order import ReductionKind
from ordering.rounding import half_up, spread

#: One whole, in hundredths of a percent.
WHOLE: Final = 10_000


class VoucherRefusal(StrEnum):
    OTHER_CURRENCY = "OTHER_CURRENCY"
    MINIMUM_NOT_REACHED = "MINIMUM_NOT_REACHED"


class VoucherNotUsable(Exception):
    """The voucher cannot be used on this basket; `reason` says why."""

    def __init__(self, reason: VoucherRefusal) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LinePromotion:
    label: str
    percentage: int


@dataclass(frozen=True, slots=True)
class BasketLine:
    product_id: UUID
    description: str
    quantity: int
    unit_price: int
    tax_rate: int
    promotions: tuple[LinePromotion, ...] = ()
    period_days: int | None = None


@dataclass(frozen=True, slots=True)
class BasketVoucher:
    """Either `percentage`, or `amount` of `currency`; `minimum` is what the lines must reach without VAT."""

    label: str
    code: str
    percentage: int | None = None
    amount: int | None = None
    currency: str | None = None
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class PricedReduction:
    kind: ReductionKind
    label: str
    code: str | None
    amount: int
    percentage: int | None


@dataclass(frozen=True, slots=True)
class PricedLine:
    position: int
    product_id: UUID
    description: str
    quantity: int
    unit_price: int
    tax_rate: int
    reductions: tuple[PricedReduction, ...]
    total_without_tax: int
    period_days: int | None


@dataclass(frozen=True, slots=True)
class TaxShare:
    rate: int
    base: int
    amount: int


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """`subtotal` is before any reduction; `reductions` are those on the whole order; `taxes` are sorted by rate."""

    currency: str
    lines: tuple[PricedLine, ...]
    subtotal: int
    reductions: tuple[PricedReduction, ...]
    total_without_tax: int
    taxes: tuple[TaxShare, ...]
    tax: int
    total: int


def price_basket(*, lines: Sequence[BasketLine], voucher: BasketVoucher | None, currency: str) -> PricedBasket:
    """Prices a basket by the rules above. Raises VoucherNotUsable.

    A rate of 0 has its share, too, and reductions that come to nothing are left out.
    """
    priced = tuple(_price_line(position, line) for position, line in enumerate(lines, start=1))
    reductions = _apply_voucher(voucher, sum(line.total_without_tax for line in priced), currency)
    taxes = _taxes(priced, sum(reduction.amount for reduction in reductions))
    total_without_tax, tax = sum(share.base for share in taxes), sum(share.amount for share in taxes)
    return PricedBasket(
        currency=currency,
        lines=priced,
        subtotal=sum(line.quantity * line.unit_price for line in priced),
        reductions=reductions,
        total_without_tax=total_without_tax,
        taxes=taxes,
        tax=tax,
        total=total_without_tax + tax,
    )


def _price_line(position: int, line: BasketLine) -> PricedLine:
    left = line.quantity * line.unit_price
    reductions = []
    for promotion in line.promotions:
        amount = half_up(left * promotion.percentage, WHOLE)
        left -= amount
        reductions.append(PricedReduction(ReductionKind.PROMOTION, promotion.label, None, amount, promotion.percentage))
    return PricedLine(
        position=position,
        product_id=line.product_id,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        tax_rate=line.tax_rate,
        reductions=_that_reduce(reductions),
        total_without_tax=left,
        period_days=line.period_days,
    )


def _apply_voucher(voucher: BasketVoucher | None, reached: int, currency: str) -> tuple[PricedReduction, ...]:
    if voucher is None:
        return ()
    if voucher.currency not in (None, currency):
        raise VoucherNotUsable(VoucherRefusal.OTHER_CURRENCY)
    if reached < voucher.minimum:
        raise VoucherNotUsable(VoucherRefusal.MINIMUM_NOT_REACHED)
    by_percentage = half_up(reached * (voucher.percentage or 0), WHOLE)
    amount = by_percentage if voucher.amount is None else min(voucher.amount, reached)
    return _that_reduce(
        [PricedReduction(ReductionKind.VOUCHER, voucher.label, voucher.code, amount, voucher.percentage)]
    )


def _that_reduce(reductions: Iterable[PricedReduction]) -> tuple[PricedReduction, ...]:
    return tuple(reduction for reduction in reductions if reduction.amount)


def _taxes(lines: Sequence[PricedLine], reduction: int) -> tuple[TaxShare, ...]:
    sums: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        sums[line.tax_rate] += line.total_without_tax
    by_rate = sorted(sums.items())
    shares = spread(reduction, [base for _, base in by_rate])
    bases = ((rate, base - share) for (rate, base), share in zip(by_rate, shares, strict=True))
    return tuple(TaxShare(rate, base, half_up(base * rate, WHOLE)) for rate, base in bases)
