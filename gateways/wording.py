"""How texts, amounts, rates, moments and periods read in a language: for documents and mails alike."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_percent
from babel.units import format_unit

from models.money import Money, parse_locale
from texts import known_language, translate


@dataclass(frozen=True, slots=True)
class Wording:
    """Texts in one of the languages there are, numbers and dates as `tag` (BCP 47) has them."""

    tag: str

    @property
    def language(self) -> str:
        return known_language(self.tag)

    @property
    def locale(self) -> Locale:
        """Of the texts' language: a date in Spanish would be odd among English sentences."""
        locale = parse_locale(self.tag)
        return locale if locale.language == self.language else Locale.parse(self.language)

    def __call__(self, text: str, **values: object) -> str:
        return translate(text, self.language, **values)

    def money(self, amount: Money) -> str:
        return amount.formatted(str(self.locale).replace("_", "-"))

    def less(self, amount: Money) -> str:
        return self.money(Money(amount.currency, -amount.minor))

    def rate(self, percent: Decimal) -> str:
        return format_percent(percent / 100, locale=self.locale, decimal_quantization=False)

    def day(self, at: datetime) -> str:
        return format_date(at.date(), "long", locale=self.locale)

    def time(self, at: datetime) -> str:
        """To the minute, with the zone's name."""
        return f"{format_skeleton('Hm', at, tzinfo=at.tzinfo, locale=self.locale)} {at.tzname()}"

    def moment(self, at: datetime) -> str:
        return f"{self.day(at)}, {self.time(at)}"

    def period(self, days: int) -> str:
        """30 days are a month and 365 a year in the catalogue."""
        for length, unit in ((365, "year"), (30, "month")):
            if days % length == 0:
                return format_unit(days // length, f"duration-{unit}", "long", locale=self.locale)
        return format_unit(days, "duration-day", "long", locale=self.locale)

    def country(self, code: str) -> str:
        return str(self.locale.territories.get(code, code))
