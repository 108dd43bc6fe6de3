"""A shop in processes of its own that die by themselves where a failpoint is armed, and what is done in and to it."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

import httpx2

from assembly import assemble
from models.account import AccountKind
from models.database import Database
from models.payment import Payment, PaymentStatus
from reading.audit import Audit, audit_money
from schema.ids import uuid_of
from settings import read_settings
from tests.api import QUERIES
from tests.fleet import PUBLIC_URL, SECRET, Fleet
from tests.peers.stripe import StripePeer
from tests.proof.books import read_books
from tests.proof.invariants import broken
from tests.proof.node import Node
from tests.proof.nursery import Nursery
from tests.proof.passing import at_rest, hurry, overdue

T = TypeVar("T")

#: For what should be at rest within a second.
PATIENCE = 40.0


class Shop:
    """`peer` stands in for Stripe; without one the sandbox takes the payments. The relay runs in the server."""

    def __init__(self, database_url: str, folder: Path, nursery: Nursery, peer: StripePeer | None) -> None:
        self.folder, self.peer = folder, peer
        self._failpoints = folder / "failpoints"
        self._failpoints.mkdir()
        self._fleet = Fleet(database_url, folder, count=0)
        self._runner = asyncio.Runner()
        self.database = Database(database_url.replace("sqlite:", "sqlite+aiosqlite:"))
        self._environment = {
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET,
            "PUBLIC_URL": PUBLIC_URL,
            "DATA_DIR": str(folder),
            "LOG_LEVEL": "WARNING",
            "FAILPOINTS": str(self._failpoints),
            "SANDBOX_SETTLE_SECONDS": "0",
            **(peer.environment if peer else {}),
        }
        self._nursery, self._node = nursery, Node(nursery, self._environment, self.log)
        self.url = self._node.url
        self._http = httpx2.Client(timeout=40)
        self._read: dict[str, str] = {}

    def __enter__(self) -> Self:
        _, self.customer = self._fleet.account(AccountKind.CUSTOMER)
        _, self.staff = self._fleet.account(AccountKind.STAFF)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._node.kill()
        self._http.close()
        self.do(self.database.close())
        self._runner.close()

    # ------------------------------------------------------------ its processes

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> None:
        """Again on the same port after its death."""
        self._node.start()

    @contextmanager
    def second_server(self) -> Iterator[str]:
        """Its address; it does not relay."""
        node = Node(self._nursery, {**self._environment, "RELAY": "false"}, self.log)
        node.start()
        try:
            yield node.url
        finally:
            node.kill()

    def afresh(self) -> None:
        """It lives, nothing is armed, and nothing goes wrong at the provider, which tells nothing by itself."""
        for armed in self._failpoints.iterdir():
            armed.unlink()
        if not self.lives():
            self.start()
        if self.peer is not None:
            self.peer.reset()
            self.peer.deliver_to(f"{self.url}/webhooks/stripe")
            self.peer.webhooks("never")

    def lives(self) -> bool:
        return self._node.lives()

    def arm(self, failpoint: str) -> None:
        """The server will die there, once."""
        (self._failpoints / failpoint).touch()

    def disarm(self, failpoint: str) -> bool:
        """Whether it was still armed: nobody had come there."""
        armed = (self._failpoints / failpoint).exists()
        (self._failpoints / failpoint).unlink(missing_ok=True)
        return armed

    def wait_for_death(self, failpoint: str) -> None:
        """Until somebody has come there and is gone; time passes meanwhile."""
        self._eventually(lambda: not self.lives(), f"dying at {failpoint}", hurrying=True)

    # ------------------------------------------------------------ its front door

    def mutate(self, token: str, name: str, *, url: str = "", **fields: Any) -> Any:
        """The payload; None where the server died over it, and the client does not know what has become of it."""
        body = {"query": (QUERIES / f"{name}.graphql").read_text(), "variables": {"input": fields}}
        headers = {"authorization": f"Bearer {token}"}
        try:
            answer = self._http.post(f"{url or self.url}/graphql", json=body, headers=headers).json()
        except httpx2.TransportError:
            self._eventually(lambda: not self.lives(), "dead, since it does not answer")
            return None
        assert "errors" not in answer, answer
        return next(iter(answer["data"].values()))

    def place(self) -> dict[str, Any]:
        lines = [{"productCode": "server"}]
        placed = self.mutate(self.customer, "place_order", lines=lines, idempotencyKey=uuid4().hex)
        return dict(placed["order"])

    def pay(self, order: dict[str, Any], token: str, key: str | None = None, *, url: str = "") -> Any:
        source = {"newMethod": {"kind": "CARD", "providerToken": token}}
        key = key or uuid4().hex
        return self.mutate(self.customer, "pay_order", url=url, orderId=order["id"], source=source, idempotencyKey=key)

    # ------------------------------------------------------------ behind it

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def id_of(self, order: dict[str, Any]) -> UUID:
        return uuid_of(order["id"], "Order")

    def time_is_over(self, order: dict[str, Any]) -> None:
        """The order's deadline has passed."""
        self.do(overdue(self.database, self.id_of(order)))

    def broken(self, order: dict[str, Any]) -> list[str]:
        """Every invariant that does not hold of it, once it is at rest."""
        books = self.do(read_books(self.database, self.id_of(order), self.peer))
        return broken(books, self._letters())

    def attempt(self, order: dict[str, Any], status: PaymentStatus) -> Payment | None:
        """Its latest attempt in that status."""
        books = self.do(read_books(self.database, self.id_of(order), self.peer))
        return next((each for each in reversed(books.payments) if each.status is status), None)

    def status(self, order: dict[str, Any]) -> str:
        return str(self.do(read_books(self.database, self.id_of(order), self.peer)).order.status)

    def begun(self, order: dict[str, Any]) -> bool:
        """Whether any attempt to pay it was recorded."""
        return bool(self.do(read_books(self.database, self.id_of(order), self.peer)).payments)

    def answer_bank(self, reference: str, *, approve: bool) -> None:
        """As the customer does on the bank's page."""
        if self.peer is not None:
            self.peer.authenticate(reference, approve=approve)
            return
        answer = {"answer": "approve" if approve else "refuse"}
        with contextlib.suppress(httpx2.TransportError):  # it was dying over it, after the answer was kept
            self._http.post(f"{self.url}/sandbox/{reference}", data=answer)

    def audit(self) -> Audit:
        """All that ever moved, by the product's own audit."""
        return self.do(self._audit())

    def wait_for(self, order: dict[str, Any], status: str) -> None:
        """While time passes."""
        self._eventually(lambda: self.status(order) == status, status, hurrying=True)

    def settle(self, order: dict[str, Any]) -> None:
        """Time passes, whoever is dead comes back, and nothing is under way any more."""
        self.do(hurry(self.database, by=timedelta(minutes=2)))
        self._eventually(lambda: self._rests(order), "at rest", hurrying=True)

    async def _audit(self) -> Audit:
        parts = assemble(read_settings({**self._environment, "FAILPOINTS": ""}))  # they are the servers'
        try:
            now = datetime.now(UTC)
            return await audit_money(
                parts.database, parts.provider, since=now - timedelta(days=1), until=now + timedelta(hours=1)
            )
        finally:
            await parts.close()

    def _letters(self) -> Counter[str]:
        """How often each mail was delivered, by its id; every file is read once."""
        for file in (self.folder / "mailbox").glob("[nc][eu][wr]/*"):
            if file.name not in self._read:
                self._read[file.name] = str(message_from_bytes(file.read_bytes())["Message-ID"])
        return Counter(name.strip("<>").partition("@")[0] for name in self._read.values())

    def _rests(self, order: dict[str, Any]) -> bool:
        if not self.lives():  # also where it dies only now
            self.do(hurry(self.database, by=timedelta(minutes=2)))
            self.start()
        if self.peer is not None and self.peer.state()["webhooks"]["under_way"]:
            return False
        return self.do(at_rest(self.database, self.id_of(order)))

    def _eventually(self, condition: Any, what: str, *, hurrying: bool = False) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: not in time; {self.log.read_text()[-3000:] if self.log.exists() else ''}")
            if hurrying:
                self.do(hurry(self.database, by=timedelta()))
            time.sleep(0.03)
