"""The parts that all documents have in common: who sells to whom, the lines, and what they add up to."""

from gateways.documents.contents import Charges, Line, Party, Reduction, Seller, Tax, TaxMention
from gateways.documents.sheet import Address, Columns, Labelled, Row
from gateways.wording import Wording
from models.money import Money
from texts import mark, one_line

_MENTIONS = {
    # The words of article 226 (11a), in each language as its own version of the Directive has them.
    TaxMention.REVERSE_CHARGE: mark(
        "Reverse charge: VAT is to be accounted for by the customer (Directive 2006/112/EC, article 196)."
    ),
    TaxMention.OUTSIDE_EU: mark(
        "No VAT is charged: the service is supplied outside the European Union "
        "(Directive 2006/112/EC, articles 44 and 58)."
    ),
}


def seller(of: Seller, say: Wording) -> Address:
    lines = (*map(one_line, of.address_lines), say.country(of.country), *_vat_number(of.vat_number, say))
    return Address(say("Seller"), one_line(of.name), tuple(filter(None, lines)))


def party(of: Party, say: Wording) -> Address:
    lines = (
        one_line(of.name) if of.organisation else "",
        *map(one_line, of.address_lines),
        one_line(f"{of.postal_code} {of.city}"),
        say.country(of.country),
        one_line(of.email),
        *_vat_number(of.vat_number, say),
    )
    return Address(say("Billing details"), one_line(of.organisation or of.name), tuple(filter(None, lines)))


def _vat_number(number: str | None, say: Wording) -> tuple[str, ...]:
    return (say("VAT number: {number}", number=one_line(number)),) if number else ()


def columns(say: Wording) -> Columns:
    return Columns(say("Description"), say("Quantity"), say("Unit price"), say("VAT"), say("Total excl. VAT"))


def rows(charges: Charges, say: Wording) -> tuple[Row, ...]:
    return tuple(_row(line, say) for line in charges.lines)


def _row(line: Line, say: Wording) -> Row:
    return Row(
        description=one_line(line.description),
        note=say.period(line.period_days) if line.period_days else "",
        quantity=str(line.quantity),
        unit_price=say.money(line.unit_price),
        tax_rate=say.rate(line.tax_rate),
        total=say.money(line.total_without_tax),
        reductions=tuple(_reduction(reduction, say) for reduction in line.reductions),
    )


def _reduction(reduction: Reduction, say: Wording) -> Labelled:
    code = f" ({one_line(reduction.code)})" if reduction.code else ""
    note = say.rate(-reduction.percentage) if reduction.percentage is not None else ""
    return Labelled(one_line(reduction.label) + code, say.less(reduction.amount), note)


def sums(charges: Charges, say: Wording) -> tuple[Labelled, ...]:
    """From the subtotal down to the taxes: all but the total, which is set apart.

    The subtotal is before any reduction, so the lines' own are summed up beneath it.
    """
    sums = [Labelled(say("Subtotal"), say.money(charges.subtotal))]
    on_lines = sum(reduction.amount.minor for line in charges.lines for reduction in line.reductions)
    if on_lines:
        sums.append(Labelled(say("Reductions on lines"), say.less(Money(charges.subtotal.currency, on_lines))))
    sums.extend(_reduction(reduction, say) for reduction in charges.reductions)
    sums.append(Labelled(say("Total excl. VAT"), say.money(charges.total_without_tax)))
    sums.extend(_tax(tax, say) for tax in charges.taxes)
    return tuple(sums)


def _tax(tax: Tax, say: Wording) -> Labelled:
    label = say("VAT {rate} on {base}", rate=say.rate(tax.rate), base=say.money(tax.base))
    return Labelled(label, say.money(tax.amount))


def mention(charges: Charges, say: Wording) -> str:
    return say(_MENTIONS[charges.tax_mention]) if charges.tax_mention else ""
