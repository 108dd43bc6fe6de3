"""The README's clients follow an order, and go on where they were after the server was killed and started again."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.processes import REPOSITORY, Process, eventually
from tests.peers.programs import Server
from tests.readme.blocks import under
from tests.visitor import Visitor
from tools import node

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]

CLIENTS = REPOSITORY / "tests" / "clients"


class Follower:
    """A client in a process of its own; it prints the number, from and to of each transition."""

    def __init__(self, command: list[str | Path], log: Path) -> None:
        self.process = Process(command, log=log)

    def must_have_seen(self, expected: list[str]) -> None:
        def seen() -> list[str]:
            return [line for line in self.process.log.read_text().splitlines() if "→" in line]

        try:
            eventually(lambda: len(seen()) >= len(expected), what=f"{len(expected)} transitions", seconds=60)
        finally:
            assert seen() == expected, self.process.log_end()


@pytest.fixture(params=["javascript", "python"])
def follower(request: pytest.FixtureRequest, demo: Server, tmp_path: Path, customer: Visitor) -> Iterator[Follower]:
    """From the stream's position on, as the customer."""
    arguments = [customer.token, customer.position()]
    command = _javascript(demo, tmp_path) if request.param == "javascript" else _python(demo, tmp_path)
    follower = Follower([*command, *arguments], tmp_path / "client.log")
    yield follower
    follower.process.kill()


@pytest.fixture
def customer(demo: Server) -> Visitor:
    return Visitor(demo, "customer@example.com")


def test_misses_nothing_and_sees_nothing_twice(demo: Server, customer: Visitor, follower: Follower) -> None:
    expected = _place_and_pay(customer)
    follower.must_have_seen(expected)

    demo.kill()
    demo.start(seconds=60)
    expected += _place_and_pay(customer)

    follower.must_have_seen(expected)


def _place_and_pay(customer: Visitor) -> list[str]:
    """What a follower prints of it."""
    order = customer.place("book-mail")
    customer.pay(order)
    return [f"{order['number']} None → UNPAID", f"{order['number']} UNPAID → CONFIRMATION"]


def _javascript(demo: Server, folder: Path) -> list[str | Path]:
    node.npm_ci(CLIENTS)
    (block,) = under("JavaScript: urql and graphql-ws", "js")
    (folder / "orders.mjs").write_text(block.text)
    (folder / "follow.mjs").write_text((CLIENTS / "follow.mjs").read_text())
    (folder / "node_modules").symlink_to(CLIENTS / "node_modules")
    return [node.executable(), folder / "follow.mjs", REPOSITORY / "queries", demo.url]


def _python(demo: Server, folder: Path) -> list[str | Path]:
    (block,) = under("Python: gql", "python")
    (folder / "follow_with_gql.py").write_text(block.text)
    return [sys.executable, folder / "follow_with_gql.py", f"{demo.url.replace('http', 'ws')}/graphql"]
