"""Sessions: from signing in to signing out, and who is behind a token in between."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from access.clock import now_column, running_clock, running_values
from access.external import ExternalIssuer
from access.passwords import Passwords, Verdict
from access.principal import Principal
from access.throttle import Throttle
from access.together import Together
from access.tokens import InvalidToken, Tokens
from models.account import Account, AccountKind, Session
from models.database import Database, Transaction
from models.prepared import Prepared
from models.statement import Driver

#: However often its token is renewed, a session ends then.
SESSION_LIFETIME: Final = timedelta(days=30)
_LONGEST_EMAIL: Final = 254
#: What is asked of a session before it is believed.
_SESSIONS, _ACCOUNTS = (sa.inspect(each).local_table.c for each in (Session, Account))
_HOLDER: Final[Sequence[sa.ColumnElement[Any]]] = (
    _SESSIONS.id,
    _SESSIONS.expires_at,
    _ACCOUNTS.id.label("account_id"),
    _ACCOUNTS.kind,
)


class BadCredentials(Exception):
    """There is no such account, or it has another password, or it may not sign in; never says which."""


class SessionEnded(Exception):
    """The session has been ended or has run out, or its account has been disabled."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`expires_at` is the token's; renew it before, while the session lasts."""

    account: Account
    session_id: UUID
    token: str
    expires_at: datetime


class Sessions:
    """`demo`: whether the accounts of the demo data may sign in. `external`: who else issues tokens, if anyone."""

    def __init__(
        self,
        database: Database,
        *,
        tokens: Tokens,
        passwords: Passwords,
        throttle: Throttle,
        demo: bool = False,
        external: ExternalIssuer | None = None,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._passwords = passwords
        self._throttle = throttle
        self._external = external
        self._holders: Together[UUID, Any] = Together(self._look_up)
        self._may_be_used = sa.and_(
            col(Account.disabled_at).is_(None), sa.true() if demo else col(Account.demo).is_(False)
        )
        self._holder = self._prepare_holder()

    async def sign_in(self, *, email: str, password: str, address: str) -> SignedIn:
        """`address`: where the attempt comes from. Raises TooManyAttempts or BadCredentials.

        No transaction is open while the password is hashed.
        """
        email = email.strip().lower()
        await self._throttle.attempt(email=email, address=address)
        account = await self._find(email)
        verdict = await self._passwords.check(password, account.password_hash if account else None)
        if account is None or not verdict.right:
            raise BadCredentials
        async with self._database.writing() as tx:
            signed_in = await self._begin(tx, account.id, verdict)
        await self._throttle.succeeded(email=email, address=address)
        return signed_in

    async def end(self, session_id: UUID) -> None:
        """Ends a session, and with it all of its tokens and sockets; nothing happens where it has ended before."""
        async with self._database.writing() as tx:
            running = sa.update(Session).where(col(Session.id) == session_id, col(Session.ended_at).is_(None))
            await tx.session.execute(running.values(ended_at=tx.now))

    async def renew(self, principal: Principal) -> SignedIn:
        """A new token for the same session. Raises SessionEnded, also for tokens that an external issuer renews."""
        query = sa.select(Account, Session).join(Session, col(Session.account_id) == col(Account.id))
        query = query.where(col(Session.id) == principal.session_id, col(Session.ended_at).is_(None), self._may_be_used)
        async with self._database.reading() as session:
            now = await self._database.now(session)
            row = (await session.execute(query)).one_or_none()
        if row is None or row[1].expires_at <= now:
            raise SessionEnded
        return self._signed_in(row[0], row[1], now)

    async def renew_in_time(self, principal: Principal) -> SignedIn | None:
        """`renew`, once more than half of their token's life is over; None before."""
        left = principal.expires_at - await self._database.moment()
        return await self.renew(principal) if left < self._tokens.lifetime / 2 else None

    async def account(self, principal: Principal) -> Account:
        async with self._database.reading() as session:
            return await session.get_one(Account, principal.account_id)

    async def authenticate(self, token: str, *, with_others: bool = False) -> Principal | None:
        """Who is behind a token; None where it does not hold, for whatever reason.

        `with_others`: in one statement with all others who are looked up so in the same moment.
        """
        try:
            claims = self._tokens.verify(token)
        except InvalidToken:
            return await self._external.authenticate(token, self._may_be_used) if self._external else None
        if with_others:
            holder = await self._holders.get(claims.session_id)
        else:
            holder = await self._look_up_one(claims.session_id)
        if holder is None or holder.account_id != claims.account_id:
            return None
        if holder.expires_at <= holder.now or not claims.hold_at(holder.now):
            return None
        return Principal(holder.account_id, AccountKind(holder.kind), claims.session_id, claims.expires_at)

    def _prepare_holder(self) -> Prepared:
        """As `_look_up`, for the one session of a request."""
        columns = (*_HOLDER, running_clock(self._database).label("now"))
        session = sa.bindparam("session", type_=sa.Uuid())
        found = sa.select(*columns).join(Session, col(Session.account_id) == col(Account.id))
        return Prepared(
            found.where(col(Session.id) == session, col(Session.ended_at).is_(None), self._may_be_used), columns
        )

    async def _look_up_one(self, session_id: UUID) -> Any | None:
        async with self._database.selecting() as connection:
            (found,) = await self._holder.rows(
                await Driver.of(connection), {"session": session_id, **running_values(self._database)}
            )
        return found[0] if found else None

    async def _look_up(self, sessions: Collection[UUID]) -> dict[UUID, Any]:
        """Whose each session is, of those that may still be used, in one statement that tells the database's time as
        well."""
        query: sa.Select[*tuple[Any, ...]] = (
            sa.select(*_HOLDER, now_column(self._database).label("now"))
            .join(Session, col(Session.account_id) == col(Account.id))
            .where(col(Session.id).in_(sessions), col(Session.ended_at).is_(None), self._may_be_used)
        )
        async with self._database.reading() as session:
            return {row.id: row for row in await session.execute(query)}

    async def _find(self, email: str) -> Account | None:
        if len(email) > _LONGEST_EMAIL or not email.isprintable():
            return None  # PostgreSQL cannot even be asked about some of these
        query = sa.select(Account).where(col(Account.email) == email, self._may_be_used)
        async with self._database.reading() as session:
            return (await session.execute(query)).scalar_one_or_none()

    async def _begin(self, tx: Transaction, account_id: UUID, verdict: Verdict) -> SignedIn:
        query = sa.select(Account).where(col(Account.id) == account_id, self._may_be_used).with_for_update()
        account = (await tx.session.execute(query)).scalar_one_or_none()
        if account is None:  # disabled while the password was hashed
            raise BadCredentials
        if verdict.upgraded is not None:
            account.password_hash = verdict.upgraded
        session = Session(
            id=uuid7(), account_id=account.id, created_at=tx.now, expires_at=tx.now + SESSION_LIFETIME
        )  # fmt: skip
        tx.session.add(session)
        return self._signed_in(account, session, tx.now)

    def _signed_in(self, account: Account, session: Session, now: datetime) -> SignedIn:
        issued = self._tokens.issue(
            account_id=account.id,
            kind=account.kind,
            session_id=session.id,
            session_ends=session.expires_at,
            now=now,
        )
        return SignedIn(account, session.id, issued.token, issued.expires_at)
