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
from duties.tidying import tidy
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
        self, database: Database, rounds: Sequence[Round], tidyings: Sequence[Callable[[], Awaitable[object]]] = ()
    ) -> None:
        self._database = database
        self._rounds = rounds
        self._tidyings = tidyings
        self._holder = uuid4().hex
        self._tidied_at = float("-inf")

    async def run_once(self) -> int:
        """Does all that is due now, without asking for the lease; returns how many things were done."""
        return sum([await each.go() for each in self._rounds])

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
            if not await hold(self._database, LEASE, self._holder, for_seconds=LEASE_SECONDS):
                return 0
            await self._tidy_now_and_then()
            return await self.run_once()
        except Exception:
            log.exception("the relay could not work; it goes on")
            return 0

    async def _tidy_now_and_then(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            for each in self._tidyings:
                await each()


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
        post.round(),
    ]

    async def tidy_database() -> None:
        await tidy(parts.database)

    return Relay(parts.database, rounds, [tidy_database, parts.uploads.delete_unused])


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
    await parts.database.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (BadSettings, DatabaseIsNewer) as error:
        sys.exit(f"relay.py: {error}")
