"""Several server processes over one database, and clients that go on wherever one of them answers."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar
from uuid import UUID

import httpx2
import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from access.tokens import Tokens
from models.account import Account, AccountKind, AccountType, Session
from models.change import Change
from models.database import Database
from models.migrating import upgrade
from tests.api import QUERIES
from tests.catalogue import fill_catalogue
from tests.peers.programs import Server

SECRET = "a secret for tests that is long enough"
#: What tokens are issued for, whichever process is asked.
PUBLIC_URL = "http://orders.example.com"

T = TypeVar("T")


class Fleet:
    """`count` servers; the first of them relays. `environment` adds to their settings."""

    def __init__(self, database_url: str, folder: Path, *, count: int = 1, **environment: str) -> None:
        store = database_url.replace("sqlite:", "sqlite+aiosqlite:")
        self._store = store
        self._tokens = Tokens(SECRET, PUBLIC_URL, timedelta(days=1))
        settings = {
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET,
            "PUBLIC_URL": PUBLIC_URL,
            "DATA_DIR": str(folder),
            "LOG_LEVEL": "WARNING",
            **environment,
        }
        self.do(self._prepare())
        self.servers = [Server(folder=folder, environment=settings) for _ in range(count)]

    def __enter__(self) -> Self:
        for server in self.servers:
            server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self.servers:
            server.stop()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def account(self, kind: AccountKind) -> tuple[UUID, str]:
        """A new account and a token of its."""
        return self.do(self._account(kind))

    def log_of(self, customer_id: UUID | None) -> list[tuple[UUID, int]]:
        """(order, sequence) of every transition in the log, as that customer, or staff, should have seen them."""
        return self.do(self._log(customer_id))

    def mutate(self, server: Server, token: str, name: str, **fields: Any) -> Any:
        """One document with its input. Raises httpx2.TransportError where the server is gone meanwhile."""
        return self.send(server, token, (QUERIES / f"{name}.graphql").read_text(), {"input": fields})

    def send(self, server: Server, token: str, text: str, variables: dict[str, Any] | None = None) -> Any:
        answer = httpx2.post(
            f"{server.url}/graphql",
            json={"query": text, "variables": variables or {}},
            headers={"authorization": f"Bearer {token}"},
            timeout=20,
        ).json()
        assert "errors" not in answer, answer
        return next(iter(answer["data"].values()))

    async def _prepare(self) -> None:
        database = Database(self._store)
        try:
            await upgrade(database.engine)
            await fill_catalogue(database)
        finally:
            await database.close()

    async def _account(self, kind: AccountKind) -> tuple[UUID, str]:
        database = Database(self._store)
        try:
            async with database.writing() as tx:
                account_id, session_id, now = uuid7(), uuid7(), datetime.now(UTC)
                of_customer: dict[str, Any] = {
                    "account_type": AccountType.INDIVIDUAL,
                    "country": "FR",
                    "currency": "EUR",
                }
                tx.session.add(
                    Account(
                        id=account_id,
                        kind=kind,
                        email=f"{account_id}@example.com",
                        name="Robin Example",
                        created_at=now,
                        **(of_customer if kind is AccountKind.CUSTOMER else {}),
                    )
                )
                await tx.session.flush()
                ends = now + timedelta(days=1)
                tx.session.add(Session(id=session_id, account_id=account_id, created_at=now, expires_at=ends))
            token = self._tokens.issue(
                account_id=account_id, kind=kind, session_id=session_id, session_ends=ends, now=now
            )
            return account_id, token.token
        finally:
            await database.close()

    async def _log(self, customer_id: UUID | None) -> list[tuple[UUID, int]]:
        database = Database(self._store)
        query = sa.select(col(Change.order_id), col(Change.sequence)).where(col(Change.sequence).is_not(None))
        if customer_id is not None:
            query = query.where(col(Change.customer_id) == customer_id)
        try:
            async with database.reading() as session:
                found = await session.execute(query.order_by(col(Change.position)))
                return [(row[0], row[1] or 0) for row in found]
        finally:
            await database.close()


class Addressed(Protocol):
    @property
    def url(self) -> str: ...


class Served(Protocol):
    @property
    def servers(self) -> Sequence[Addressed]: ...


class Follower(threading.Thread):
    """A client as the README shows one: it remembers the last cursor and goes on from there, wherever it can."""

    DOCUMENT = (
        "subscription($after: StreamCursor) { statusTransitions(after: $after) { cursor sequence order { id } } }"
    )

    def __init__(self, fleet: Served, token: str, after: str, random: Random) -> None:
        super().__init__(daemon=True)
        self._fleet = fleet
        self._token = token
        self._cursor = after
        self._random = random
        self._over = threading.Event()
        self.seen: list[tuple[str, int]] = []
        self.connections = 0
        self.faults: list[Any] = []
        #: With which codes its sockets were closed; None without a close frame.
        self.closes: list[int | None] = []

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._listen(self._random.choice(self._fleet.servers))
            except ConnectionClosed as closed:
                self.closes.append(closed.rcvd.code if closed.rcvd else None)
            except (OSError, WebSocketException, TimeoutError):
                self._over.wait(0.05)

    def finish(self) -> None:
        self._over.set()
        self.join(timeout=10)

    def _listen(self, server: Addressed) -> None:
        address = server.url.replace("http", "ws", 1) + "/graphql"
        with connect(address, subprotocols=["graphql-transport-ws"], open_timeout=2) as socket:  # type: ignore[list-item] # a NewType
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self._token}"}}
            socket.send(json.dumps(init))
            assert json.loads(socket.recv(timeout=5)) == {"type": "connection_ack"}
            payload = {"query": self.DOCUMENT, "variables": {"after": self._cursor}}
            socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            self.connections += 1
            while not self._over.is_set():
                try:
                    message = json.loads(socket.recv(timeout=0.2))
                except TimeoutError:
                    continue
                if message["type"] == "ping":
                    socket.send(json.dumps({"type": "pong"}))
                    continue
                if message["type"] != "next" or "errors" in message["payload"]:
                    self.faults.append(message)
                    return
                event = message["payload"]["data"]["statusTransitions"]
                self._cursor = event["cursor"]
                self.seen.append((event["order"]["id"], event["sequence"]))


def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether the condition holds before the time is over."""
    deadline = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return True
        deadline.wait(0.05)
    return condition()
