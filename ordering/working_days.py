"""Working days of the seller's country, in its own time of day.

Public holidays come from the `holidays` library: those of the whole country, and of a subdivision where one is given.
A country with several time zones is read in its capital's.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

TIME_ZONES: Final = {
    "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn",
    "ES": "Europe/Madrid", "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GR": "Europe/Athens",
    "HR": "Europe/Zagreb", "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IT": "Europe/Rome",
    "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "MT": "Europe/Malta",
    "NL": "Europe/Amsterdam", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest",
    "SE": "Europe/Stockholm", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
}  # fmt: skip

#: Local office hours: when work that came in on a day off is taken up, and by when a day's work is done.
OPENS: Final = time(9)
CLOSES: Final = time(18)


class UnknownSellerCountry(LookupError):
    """The country is not one that a seller can be in: no member state of the EU."""


class WorkingDays:
    """Moments go in and come out in UTC; days are local. Raises UnknownSellerCountry."""

    def __init__(self, country: str, subdivision: str | None = None) -> None:
        if country not in TIME_ZONES:
            raise UnknownSellerCountry(country)
        self.timezone: Final = ZoneInfo(TIME_ZONES[country])
        self._country, self._subdivision = country, subdivision

    @cached_property
    def _calendar(self) -> HolidayBase:
        """Read when it is first wanted: the library reads the calendars of all countries for it."""
        return country_holidays(self._country, subdiv=self._subdivision)

    def local_day(self, moment: datetime) -> date:
        return moment.astimezone(self.timezone).date()

    def at(self, day: date, local_time: time) -> datetime:
        """That time of a local day, in UTC."""
        return datetime.combine(day, local_time, self.timezone).astimezone(UTC)

    def is_working_day(self, day: date) -> bool:
        return self._calendar.is_working_day(day)

    def next_after(self, day: date, *, days: int = 1) -> date:
        """The `days`-th working day after a day, which itself never counts."""
        while days:
            day += timedelta(days=1)
            days -= self.is_working_day(day)
        return day

    def add(self, moment: datetime, *, days: int) -> datetime:
        """The same local time, that many working days later.

        What comes in on a day off counts as having come in when the next working day opens.
        """
        local = moment.astimezone(self.timezone)
        day, time_of_day = local.date(), local.time()
        if not self.is_working_day(day):
            day, time_of_day = self.next_after(day), OPENS
        return self.at(self.next_after(day, days=days), time_of_day)

    def end_of_next(self, moment: datetime) -> datetime:
        """When the working day after a moment's local day closes."""
        return self.at(self.next_after(self.local_day(moment)), CLOSES)
