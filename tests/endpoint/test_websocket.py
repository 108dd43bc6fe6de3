"""What this endpoint adds to graphql-transport-ws, which tests/protocol goes through: codes, contexts, origins."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.endpoint.serving import Toy
from tests.endpoint.wire import acknowledged, hear, run, tell


@pytest.mark.parametrize(
    "query",
    ["{", "{ nonsense }", "query ($n: Int!) { number(value: $n) }", "query A { hello } query B { hello }", ""],
)
def test_a_refused_document_ends_its_operation_and_not_the_socket(toy: Toy, query: str) -> None:
    with acknowledged(toy) as socket:
        (refusal,) = run(socket, query)

        assert refusal["type"] == "error"
        assert [error["extensions"] for error in refusal["payload"]] == [{"code": "BAD_USER_INPUT"}]
        assert run(socket, "{ hello }")[-1] == {"id": "1", "type": "complete"}


def test_a_subscription_that_is_refused_ends_with_an_error(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        assert run(socket, "subscription { nothingThere }") == [
            {
                "id": "1",
                "type": "error",
                "payload": [{"message": "There is no such thing.", "extensions": {"code": "NOT_FOUND"}}],
            }
        ]


def test_each_operation_and_each_event_has_a_context_of_its_own(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        queries = [run(socket, "{ serial }")[0]["payload"]["data"]["serial"] for _ in range(2)]
        *events, _ = run(socket, "subscription { reads { serial count again: count } }")
    readings = [event["payload"]["data"]["reads"] for event in events]

    serials = queries + [reading["serial"] for reading in readings]
    assert len(set(serials)) == 4
    assert [(reading["count"], reading["again"]) for reading in readings] == [(1, 2), (1, 2)]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "https://shop.example.evil.io",
        "https://evilshop.example",
        "http://shop.example",
        "https://shop.example:444",
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        "file://",
    ],
)
def test_case_26_a_foreign_page_opens_no_socket(toy: Toy, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, toy.socket(origin=origin, headers={"Cookie": "session=valid"}):
        pass

    assert refused.value.response.status_code == 403


def test_our_pages_and_those_that_were_allowed_open_sockets(toy: Toy) -> None:
    for origin in (f"http://127.0.0.1:{toy.port}", "https://shop.example", None):
        with toy.socket(origin=origin) as socket:
            tell(socket, {"type": "connection_init"})
            assert hear(socket) == {"type": "connection_ack"}


def test_case_49_limits_and_masks_are_those_of_http(toy: Toy) -> None:
    for query in ("mutation {" + "".join(f" a{n}: note" for n in range(11)) + " }", "{ refused hello }", "{ boom }"):
        over_http = toy.ask(query)
        with acknowledged(toy) as socket:
            answer = run(socket, query)[0]

        payload = answer["payload"] if answer["type"] == "next" else {"errors": answer["payload"]}
        for error in payload["errors"] + over_http["errors"]:
            error["extensions"].pop("correlationId", None)
        assert payload == over_http
