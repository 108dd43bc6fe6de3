"""A shop in processes of its own that die by themselves where a failpoint is armed, and what is done in and to it."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

from models.account import AccountKind
from models.database import Database
from models.payment import Payment, PaymentStatus
from reading.audit import Audit
from schema.ids import uuid_of
from tests.fleet import PUBLIC_URL, SECRET, Fleet
from tests.peers.stripe import StripePeer
from tests.proof.books import Books, audited, read_books, status_of
from tests.proof.door import Door, payload_of
from tests.proof.followed import Followed
from tests.proof.invariants import broken
from tests.proof.node import Node
from tests.proof.nursery import Nursery
from tests.proof.passing import at_rest, believed_ended, believed_failed, hurry, overdue
from tests.proof.written import Written

T = TypeVar("T")

#: For what should be at rest within a second, on a machine that may be busy with other things.
PATIENCE = 90.0
#: Seconds between two looks: at first, and at most.
SHORTEST, LONGEST = 0.01, 0.1


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
        self.url, self.servers = self._node.url, [self._node]
        self.door = Door(self.url, lambda: self._eventually(lambda: not self.lives(), "dead, since it does not answer"))

    def __enter__(self) -> Self:
        _, self.customer = self._fleet.account(AccountKind.CUSTOMER)
        _, self.staff = self._fleet.account(AccountKind.STAFF)
        self.start()
        self._followed = Followed(self, self.staff, self.door.run(self.staff, "{ streamPosition }"))
        secrets = {"our secret": SECRET, "the customer's token": self.customer, "the staff's token": self.staff}
        secrets |= {name: self._environment[name] for name in self._environment if name.startswith("STRIPE_")}
        secrets.pop("STRIPE_API_BASE", None)
        self._written = Written(self.log, self.folder / "mailbox", secrets)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._followed.finish()
        self._node.kill()
        self.door.close()
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
        return self.door.mutate(token, name, url=url, **fields)

    def new_customer(self) -> str:
        return self._fleet.account(AccountKind.CUSTOMER)[1]

    def place(self, *codes: str, by: str = "", **fields: Any) -> dict[str, Any]:
        lines = [{"productCode": code} for code in codes or ("server",)]
        placed = self.mutate(by or self.customer, "place_order", lines=lines, idempotencyKey=uuid4().hex, **fields)
        return dict(placed["order"])

    def pay(self, order: dict[str, Any], token: str, key: str | None = None, *, url: str = "") -> Any:
        answer = self.pay_in_bytes(order, token, key or uuid4().hex, url=url)
        return None if answer is None else payload_of(answer)

    def pay_in_bytes(self, order: dict[str, Any], token: str, key: str, *, url: str = "", by: str = "") -> bytes | None:
        source = {"newMethod": {"kind": "CARD", "providerToken": token}}
        fields = {"orderId": order["id"], "source": source, "idempotencyKey": key}
        return self.door.ask(by or self.customer, "pay_order", url=url, **fields)

    def announce(self, order: dict[str, Any], key: str) -> bytes | None:
        """A transfer of what it costs."""
        fields = {"orderId": order["id"], "source": {"newMethod": {"kind": "BANK_TRANSFER"}}, "idempotencyKey": key}
        return self.door.ask(self.customer, "pay_order", **fields)

    # ------------------------------------------------------------ behind it

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def id_of(self, order: dict[str, Any]) -> UUID:
        return uuid_of(order["id"], "Order")

    def time_is_over(self, order: dict[str, Any]) -> None:
        """The order's deadline has passed."""
        self.do(overdue(self.database, self.id_of(order)))

    def believe_ended(self, order: dict[str, Any]) -> None:
        """The provider's word for it, which it takes back: its customer can still pay."""
        self.do(believed_ended(self.database, self.id_of(order)))

    def believe_failed(self, order: dict[str, Any]) -> None:
        """As if too much time had passed without the provider's telling of the open attempt."""
        self.do(believed_failed(self.database, self.id_of(order)))

    def broken(self, order: dict[str, Any]) -> list[str]:
        """Every invariant that does not hold of it, once it is at rest, and of what was said meanwhile."""
        books, written = self.books(order), self._written.faults()
        return [*broken(books, self._written.letters), *self._missed(books), *written, *self._failures()]

    def books(self, order: dict[str, Any]) -> Books:
        return self.do(read_books(self.database, self.id_of(order), self.peer))

    def attempt(self, order: dict[str, Any], status: PaymentStatus) -> Payment | None:
        """Its latest attempt in that status."""
        return next((each for each in reversed(self.books(order).payments) if each.status is status), None)

    def status(self, order: dict[str, Any]) -> str:
        return self.do(status_of(self.database, self.id_of(order)))

    def begun(self, order: dict[str, Any]) -> bool:
        """Whether any attempt to pay it was recorded."""
        return bool(self.books(order).payments)

    def answer_bank(self, reference: str, *, approve: bool) -> None:
        """As the customer does on the bank's page."""
        if self.peer is not None:
            self.peer.authenticate(reference, approve=approve)
            return
        self.door.answer_sandbox(reference, "approve" if approve else "refuse")

    def audit(self) -> Audit:
        """All that ever moved, by the product's own audit."""
        return self.do(audited({**self._environment, "FAILPOINTS": ""}))  # they are the servers'

    def wait_for(self, order: dict[str, Any], status: str) -> None:
        """While time passes."""
        self._eventually(lambda: self.status(order) == status, status, hurrying=True)

    def settle(self, order: dict[str, Any]) -> None:
        """Time passes, whoever is dead comes back, and nothing is under way any more."""
        self.do(hurry(self.database, by=timedelta(minutes=2)))
        self._eventually(lambda: self._rests(order), "at rest", hurrying=True)

    def unfollowed(self) -> list[str]:
        """Where what a client followed of all orders is not what the log has, in its order. All are to be at rest."""
        log = [(str(order_id), sequence) for order_id, sequence in self._fleet.log_of(None)]
        self._eventually(lambda: len(self._followed.all()) >= len(log), "everything was followed")
        return self._followed.faults(log)

    def _missed(self, books: Books) -> list[str]:
        """The same of one order."""
        name = str(books.order.id)
        log = [(name, change.sequence) for change in books.changes if change.sequence is not None]
        self._eventually(lambda: len(self._followed.all(name)) >= len(log), f"{name} was followed")
        return self._followed.faults(log, name)

    def _failures(self) -> list[str]:
        """What the provider was answered that was no good answer: 503 says that it could not be asked just now."""
        told = self.peer.state()["webhooks"]["tried"] if self.peer else []
        return [f"a webhook was answered {each}" for each in told if each["status"] >= 500 and each["status"] != 503]

    def _rests(self, order: dict[str, Any]) -> bool:
        if not self.lives():  # also where it dies only now
            self.do(hurry(self.database, by=timedelta(minutes=2)))
            self.start()
        # Of the peer only what cannot be seen here is asked.
        return self.do(at_rest(self.database, self.id_of(order))) and not (
            self.peer is not None and self.peer.state()["webhooks"]["under_way"]
        )

    def _eventually(self, condition: Any, what: str, *, hurrying: bool = False) -> None:
        end, pause = time.monotonic() + PATIENCE, SHORTEST
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: not in time; {self.log.read_text()[-3000:] if self.log.exists() else ''}")
            if hurrying:
                self.do(hurry(self.database, by=timedelta()))
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST)
