"""Case 61: many sockets that connect at once, of one account and of many, cost the database a few statements."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect

from tests.api import Api, Person
from tests.asking import noting
from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import eventually
from tests.running import Running, run_application

SOCKETS = 300
DOCUMENT = "subscription($after: StreamCursor) { statusTransitions(after: $after) { sequence } }"


@pytest.fixture(params=["sqlite", "postgresql"])
def roomy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    url = f"sqlite:///{tmp_path / 'orders.sqlite3'}"
    if request.param == "postgresql":
        postgresql: PostgreSQL = request.getfixturevalue("postgresql")
        url = postgresql.create_database(f"storm_{uuid4().hex}")
    limits = {"SOCKETS_PER_ACCOUNT": "1000", "SOCKETS_PER_ADDRESS": "1000"}
    with run_application(url, tmp_path, **limits) as running:
        yield running


@contextmanager
def statements(running: Running) -> Iterator[list[str]]:
    """All that is asked of the database meanwhile, but for what is asked again and again whoever comes."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN") and "UNION ALL" not in statement:
            asked.append(statement)

    with noting(running.database, note):
        yield asked


def test_a_storm_of_sockets_is_few_statements(roomy: Running) -> None:
    with Api(roomy) as api:
        people = [api.customer() for _ in range(5)]
        for person in people:
            person.place()
        place, before = people[0].position(), _left_over(roomy)
        for person in people:
            person.place()
        with statements(roomy) as asked:
            answers = asyncio.run(_come_at_once(roomy.url, people, place))
        eventually(lambda: _left_over(roomy) == before, what="nothing is left of them")

    assert answers == [{"statusTransitions": {"sequence": 1}}] * SOCKETS
    sessions = [statement for statement in asked if "sessions" in statement]
    assert 0 < len(sessions) < SOCKETS / 10
    assert len(asked) < SOCKETS / 5


def _left_over(running: Running) -> tuple[int, int, int]:
    """Sockets, subscribers, and tasks of the server."""

    async def count() -> tuple[int, int, int]:
        application = running.application
        return len(application.sockets), application.stream.streams.subscribers, len(asyncio.all_tasks())

    return running.do(count())


async def _come_at_once(url: str, people: list[Person], place: str) -> list[Any]:
    """The first thing that each of them is sent, with all of them still there."""
    async with AsyncExitStack() as stack:

        async def come(person: Person) -> Any:
            address = url.replace("http", "ws", 1) + "/graphql"
            opening = connect(address, subprotocols=["graphql-transport-ws"], compression=None, open_timeout=60)  # type: ignore[list-item] # a NewType
            socket = await stack.enter_async_context(opening)
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {person.token}"}}
            await socket.send(json.dumps(init))
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            payload = {"query": DOCUMENT, "variables": {"after": place}}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            return json.loads(await socket.recv())["payload"]["data"]

        return await asyncio.gather(*(come(people[n % len(people)]) for n in range(SOCKETS)))
