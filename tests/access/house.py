"""A house with a door: accounts in a database of its own, and the sessions that let them in."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import col
from typing_extensions import override

import models.change
import models.document
import models.idempotency
import models.lease
import models.mail
import models.order
import models.payment
import models.product
import models.sandbox
from access.passwords import Passwords
from access.sessions import Sessions, SignedIn
from access.throttle import Throttle
from access.tokens import Tokens
from models.account import Account, AccountKind, AccountType
from models.base import metadata
from models.database import Database
from tests.asking import noting

T = TypeVar("T")

SECRET: Final = "not a secret, since it stands in a test"
ISSUER: Final = "https://orders.example"
PASSWORD: Final = "correct horse"


class QuickHasher(Argon2Hasher):
    """Argon2 at its cheapest, which tells how often, where and how many at once it was asked."""

    def __init__(self, memory_cost: int = 16) -> None:
        super().__init__(time_cost=1, memory_cost=memory_cost, parallelism=1)
        self.checks = 0
        self.threads: set[int] = set()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    @override
    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        with self._lock:
            self.checks += 1
            self.threads.add(threading.get_ident())
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return super().verify(password, hash)
        finally:
            with self._lock:
                self._at_once -= 1


class Runner(Protocol):
    """Runs what is async, in a loop of its own."""

    def run(self, coro: Coroutine[Any, Any, T]) -> T: ...


@dataclass
class House:
    """What is async runs by `run`, in one loop."""

    runner: Runner
    database: Database
    hasher: QuickHasher = field(default_factory=QuickHasher)

    def __post_init__(self) -> None:
        self.tokens = Tokens(SECRET, ISSUER, timedelta(hours=1))
        self.passwords = Passwords(hasher=self.hasher)
        self.throttle = Throttle(SECRET)
        self.sessions = self.door()

    def door(self, *, demo: bool = False, external: Any = None) -> Sessions:
        return Sessions(
            self.database,
            tokens=self.tokens,
            passwords=self.passwords,
            throttle=self.throttle,
            demo=demo,
            external=external,
        )

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def sign_in(self, email: str = "ada@example.com", password: str = PASSWORD, address: str = "192.0.2.1") -> SignedIn:
        return self.run(self.sessions.sign_in(email=email, password=password, address=address))

    def move_clock(self, by: timedelta) -> None:
        self.database.clock_offset += by

    def add(self, email: str = "ada@example.com", *, kind: AccountKind = AccountKind.CUSTOMER, **more: Any) -> Account:
        """An account with the usual password."""
        account = an_account(email, kind=kind, **{"password_hash": self.run(self.passwords.hash(PASSWORD)), **more})
        self.store(account)
        return account

    def store(self, *rows: Any) -> None:
        for row in rows:  # one at a time: each may need those before it
            self.run(self._store(row))

    async def _store(self, row: Any) -> None:
        async with self.database.writing() as tx:
            tx.session.add(row)

    async def now(self) -> datetime:
        async with self.database.reading() as session:
            return await self.database.now(session)

    def change(self, account_id: UUID, **values: Any) -> None:
        self.run(self._execute(sa.update(Account).where(col(Account.id) == account_id).values(**values)))

    def stored(self, account_id: UUID) -> Account:
        return self.run(self._get(account_id))

    async def _execute(self, statement: sa.Executable) -> None:
        async with self.database.writing() as tx:
            await tx.session.execute(statement)

    async def _get(self, account_id: UUID) -> Account:
        async with self.database.reading() as session:
            return await session.get_one(Account, account_id)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """All that is asked of the database meanwhile, but for the beginnings of transactions."""
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not statement.startswith("BEGIN"):
                asked.append(statement)

        with noting(self.database, note):
            yield asked


def an_account(email: str, *, kind: AccountKind = AccountKind.CUSTOMER, **more: Any) -> Account:
    customer: dict[str, Any] = {"account_type": AccountType.INDIVIDUAL, "country": "FR", "currency": "EUR"}
    return Account(
        id=uuid4(),
        kind=kind,
        email=email,
        name=email.partition("@")[0].title(),
        created_at=datetime.now(UTC),
        **(customer if kind is AccountKind.CUSTOMER else {}),
        **more,
    )


async def prepared(url: str) -> Database:
    """A database with all tables and nothing in them."""
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(sa.insert(models.change.LogHead).values(id=1, epoch="test", position=0))
    return database


@contextmanager
def built(url: str) -> Iterator[House]:
    with asyncio.Runner() as runner:
        house = House(runner, runner.run(prepared(url)))
        try:
            yield house
        finally:
            runner.run(house.database.close())
