"""The second program: does what is due after a commit and with time, in the server or alone (`python relay.py`)."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import uuid4

import structlog

from assembly import Assembly, assemble, prepare_database
from duties.deadlines import deadline_rounds
from duties.lease import hold, let_go
from duties.post import PostOffice
from duties.rounds import Round
from duties.settlement import settlement_rounds
from duties.tidying import tidyings
from duties.verification import verification_rounds
from logs import configure_logs
from models.database import Database
from models.migrating import DatabaseIsNewer
from settings import BadSettings, read_settings

LEASE: Final = "relay"
LEASE_SECONDS: Final = 30.0
#: Seconds between two looks, and between two tidyings.
LOOK_EVERY, TIDY_EVERY = 1.0, 3600.0

log: structlog.stdlib.BoundLogger = structlog.get_logger("relay")


class Relay:
    """Any number of processes may run one: the work is done by whoever holds the lease."""

    def __init__(
        self,
        database: Database,
        rounds: Sequence[Round],
        tidyings: Sequence[Callable[[], Awaitable[int]]] = (),
        *,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._rounds = rounds
        self._tidyings = tidyings
        self._lease_seconds = lease_seconds
        self._holder = uuid4().hex
        self._tidied_at = float("-inf")

    async def run_once(self) -> int:
        """Does all that is due now, without asking for the lease; returns how many things were done."""
        return sum([await _unfailing(each.name, each.go) for each in self._rounds])

    async def run(self) -> None:
        """Until it is cancelled; whatever fails, it goes on."""
        try:
            while True:
                if not await self._look():
                    await asyncio.sleep(LOOK_EVERY)
        finally:
            with contextlib.suppress(Exception):
                await let_go(self._database, LEASE, self._holder)

    async def _look(self) -> int:
        try:
            return await self._work_while_it_holds() if await self._hold() else 0
        except Exception:
            log.exception("the relay could not work; it goes on")
            return 0

    async def _hold(self) -> bool:
        return await hold(self._database, LEASE, self._holder, for_seconds=self._lease_seconds)

    async def _work_while_it_holds(self) -> int:
        """Renews the lease beside the work, which ends where that fails: another process may be doing it by then."""
        work = asyncio.create_task(self._work())
        try:
            while not (await asyncio.wait([work], timeout=self._lease_seconds / 3))[0]:
                if not await self._hold():
                    log.warning("the lease was lost; another process goes on")
                    return 0
            return await work
        finally:
            work.cancel()
            await asyncio.wait([work])

    async def _work(self) -> int:
        now = asyncio.get_running_loop().time()
        if now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            for each in self._tidyings:
                await _unfailing("tidy", each)
        return await self.run_once()


async def _unfailing(duty: str, do: Callable[[], Awaitable[int]]) -> int:
    """How many were done: whatever fails in one duty, the others are not to wait for it."""
    try:
        return await do()
    except Exception:
        log.exception("a duty could not be done; it will be tried again", duty=duty)
        return 0


def make_relay(parts: Assembly) -> Relay:
    """All duties, with the doors that the settings chose."""
    post = PostOffice(
        parts.database,
        parts.mailer,
        sender=parts.settings.mail_sender or parts.settings.seller_email,
        seller_name=parts.settings.seller_name,
        public_url=parts.settings.url,
    )
    rounds = [
        *deadline_rounds(parts.database, parts.provider, parts.terms),
        *settlement_rounds(parts.database, parts.provider),
        *verification_rounds(parts.database, parts.provider),
        post.round(),
    ]
    return Relay(parts.database, rounds, [*tidyings(parts.database), parts.uploads.delete_unused])


async def main() -> None:
    parts = assemble(read_settings(os.environ))
    configure_logs(level=parts.settings.log_level, as_json=parts.settings.logs_json)
    await prepare_database(parts.database)
    running = asyncio.create_task(make_relay(parts).run())
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, running.cancel)
    log.info("the relay runs")
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await parts.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (BadSettings, DatabaseIsNewer) as error:
        sys.exit(f"relay.py: {error}")
