"""Rounds: going through all that is due; one that fails waits, and holds up none of the others."""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
import structlog

from gateways.payments import ProviderUnavailable
from models.database import Database
from ordering.retrying import Backoff

#: How many of one kind are taken in one round.
BATCH: Final = 100
#: How long one waits after it failed.
WAITS: Final = Backoff(first=timedelta(seconds=1), longest=timedelta(minutes=5))
#: Seconds after which a round begins no more: a mail server that hangs is not to hold up orders that expire.
LONGEST_ROUND: Final = 5.0

log: structlog.stdlib.BoundLogger = structlog.get_logger("duties")


class Round:
    """One kind of work: `due` tells which are, `do` does one. What went wrong is tried again, ever more rarely."""

    def __init__(
        self,
        database: Database,
        name: str,
        due: Callable[[], Awaitable[sa.Select[UUID]]],
        do: Callable[[UUID], Awaitable[object]],
    ) -> None:
        self.name = name
        self._database = database
        self._due = due
        self._do = do
        self._waiting: dict[UUID, tuple[float, int]] = {}

    async def go(self) -> int:
        """Does what is due, or some of it; returns how many were done."""
        query = (await self._due()).limit(BATCH + len(self._waiting))
        async with self._database.reading() as session:
            ids = list((await session.execute(query)).scalars())
        self._waiting = {each: wait for each, wait in self._waiting.items() if each in ids}
        done, until = 0, time.monotonic() + LONGEST_ROUND
        for each in filter(self._may_try, ids):
            done += await self._try(each)
            if time.monotonic() > until:
                break
        return done

    def _may_try(self, key: UUID) -> bool:
        return key not in self._waiting or self._waiting[key][0] <= time.monotonic()

    async def _try(self, key: UUID) -> bool:
        try:
            await self._do(key)
        except ProviderUnavailable:
            log.warning("the payment provider does not answer", duty=self.name, id=str(key))
        except Exception:  # whatever it is, the others are not to wait for it
            log.exception("could not be done; it will be tried again", duty=self.name, id=str(key))
        else:
            self._waiting.pop(key, None)
            return True
        _, times = self._waiting.get(key, (0.0, 0))
        self._waiting[key] = (time.monotonic() + WAITS.after(times).total_seconds(), times + 1)
        return False
