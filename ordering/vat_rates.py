"""Rates of VAT by country, tax category and day: those of the EU's member states, where an EU seller charges VAT.

Countries are ISO 3166-1 alpha-2 (Greece is GR), rates in hundredths of a percent (2000 is 20 %), and a row holds from
`valid_from` until the next row of the same country and category.

STANDARD has every change since 2016. Rate data: Duty27 (https://duty27.com/vat-rates/history), CC BY 4.0, checked by a
test against the Commission's database (TEDB) as packaged in eu-vat-rates-data.

PUBLICATION has e-books, which states may tax at less since Directive (EU) 2018/1713; each row starts on the day from
which we are sure of it, and before that day the standard rate applies. States without a row tax e-books at the
standard rate (Denmark, Hungary) or by conditions which we do not model (by content or language: Croatia, Latvia) or
which we are not sure of (Cyprus, Greece, Lithuania, Malta, Slovakia): there, too, the standard rate applies.

Countries outside the EU (GB, CH, NO and so on) have no rows: an EU seller's exports are outside the scope of VAT.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from models.product import TaxCategory


class UnknownVatCountry(LookupError):
    """The country is no member state of the EU, so that no rate of VAT is known for it."""


class NoRateOn(LookupError):
    """The day lies before the first one known, 2016-01-01."""


class VatRate(NamedTuple):
    country: str
    category: TaxCategory
    rate: int
    valid_from: date
    source: str


_FIRST: Final = date(2016, 1, 1)
_S: Final = TaxCategory.STANDARD
_P: Final = TaxCategory.PUBLICATION

_STANDARD_IN_2016: Final = {
    "AT": 2000, "BE": 2100, "BG": 2000, "CY": 1900, "CZ": 2100, "DE": 1900, "DK": 2500, "EE": 2000, "ES": 2100,
    "FI": 2400, "FR": 2000, "GR": 2300, "HR": 2500, "HU": 2700, "IE": 2300, "IT": 2200, "LT": 2100, "LU": 1700,
    "LV": 2100, "MT": 1800, "NL": 2100, "PL": 2300, "PT": 2300, "RO": 2000, "SE": 2500, "SI": 2200, "SK": 2000,
}  # fmt: skip

RATES: Final = (
    *(VatRate(country, _S, rate, _FIRST, "TEDB") for country, rate in _STANDARD_IN_2016.items()),
    VatRate("DE", _S, 1600, date(2020, 7, 1), "Second Corona Tax Assistance Act of 2020"),
    VatRate("DE", _S, 1900, date(2021, 1, 1), "end of the temporary cut of 2020"),
    VatRate("EE", _S, 2200, date(2024, 1, 1), "VAT Act as amended in 2023"),
    VatRate("EE", _S, 2400, date(2025, 7, 1), "VAT Act as amended in 2024"),
    VatRate("FI", _S, 2550, date(2024, 9, 1), "VAT Act 1501/1993 as amended in 2024"),
    VatRate("GR", _S, 2400, date(2016, 6, 1), "Law 4389/2016"),
    VatRate("IE", _S, 2100, date(2020, 9, 1), "July Stimulus of 2020"),
    VatRate("IE", _S, 2300, date(2021, 3, 1), "end of the July Stimulus of 2020"),
    VatRate("LU", _S, 1600, date(2023, 1, 1), "Law of 26 October 2022"),
    VatRate("LU", _S, 1700, date(2024, 1, 1), "end of the Law of 26 October 2022"),
    VatRate("RO", _S, 1900, date(2017, 1, 1), "Law 227/2015, Tax Code"),
    VatRate("RO", _S, 2100, date(2025, 8, 1), "Law 141/2025"),
    VatRate("SK", _S, 2300, date(2025, 1, 1), "Act 278/2024"),
    VatRate("AT", _P, 1000, date(2020, 1, 1), "Tax Reform Act 2020"),
    VatRate("AT", _P, 500, date(2020, 7, 1), "temporary rate of 2020 for publications"),
    VatRate("AT", _P, 1000, date(2022, 1, 1), "end of the temporary rate of 2020"),
    VatRate("BE", _P, 600, date(2019, 4, 1), "Royal Decree 20 as amended in 2019"),
    VatRate("BG", _P, 900, date(2020, 7, 1), "VAT Act as amended in 2020"),
    VatRate("CZ", _P, 1000, date(2020, 5, 1), "VAT Act as amended in 2019"),
    VatRate("CZ", _P, 0, date(2024, 1, 1), "consolidation package of 2023: exempt with the right to deduct"),
    VatRate("DE", _P, 700, date(2019, 12, 18), "VAT Act, section 12 (2) no. 14"),
    VatRate("DE", _P, 500, date(2020, 7, 1), "Second Corona Tax Assistance Act of 2020"),
    VatRate("DE", _P, 700, date(2021, 1, 1), "end of the temporary cut of 2020"),
    VatRate("EE", _P, 900, date(2020, 5, 1), "VAT Act as amended in 2020"),
    VatRate("ES", _P, 400, date(2020, 4, 23), "Royal Decree-Law 15/2020"),
    VatRate("FI", _P, 1000, date(2019, 7, 1), "VAT Act 1501/1993 as amended in 2019"),
    VatRate("FI", _P, 1400, date(2025, 1, 1), "VAT Act 1501/1993 as amended in 2024"),
    VatRate("FI", _P, 1350, date(2026, 1, 1), "VAT Act 1501/1993 as amended in 2025"),
    VatRate("FR", _P, 550, _FIRST, "General Tax Code, article 278-0 bis"),
    VatRate("IE", _P, 900, date(2019, 1, 1), "Finance Act 2018"),
    VatRate("IE", _P, 0, date(2024, 1, 1), "Finance (No. 2) Act 2023"),
    VatRate("IT", _P, 400, _FIRST, "Law 190/2014"),
    VatRate("LU", _P, 300, date(2019, 5, 1), "budget of 2019"),
    VatRate("NL", _P, 900, date(2020, 1, 1), "Tax Plan 2020"),
    VatRate("PL", _P, 500, date(2019, 11, 1), "VAT Act as amended in 2019"),
    VatRate("PT", _P, 600, date(2020, 4, 1), "VAT Code, list I, item 2.1"),
    VatRate("RO", _P, 1100, date(2025, 8, 1), "Law 141/2025"),
    VatRate("SE", _P, 600, date(2019, 7, 1), "VAT Act as amended in 2019"),
    VatRate("SI", _P, 500, date(2020, 1, 1), "VAT Act as amended in 2019"),
)

EU_STATES: Final = frozenset(_STANDARD_IN_2016)


def _in_time_order(category: TaxCategory) -> Mapping[str, list[VatRate]]:
    rows = sorted((row for row in RATES if row.category is category), key=lambda row: row.valid_from)
    return {country: [row for row in rows if row.country == country] for country in EU_STATES}


_HISTORY: Final = {category: _in_time_order(category) for category in TaxCategory}


def rate(*, country: str, category: TaxCategory, on: date) -> int:
    """The rate in force on a day. Raises UnknownVatCountry or NoRateOn."""
    if country not in EU_STATES:
        raise UnknownVatCountry(country)
    for candidate in (category, TaxCategory.STANDARD):
        rows = _HISTORY[candidate][country]
        past = bisect_right(rows, on, key=lambda row: row.valid_from)
        if past:
            return rows[past - 1].rate
    raise NoRateOn(on.isoformat())
