"""Lines, reductions and taxes of an order as its documents show them, and what of them a credit note gives back."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from gateways.documents import Charges, Line, Reduction, Tax, TaxMention
from models.money import Money
from ordering.pricing import WHOLE
from ordering.rounding import half_up, spread
from ordering.vat_rates import EU_STATES

#: Monaco belongs to the EU's VAT area, as part of France.
_VAT_AREA: Final = EU_STATES | {"MC"}


def charges_of(order: Any, lines: Sequence[Any], reductions: Sequence[Any], taxes: Sequence[Any]) -> Charges:
    """From whole rows, each in its order."""
    by_line: defaultdict[int, list[Reduction]] = defaultdict(list)
    for row in reductions:
        by_line[row.line_position].append(_reduction(row, order.currency))
    return Charges(
        lines=tuple(_line(row, order.currency, tuple(by_line[row.position])) for row in lines),
        subtotal=Money(order.currency, order.subtotal),
        reductions=tuple(by_line[0]),
        total_without_tax=Money(order.currency, order.total_without_tax),
        taxes=tuple(
            Tax(rate=_percent(row.rate), base=Money(order.currency, row.base), amount=Money(order.currency, row.amount))
            for row in taxes
        ),
        total=Money(order.currency, order.total),
        tax_mention=_mention(order),
    )


def credited(whole: Charges, amount: int, description: str) -> Charges:
    """What `amount`, VAT included, gives back of an order's charges; `description` stands for its lines.

    All of them where it is all; else the amount is spread over the rates in proportion to what was paid at each, and
    the VAT in each share taken out of it. So the bases and taxes add up to the amount.
    """
    currency = whole.total.currency
    if amount == whole.total.minor:
        return whole
    shares = spread(amount, [tax.base.minor + tax.amount.minor for tax in whole.taxes])
    taxes = tuple(_share(tax, share) for tax, share in zip(whole.taxes, shares, strict=True) if share)
    base = Money(currency, sum(tax.base.minor for tax in taxes))
    return Charges(
        lines=tuple(
            Line(
                description=description, quantity=1, unit_price=tax.base, total_without_tax=tax.base, tax_rate=tax.rate
            )
            for tax in taxes
        ),
        subtotal=base,
        total_without_tax=base,
        taxes=taxes,
        total=Money(currency, amount),
        tax_mention=whole.tax_mention,
    )


def _share(tax: Tax, gross: int) -> Tax:
    rate = int(tax.rate * 100)
    base = half_up(gross * WHOLE, WHOLE + rate)
    return Tax(rate=tax.rate, base=Money(tax.base.currency, base), amount=Money(tax.base.currency, gross - base))


def _line(row: Any, currency: str, reductions: tuple[Reduction, ...]) -> Line:
    return Line(
        description=row.description,
        quantity=row.quantity,
        unit_price=Money(currency, row.unit_price),
        total_without_tax=Money(currency, row.total_without_tax),
        tax_rate=_percent(row.tax_rate),
        reductions=reductions,
        period_days=row.period_days,
    )


def _reduction(row: Any, currency: str) -> Reduction:
    percentage = None if row.percentage is None else _percent(row.percentage)
    return Reduction(label=row.label, code=row.code, amount=Money(currency, row.amount), percentage=percentage)


def _percent(hundredths: int) -> Decimal:
    """20 and 5.5, without zeros behind."""
    return (Decimal(hundredths) / 100).normalize() + 0


def _mention(order: Any) -> TaxMention | None:
    if order.reverse_charge:
        return TaxMention.REVERSE_CHARGE
    return None if order.tax or order.billing["country"] in _VAT_AREA else TaxMention.OUTSIDE_EU
