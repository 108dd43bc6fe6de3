"""Case 55: the log is locked by someone who hangs, or all connections are in use: refused in time, good afterwards."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from models.database import Database
from models.engine import POOL_TIMEOUT, STATEMENT_TIMEOUT
from tests.api import QUERIES, Api
from tests.endpoint.wire import hear, subscribe, tell
from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import eventually
from tests.running import Running, run_application

PLACE = (QUERIES / "place_order.graphql").read_text()
ORDER = {"lines": [{"productCode": "book"}], "idempotencyKey": "the same"}
DOCUMENT = "subscription { statusTransitions { sequence } }"


@pytest.fixture
def own(postgresql: PostgreSQL, tmp_path: Path) -> Iterator[Running]:
    with run_application(postgresql.create_database(f"held_up_{uuid4().hex}"), tmp_path) as running:
        yield running


def test_case_55_a_lock_that_is_held_is_not_waited_for(own: Running) -> None:
    with Api(own) as api:
        person = api.customer()
        with person.socket() as wire:
            subscribe(wire, DOCUMENT)
            eventually(lambda: own.application.stream.streams.subscribers == 1, what="it follows")

            async def locked() -> float:
                async with own.database.engine.begin() as connection:
                    await connection.execute(sa.text("SELECT * FROM log_head FOR UPDATE"))
                    began = time.monotonic()
                    answer = await asyncio.to_thread(person.send, PLACE, {"input": ORDER})
                    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
                    return time.monotonic() - began

            assert own.do(locked()) < STATEMENT_TIMEOUT + 3
            tell(wire, {"type": "ping"})
            assert hear(wire) == {"type": "pong"}
            person.run("place_order", **ORDER)
            assert hear(wire)["payload"] == {"data": {"statusTransitions": {"sequence": 1}}}


def test_case_55_connections_that_are_all_in_use_are_not_waited_for(own: Running) -> None:
    with Api(own) as api:
        person = api.customer()
        with person.socket() as wire:
            subscribe(wire, DOCUMENT)
            eventually(lambda: own.application.stream.streams.subscribers == 1, what="it follows")

            async def exhausted() -> tuple[int, float]:
                async with AsyncExitStack() as stack:
                    await _take_all(own.database, stack)
                    began = time.monotonic()
                    answer = await asyncio.to_thread(person.send, "{ viewer { __typename } }")
                    assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
                    took = time.monotonic() - began
                    ready = await asyncio.to_thread(api.http.get, "/readyz")
                    return ready.status_code, took

            ready, took = own.do(exhausted())
            assert (ready, took < POOL_TIMEOUT + 2) == (503, True)
            assert api.http.get("/readyz").status_code == 200
            person.place()
            assert hear(wire)["payload"] == {"data": {"statusTransitions": {"sequence": 1}}}


async def _take_all(database: Database, stack: AsyncExitStack) -> None:
    for engine in {database.engine, database.reader}:
        with suppress(sa.exc.TimeoutError):
            while True:
                await stack.enter_async_context(engine.connect())
