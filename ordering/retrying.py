"""How long to wait before asking again: doubled each time, up to a longest wait."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

#: Doubling more often than this comes to longer than anything waits.
_MOST_DOUBLINGS: Final = 12


@dataclass(frozen=True, slots=True)
class Backoff:
    """`first` is waited after the first time."""

    first: timedelta
    longest: timedelta

    def after(self, times: int) -> timedelta:
        """The wait after it has been tried so many times before."""
        return min(self.first * int(2 ** min(times, _MOST_DOUBLINGS)), self.longest)
