"""Watching for sessions that end and accounts that are disabled or demoted anywhere, so that sockets can be closed."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import col

from access.clock import now_column
from models.account import Account, AccountKind, Session
from models.base import TIMESTAMP
from models.database import Database
from models.engine import STATEMENT_TIMEOUT

#: Seconds between two looks: what is ended shows within one second everywhere.
INTERVAL: Final = 0.5
#: A moment is taken when a transaction begins, and becomes visible when it ends.
OVERLAP: Final = timedelta(seconds=2 * STATEMENT_TIMEOUT)

log: structlog.stdlib.BoundLogger = structlog.get_logger("access")


class SessionWatch:
    """Tells by `session_ended` or `account_disabled`, in the loop that runs it. `staff`: the accounts that have sockets
    open as staff; one that is staff no more counts as disabled, for those.

    For a while again and again: a socket whose identity was looked up just before the end may be held only after it."""

    def __init__(
        self,
        database: Database,
        *,
        session_ended: Callable[[UUID], object],
        account_disabled: Callable[[UUID], object],
        staff: Callable[[], Collection[UUID]] = frozenset,
        interval: float = INTERVAL,
    ) -> None:
        self._database = database
        self._tell = {"session": session_ended, "account": account_disabled}
        self._staff = staff
        self._interval = interval
        self._looked_at: datetime | None = None

    async def run(self) -> None:
        """Looks until it is cancelled; whatever fails, it looks again."""
        while True:
            try:
                await self.look()
            except Exception as error:  # sockets of ended sessions would stay open for ever
                log.warning("ended sessions cannot be looked up", error=type(error).__name__, exc_info=True)
            await asyncio.sleep(self._interval)

    async def look(self) -> None:
        """One statement. What had ended before the first look is of no interest: nothing was open then."""
        for what, identifier in await self._ended():
            self._tell[what](identifier)

    async def _ended(self) -> set[tuple[str, UUID]]:
        nothing = sa.cast(sa.null(), sa.Uuid())
        now = now_column(self._database).label("at")
        looks: list[sa.Select[Any, Any, Any]] = [sa.select(sa.literal("now").label("what"), nothing.label("id"), now)]
        if self._looked_at is not None:
            since = self._looked_at - OVERLAP
            for what, identifier, at in (
                ("session", col(Session.id), col(Session.ended_at)),
                ("account", col(Account.id), col(Account.disabled_at)),
            ):
                looks.append(sa.select(sa.literal(what), identifier, at).where(at > since))
        if staff := self._staff():
            demoted = sa.select(sa.literal("account"), col(Account.id), sa.cast(sa.null(), TIMESTAMP()))
            looks.append(demoted.where(col(Account.id).in_(staff), col(Account.kind) != AccountKind.STAFF))
        async with self._database.reading() as session:
            rows = (await session.execute(sa.union_all(*looks))).all()
        self._looked_at = next(row.at for row in rows if row.what == "now")
        return {(row.what, row.id) for row in rows if row.what != "now"}
