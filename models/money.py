"""Money: an integer count of a currency's smallest unit, and its text forms."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

#: Digits after the point, by ISO 4217; CLDR's differ (ISK, HUF), so they are not taken from there.
EXPONENTS: Final = {
    "AUD": 2, "BGN": 2, "CAD": 2, "CHF": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HUF": 2, "ISK": 0,
    "JPY": 0, "KWD": 3, "MAD": 2, "NOK": 2, "PLN": 2, "RON": 2, "SEK": 2, "SGD": 2, "TND": 3, "USD": 2, "XOF": 0,
}  # fmt: skip

#: Far above any order, far below BIGINT: sums of many such amounts still fit.
LARGEST_AMOUNT: Final = 10**15

_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,9})?")


class InvalidAmount(ValueError):
    """A text is no amount of the currency: not a plain decimal, too many digits, or too large."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`minor` counts the currency's smallest unit: cents for EUR, yen for JPY."""

    currency: str
    minor: int

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Reads a plain decimal such as "119.88". Raises InvalidAmount."""
        exponent = EXPONENTS[currency]
        if not _DECIMAL.fullmatch(text):
            raise InvalidAmount(text)
        scaled = Decimal(text).scaleb(exponent)
        if scaled != scaled.to_integral_value() or abs(scaled) > LARGEST_AMOUNT:
            raise InvalidAmount(text)
        return cls(currency, int(scaled))

    @property
    def amount(self) -> Decimal:
        """In units of the currency, with its own number of digits."""
        return Decimal(self.minor).scaleb(-EXPONENTS[self.currency])

    def formatted(self, locale: str = "en") -> str:
        """For people; an unknown locale (BCP 47) is read as English."""
        digits = EXPONENTS[self.currency]
        known = parse_locale(locale)
        pattern = known.currency_formats["standard"].pattern
        # CLDR's own digits for a currency may differ from ISO 4217's, which the amount is stored in.
        pattern = re.sub(r"0(\.0+)?(?=[^0#]|$)", "0." + "0" * digits if digits else "0", pattern)
        return format_currency(self.amount, self.currency, format=pattern, locale=known, currency_digits=False)


def parse_locale(tag: str) -> Locale:
    """The locale that a BCP 47 tag names; English where it names none that is known."""
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale.parse("en")
