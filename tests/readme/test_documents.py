"""The README's GraphQL documents are valid and come to what it shows."""

import json

import pytest
from graphql import parse, validate
from websockets.sync.client import connect

from application import make_schema
from tests.peers.programs import Server
from tests.readme.blocks import BLOCKS, Block, under
from tests.visitor import Visitor

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "graphql"])
def test_documents_are_valid(block: Block) -> None:
    assert validate(make_schema()._schema, parse(block.text)) == []


def test_query_comes_to_the_error_that_is_shown(demo: Server) -> None:
    document, shown = under("Errors", "graphql", "json")

    assert Visitor(demo, "customer@example.com").send(document.text) == json.loads(shown.text)


def test_subscription_follows_from_the_position_that_was_read(demo: Server) -> None:
    customer = Visitor(demo, "customer@example.com")
    variables = {"after": customer.position()}
    order = customer.place("book-mail")

    with connect(f"{demo.url}/graphql".replace("http", "ws"), subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item] # a NewType
        for message in (
            {"type": "connection_init", "payload": {"authorization": f"Bearer {customer.token}"}},
            {
                "type": "subscribe",
                "id": "1",
                "payload": {"query": under("Connect a client")[0].text, "variables": variables},
            },
        ):
            socket.send(json.dumps(message))
        assert json.loads(socket.recv(timeout=20))["type"] == "connection_ack"
        transition = json.loads(socket.recv(timeout=20))["payload"]["data"]["statusTransitions"]

    assert (transition["to"], transition["order"]) == ("UNPAID", {"number": order["number"]})
