"""How fast a client may send."""

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """A bucket that holds `burst` messages and refills by `rate` a second of a monotonic clock."""

    burst: float
    rate: float
    left: float
    checked_at: float

    @classmethod
    def full(cls, *, burst: float, rate: float, now: float) -> "Pace":
        return cls(burst, rate, burst, now)

    def admits(self, now: float, count: int = 1) -> bool:
        """Takes so many messages out of the bucket; False, and none is taken, where fewer are left."""
        self.left = min(self.burst, self.left + (now - self.checked_at) * self.rate)
        self.checked_at = now
        if self.left < count:
            return False
        self.left -= count
        return True
