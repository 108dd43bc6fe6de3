"""The clients of those who wrote the protocols get along with our server, and come back after it sent them away."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.api import QUERIES, Api, Person
from tests.endpoint.serving import Toy
from tests.protocol.reference import Name, line_to, reference_client

pytestmark = pytest.mark.timeout(180)

CLIENTS: list[Name] = ["graphql-ws", "graphql-sse"]
CHANGES = (QUERIES / "order_changes.graphql").read_text()


def address(client: Name, url: str) -> str:
    return url.replace("http", "ws", 1) if client == "graphql-ws" else url


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ hello }", [{"hello": "Hello world"}]),
        ('mutation { note(text: "x") }', [{"note": "x"}]),
        ("subscription { ticks(pause: 0.01) }", [{"ticks": 0}, {"ticks": 1}, {"ticks": 2}]),
    ],
)
def test_operation_runs_to_its_end(
    toy: Toy, tmp_path: Path, client: Name, query: str, expected: list[dict[str, Any]]
) -> None:
    with reference_client(client, address(client, toy.url), query, folder=tmp_path) as run:
        run.wait_for("complete")

        assert [result["data"] for result in run.saw("next")] == expected
        assert run.saw("error") == []


def test_refusal_reaches_the_error_of_a_socket_client(toy: Toy, tmp_path: Path) -> None:
    url = address("graphql-ws", toy.url)
    with reference_client("graphql-ws", url, "{ nonsense }", folder=tmp_path) as run:
        ((error,),) = run.wait_for("error")

        assert error["extensions"] == {"code": "BAD_USER_INPUT"}


def test_refusal_reaches_a_stream_client_as_a_result(toy: Toy, tmp_path: Path) -> None:
    with reference_client("graphql-sse", toy.url, "{ nonsense }", folder=tmp_path) as run:
        run.wait_for("complete")

        ((error,),) = [result["errors"] for result in run.saw("next")]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("code", [1012, 1013])
def test_socket_client_that_is_sent_away_comes_back_and_goes_on(api: Api, tmp_path: Path, code: int) -> None:
    sockets = api.running.application.sockets

    async def send_away() -> None:
        sockets.close_all(code=code, reason="Come back")

    person = api.customer()
    _must_see_all(person, tmp_path, "graphql-ws", api.url, lambda: api.running.do(send_away()))


@pytest.mark.parametrize("client", CLIENTS)
def test_client_whose_line_was_cut_comes_back_and_goes_on(api: Api, tmp_path: Path, client: Name) -> None:
    with line_to(urlsplit(api.url).port or 80) as line:
        _must_see_all(api.customer(), tmp_path, client, f"http://127.0.0.1:{line.port}", line.cut)


def _must_see_all(person: Person, folder: Path, client: Name, url: str, interrupt: Callable[[], None]) -> None:
    """Each transition of the person's orders once and in order, over two interruptions."""
    variables = {"after": person.position()}
    authorization = person.headers["authorization"]
    expected = []
    with reference_client(
        client,
        address(client, f"{url}/graphql"),
        CHANGES,
        folder=folder,
        authorization=authorization,
        variables=variables,
    ) as run:
        for connections in (1, 2, 3):
            run.wait_for("connected", connections)
            order = person.place_and_pay("server")
            expected += [(order["number"], 1), (order["number"], 2)]
            run.wait_for("next", len(expected))
            interrupt()
        run.wait_for("connected", 4)
        seen = [result["data"]["statusTransitions"] for result in run.saw("next")]

    assert [(each["order"]["number"], each["sequence"]) for each in seen] == expected
    assert run.saw("error") == []
