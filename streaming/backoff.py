"""Pauses between attempts that fail, growing up to a bound."""

import asyncio
import random
from typing import Final

FIRST: Final = 0.05  # seconds
LONGEST: Final = 2.0


class Backoff:
    """One for each thing that is attempted."""

    def __init__(self) -> None:
        self._seconds = FIRST

    def reset(self) -> None:
        """After a success: the next failure is answered by a short pause again."""
        self._seconds = FIRST

    async def pause(self) -> None:
        # Spread, so that all who lost a database do not come back to it in one instant.
        await asyncio.sleep(self._seconds * random.uniform(0.5, 1.0))  # noqa: S311  # no secret
        self._seconds = min(2 * self._seconds, LONGEST)
