"""Which VAT an EU seller of electronically supplied services charges a customer, if any.

Directive 2006/112/EC as it stands for such services:

- In the seller's own country everyone pays its rates.
- In another member state, a taxable person is taxed where they are established and accounts for the VAT themselves
  (articles 44 and 196, reverse charge). A legal person that is no taxable person but is identified for VAT counts as
  one (article 43), so associations and administrations qualify exactly when they hold a VAT number. An individual
  buys as a consumer whatever number they give; a sole trader opens a company account.
- Everyone else in the EU pays the rates of their own country (article 58), declared through the one-stop shop.
- Outside the EU nothing is charged.

A number's format and checksum are checked, not whether the tax authority still knows it. Territories are kept simple:
Monaco counts as France (article 7); Northern Ireland, which is in the EU's VAT area for goods only, and the Isle of
Man count as the United Kingdom; overseas territories with an ISO code of their own (Guadeloupe, Réunion, Åland) are
outside, and those without one (the Canary Islands) are taxed as the state they belong to.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from models.account import AccountType
from models.product import TaxCategory
from ordering.vat_rates import EU_STATES, UnknownVatCountry, rate

_PART_OF: Final = {"MC": "FR"}
#: Where the prefix of a VAT number is not the country's ISO code.
_PREFIXES: Final = {"GR": "EL"}


class InvalidVatNumber(ValueError):
    """No VAT number of that country: its prefix, format or checksum is wrong, or the country is not in the EU."""


class TaxTreatmentKind(StrEnum):
    DOMESTIC = "DOMESTIC"
    DESTINATION = "DESTINATION"
    REVERSE_CHARGE = "REVERSE_CHARGE"
    EXPORT = "EXPORT"


@dataclass(frozen=True, slots=True)
class TaxTreatment:
    """`country` is the one whose rates apply on the day `on`; None where no VAT is charged."""

    kind: TaxTreatmentKind
    country: str | None
    on: date

    def rate(self, category: TaxCategory) -> int:
        """In hundredths of a percent; 0 where no VAT is charged. Raises NoRateOn."""
        return rate(country=self.country, category=category, on=self.on) if self.country else 0


def tax_treatment(
    *, seller_country: str, country: str, account_type: AccountType, vat_number: str | None, on: date
) -> TaxTreatment:
    """How an order of that day is taxed. Raises UnknownVatCountry where the seller is not in the EU."""
    seller, customer = _PART_OF.get(seller_country, seller_country), _PART_OF.get(country, country)
    if seller not in EU_STATES:
        raise UnknownVatCountry(seller_country)
    if customer == seller:
        return TaxTreatment(TaxTreatmentKind.DOMESTIC, seller, on)
    if customer not in EU_STATES:
        return TaxTreatment(TaxTreatmentKind.EXPORT, None, on)
    if account_type is not AccountType.INDIVIDUAL and _is_valid(vat_number, customer):
        return TaxTreatment(TaxTreatmentKind.REVERSE_CHARGE, None, on)
    return TaxTreatment(TaxTreatmentKind.DESTINATION, customer, on)


def normalise_vat_number(text: str, country: str) -> str:
    """The number without separators, under its country's prefix (EL for Greece). Raises InvalidVatNumber."""
    state = _PART_OF.get(country, country)
    prefix = _PREFIXES.get(state, state)
    try:
        number = vat.compact(text)
        if number.startswith(state):
            number = prefix + number.removeprefix(state)
        if state in EU_STATES and number.startswith(prefix):
            return vat.validate(number)
    except ValidationError as error:
        raise InvalidVatNumber(text) from error
    raise InvalidVatNumber(text)


def _is_valid(vat_number: str | None, country: str) -> bool:
    try:
        return vat_number is not None and bool(normalise_vat_number(vat_number, country))
    except InvalidVatNumber:
        return False
