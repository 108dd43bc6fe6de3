"""The front door as tests use it: the documents of `queries/` over HTTP and websockets, as this or that account."""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx2
from uuid_utils.compat import uuid7
from websockets.sync.client import ClientConnection, connect

from access.tokens import Tokens
from models.account import Account, AccountKind, AccountType, Session
from models.payment import PrepaidAccount
from tests.running import Running

QUERIES = Path(__file__).resolve().parents[1] / "queries"
_numbers = itertools.count(1)


class Feed:
    """One subscription over a socket of its own."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def next(self, seconds: float = 10) -> Any:
        """The data of the next event; fails the test when none comes, or an error does."""
        message = self._message(seconds)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return next(iter(message["payload"]["data"].values()))

    def refusal(self, seconds: float = 10) -> dict[str, Any]:
        """The error that the subscription ends with."""
        message = self._message(seconds)
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        return dict(errors[0])

    def _message(self, seconds: float) -> Any:
        """The next one that is about the subscription; whether we are still there, is answered."""
        end = time.monotonic() + seconds
        while True:
            message = json.loads(self.socket.recv(timeout=end - time.monotonic()))
            if message["type"] != "ping":
                return message
            self.socket.send(json.dumps({"type": "pong"}))


class Person:
    """An account that is signed in. `run` sends a document of `queries/` and answers with its one root field."""

    def __init__(self, api: "Api", account: Account, token: str) -> None:
        self.api = api
        self.account = account
        self.token = token

    @property
    def id(self) -> UUID:
        return self.account.id

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def run(self, name: str, **variables: Any) -> Any:
        """A mutation's variables are its input's fields; the idempotency key is new unless it is given."""
        text = (QUERIES / f"{name}.graphql").read_text()
        if "$input:" in text:
            if "idempotencyKey" in _fields_of(text) and "idempotencyKey" not in variables:
                variables["idempotencyKey"] = str(uuid7())
            variables = {"input": variables}
        answer = self.send(text, variables)
        assert "errors" not in answer, answer
        fields = {key: value for key, value in answer["data"].items() if key != "streamPosition"}
        return next(iter(fields.values()))

    def send(self, text: str, variables: dict[str, Any] | None = None, **headers: str) -> Any:
        """Any document; the whole answer."""
        body = {"query": text, "variables": variables or {}}
        response = self.api.http.post("/graphql", json=body, headers={**self.headers, **headers})
        return response.json()

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.api.http.get(path, headers={**self.headers, **headers})

    def upload(self, content: bytes = b"%PDF-1.4\nstartxref\n0\n%%EOF\n", name: str = "proof.pdf") -> str:
        """The id of a file that was uploaded."""
        files = {"file": (name, content, "application/pdf")}
        response = self.api.http.post("/uploads", files=files, headers=self.headers)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    @contextmanager
    def follow(self, name: str, **variables: Any) -> Iterator[Feed]:
        """A subscription of `queries/`; transitions come from now on, unless `after` says otherwise."""
        text = (QUERIES / f"{name}.graphql").read_text()
        if "$after" in text and "after" not in variables:
            # What is committed while the subscription begins is not missed.
            variables["after"] = self.position()
        with self.socket() as socket:
            payload = {"query": text, "variables": variables}
            socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            yield Feed(socket)

    def position(self) -> str:
        """The stream's place now."""
        return str(self.send("{ streamPosition }")["data"]["streamPosition"])

    @contextmanager
    def socket(self) -> Iterator[ClientConnection]:
        """A websocket that has been acknowledged."""
        address = self.api.url.replace("http", "ws", 1) + "/graphql"
        with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item] # a NewType
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}
            socket.send(json.dumps(init))
            assert json.loads(socket.recv(timeout=10)) == {"type": "connection_ack"}
            yield socket

    # ------------------------------------------------------------ steps of many stories

    def place(self, *codes: str, **fields: Any) -> dict[str, Any]:
        """A new order of one of each product."""
        lines = [{"productCode": code} for code in codes or ("server",)]
        payload = self.run("place_order", lines=lines, **fields)
        assert payload["errors"] == [], payload
        return dict(payload["order"])

    def pay(self, order: dict[str, Any], token: str = "sandbox_card", kind: str = "CARD", **fields: Any) -> Any:
        """One attempt with a method that is not saved; the whole payload."""
        new_method = {"kind": kind, **({"providerToken": token} if token else {})}
        return self.run("pay_order", orderId=order["id"], source={"newMethod": new_method}, **fields)

    def place_and_pay(self, *codes: str) -> dict[str, Any]:
        """An order in CONFIRMATION."""
        order = self.place(*codes)
        payload = self.pay(order)
        assert payload["order"]["status"] == "CONFIRMATION", payload
        return dict(payload["order"])


class Api:
    """Accounts, and what is done without one."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.url = running.url
        self.http = httpx2.Client(base_url=running.url, timeout=60)
        self._staff: Person | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def send(self, text: str, variables: dict[str, Any] | None = None, **headers: str) -> Any:
        """Any document, signed in as nobody."""
        return self.http.post("/graphql", json={"query": text, "variables": variables or {}}, headers=headers).json()

    def customer(self, *, prepaid: int = 0, **fields: Any) -> Person:
        """A new customer: an individual in France who pays in euro, unless told otherwise."""
        values = {"account_type": AccountType.INDIVIDUAL, "country": "FR", "currency": "EUR", **fields}
        person = self._person(AccountKind.CUSTOMER, **values)
        if prepaid:
            self.running.do(self._fund(person, values["currency"], prepaid))
        return person

    def staff(self) -> Person:
        """A member of staff, the same for the whole test."""
        self._staff = self._staff or self._person(AccountKind.STAFF)
        return self._staff

    def _person(self, kind: AccountKind, **values: Any) -> Person:
        account = self.running.do(self._add(kind, **values))
        return Person(self, account, self.running.do(self._token(account)))

    async def _add(self, kind: AccountKind, **values: Any) -> Account:
        async with self.running.database.writing() as tx:
            account = Account(
                id=uuid7(),
                kind=kind,
                email=f"person{next(_numbers)}.{uuid7().hex[-8:]}@example.com",
                created_at=tx.now,
                **{"name": "Robin Example", "address_lines": ["2 Example Road"], "postal_code": "1000", "city": "Town"}
                | values,
            )
            tx.session.add(account)
        return account

    async def _token(self, account: Account) -> str:
        """As signing in gives it, without the time that hashing takes; it outlasts any moving of the clock."""
        settings = self.running.parts.settings
        tokens = Tokens(settings.secret(), settings.url, timedelta(days=300))
        async with self.running.database.writing() as tx:
            ends = tx.now + timedelta(days=300)
            session = Session(id=uuid7(), account_id=account.id, created_at=tx.now, expires_at=ends)
            tx.session.add(session)
            issued = tokens.issue(
                account_id=account.id, kind=account.kind, session_id=session.id, session_ends=ends, now=tx.now
            )
        return issued.token

    async def _fund(self, person: Person, currency: str, minor: int) -> None:
        async with self.running.database.writing() as tx:
            tx.session.add(PrepaidAccount(customer_id=person.id, currency=currency, balance=minor))


def _fields_of(text: str) -> str:
    """The name of the input that a document takes tells whether it has an idempotency key."""
    keyed = ("PlaceOrderInput", "PayOrderInput", "ReorderInput", "RefundPaymentInput", "ByReferenceInput")
    return "idempotencyKey" if any(name in text for name in keyed) else ""
