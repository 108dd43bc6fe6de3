"""Case 32: what the log of a real server says of requests and failures, and that no secret stands in it."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from uuid_utils.compat import uuid7

from access.passwords import Passwords
from logs import redact
from models.account import Account, AccountKind, AccountType
from models.database import Database
from models.migrating import upgrade
from tests.catalogue import fill_catalogue
from tests.peers.programs import Server

EMAIL, PASSWORD = "robin.canary@example.com", "canary-password"
SECRET_KEY = "canary-secret-of-the-server-0123456789"


@dataclass
class Shop:
    server: Server
    http: httpx2.Client
    file: Path

    def ask(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> httpx2.Response:
        return self.http.post("/graphql", json={"query": query, "variables": variables or {}}, headers=headers)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.server.log.read_text().splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("log")
    file = folder / "orders.sqlite3"
    asyncio.run(_prepare(f"sqlite+aiosqlite:///{file}"))
    environment = {
        "DATABASE_URL": f"sqlite:///{file}",
        "SECRET_KEY": SECRET_KEY,
        "DATA_DIR": str(folder),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "DEBUG",
    }
    with Server(folder=folder, environment=environment) as server, httpx2.Client(base_url=server.url) as http:
        yield Shop(server, http, file)


async def _prepare(url: str) -> None:
    database = Database(url)
    await upgrade(database.engine)
    await fill_catalogue(database)
    async with database.writing() as tx:
        tx.session.add(
            Account(
                id=uuid7(),
                kind=AccountKind.CUSTOMER,
                email=EMAIL,
                name="Robin Canary",
                created_at=tx.now - timedelta(days=1),
                password_hash=await Passwords().hash(PASSWORD),
                account_type=AccountType.INDIVIDUAL,
                country="FR",
                currency="EUR",
                city="Canary",
                postal_code="1000",
                address_lines=["2 Canary Road"],
            )
        )
    await database.close()


def test_secrets_and_what_people_type_never_reach_the_log(shop: Shop) -> None:
    sign_in = f'mutation {{ signIn(input: {{email: "{EMAIL}", password: "%s"}}) {{ token }} }}'
    shop.ask(sign_in % "canary-wrong")
    token = shop.ask(sign_in % PASSWORD).json()["data"]["signIn"]["token"]
    bearer = {"authorization": f"Bearer {token}"}
    place = """mutation ($voucher: String) { placeOrder(input: {lines: [{productCode: "book"}], voucherCode: $voucher,
        idempotencyKey: "canary-key"}) { order { number } errors { code } } }"""
    for query, variables in (
        (place, {"voucher": "canary-voucher"}),
        ('{ order(number: "canary-literal") { id } }', {}),
        ('{ nonsense(of: "canary-invalid") }', {}),
        ('{ order(number: "canary-unclosed) { id } }', {}),
        ("query ($n: Int!) { orders(first: $n) { totalCount } }", {"n": "canary-variable"}),
        ('{ orders(filter: {search: "4242 4242 4242 4242"}) { totalCount } }', {}),
    ):
        assert shop.ask(query, variables, **bearer).status_code == 200
    shop.ask("{ viewer { __typename } }", authorization="Bearer canary-forged")
    shop.ask("{ viewer { __typename } }", authorization="Basic canary-basic", cookie=f"orders_session={token}")
    shop.http.get("/graphql", params={"query": '{ order(number: "canary-address") { id } }'})
    own = {"origin": shop.server.url}
    shop.http.post("/sign-in", data={"email": EMAIL, "password": "canary-form"}, headers=own)
    shop.http.post("/sign-in?next=/canary-next", data={"email": EMAIL, "password": PASSWORD}, headers=own)
    shop.http.post("/uploads", files={"file": ("canary-name.pdf", b"canary-content")}, headers=bearer)

    text = shop.server.log.read_text()
    assert len([entry for entry in shop.log() if entry["event"] == "request"]) >= 14
    assert "canary" not in text.lower(), [line for line in text.splitlines() if "canary" in line.lower()]
    assert token not in text
    assert "4242 4242" not in text


def test_a_failure_is_masked_and_found_in_the_log_by_its_id(shop: Shop) -> None:
    """A table is missing, which no client can mend and none is told of."""
    document = '{ products(first: 1) { nodes { code price { formatted(locale: "canary-locale") } } } }'
    with sqlite3.connect(shop.file) as connection:
        connection.execute("ALTER TABLE prices RENAME TO prices_away")
    try:
        answer = shop.ask(document)
        named = shop.ask(document, None, **{"x-request-id": "from-the-client.1"})
    finally:
        with sqlite3.connect(shop.file) as connection:
            connection.execute("ALTER TABLE prices_away RENAME TO prices")
        connection.close()

    error = answer.json()["errors"][0]
    identifier = error["extensions"]["correlationId"]
    assert error["message"] == "Something went wrong on our side."
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["path"] == ["products", "nodes", 0, "price"]
    assert "prices" not in answer.text
    assert identifier == answer.headers["x-request-id"]
    (failure,) = [entry for entry in shop.log() if entry["event"] == "failed" and entry["correlation_id"] == identifier]
    assert "no such table: prices" in failure["exception"]
    assert (failure["level"], failure["path"]) == ("error", "products.nodes.0.price")
    assert named.headers["x-request-id"] == "from-the-client.1"
    assert named.json()["errors"][0]["extensions"]["correlationId"] == "from-the-client.1"
    assert "canary" not in shop.server.log.read_text().lower()


def test_mail_addresses_are_hidden_and_what_a_thing_is_found_by_is_not() -> None:
    identifier = "01993482-0193-7421-8934-820193482019"
    said = {"mail": identifier, "reason": "550 5.1.1 <robin.canary+shop@mail.example.com>: no such mailbox"}

    assert redact(None, "error", said) == {"mail": identifier, "reason": "550 5.1.1 <…>: no such mailbox"}


def test_a_row_that_the_database_refuses_is_not_repeated() -> None:
    """PostgreSQL tells all of it."""
    row = 'null value in column "total"\nDETAIL:  Failing row contains (1, Robin\n\nCanary, FR7600).\n'
    left = 'null value in column "total"\nDETAIL: …\n'

    for behind in ("", "[SQL: INSERT]", "HINT:  None.", "The above exception was the direct cause."):
        assert redact(None, "error", {"exception": row + behind}) == {"exception": left + behind}
