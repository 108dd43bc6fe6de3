"""graphql-transport-ws, sentence by sentence: who is let in, what runs, what a fault is answered with."""

import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from endpoint.limits import Limits
from tests.endpoint.serving import Toy, served
from tests.endpoint.wire import acknowledged, announce, closing, hear, run, subscribe, tell


def test_queries_mutations_and_subscriptions_run(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        assert run(socket, "{ hello }") == [
            {"id": "1", "type": "next", "payload": {"data": {"hello": "Hello world"}}},
            {"id": "1", "type": "complete"},
        ]
        assert run(socket, "subscription { ticks }") == [
            *({"id": "1", "type": "next", "payload": {"data": {"ticks": tick}}} for tick in range(3)),
            {"id": "1", "type": "complete"},
        ]
        (answer, _) = run(
            socket,
            "query A { hello } mutation B($t: String!) { note(text: $t) }",
            variables={"t": "x"},
            operationName="B",
            extensions={"any": 1},
        )
        assert answer["payload"] == {"data": {"note": "x"}}


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


def test_a_source_that_breaks_ends_with_a_masked_error(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        first, error = run(socket, "subscription { breaks }")

    assert first["payload"] == {"data": {"breaks": 0}}
    assert error["payload"][0]["extensions"]["code"] == "INTERNAL"
    assert "canary" not in json.dumps(error)


def test_each_operation_and_each_event_has_a_context_of_its_own(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        queries = [run(socket, "{ serial }")[0]["payload"]["data"]["serial"] for _ in range(2)]
        *events, _ = run(socket, "subscription { reads { serial count again: count } }")
    readings = [event["payload"]["data"]["reads"] for event in events]

    serials = queries + [reading["serial"] for reading in readings]
    assert len(set(serials)) == 4
    assert [(reading["count"], reading["again"]) for reading in readings] == [(1, 2), (1, 2)]


def test_case_24_nobody_subscribes_before_being_let_in(toy: Toy) -> None:
    with toy.socket() as socket:
        subscribe(socket, "{ hello }")

        assert closing(socket)[0] == 4401


@pytest.mark.parametrize("subprotocol", ["graphql-ws", "graphql-sse", "soap"])
def test_case_25_only_one_subprotocol_is_spoken(toy: Toy, subprotocol: str) -> None:
    with toy.socket(subprotocol) as socket:
        assert socket.subprotocol is None
        assert closing(socket)[0] == 4406


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


def test_case_27_a_second_init_is_one_too_many(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        tell(socket, {"type": "connection_init"})

        assert closing(socket)[0] == 4429


@pytest.mark.parametrize("payload", [[], "x", 5, {"authorization": "x" * 10_000}])
def test_case_27_an_init_with_a_wrong_payload(toy: Toy, payload: Any) -> None:
    with toy.socket() as socket:
        tell(socket, {"type": "connection_init", "payload": payload})

        assert closing(socket)[0] == 4400


@pytest.mark.parametrize("message", [{}, {"payload": None}, {"payload": {}}])
def test_an_init_needs_no_payload(toy: Toy, message: dict[str, object]) -> None:
    with toy.socket() as socket:
        tell(socket, {"type": "connection_init", **message})

        assert hear(socket) == {"type": "connection_ack"}


@pytest.mark.parametrize("message", [{}, {"payload": None}, {"payload": {"a": [1, None]}}])
def test_a_ping_is_answered_with_its_payload_even_before_init(toy: Toy, message: dict[str, Any]) -> None:
    with toy.socket() as socket:
        tell(socket, {"type": "ping", **message})

        expected = {"payload": message["payload"]} if message.get("payload") else {}
        assert hear(socket) == {"type": "pong", **expected}


def test_case_46_pings_without_end_are_cut_off(toy: Toy) -> None:
    with toy.socket() as socket:
        with suppress(ConnectionClosed):
            for _ in range(300):
                tell(socket, {"type": "ping"})

        assert closing(socket) == (1013, "Too many messages")
    assert toy.ask("{ hello }")["data"] == {"hello": "Hello world"}


def test_case_46_a_socket_that_says_nothing_is_closed() -> None:
    with served(Limits(init_timeout=Limits().init_timeout / 20)) as hasty, hasty.socket() as socket:
        assert closing(socket)[0] == 4408


@pytest.mark.parametrize(
    "frame",
    [
        "[]",
        "null",
        "5",
        '"x"',
        "{}",
        "{",
        "",
        "\0",
        '{"type": 5}',
        '{"type": ["ping"]}',
        '{"type": "ping", "payload": 5}',
        '{"type": "pong", "payload": "x"}',
        '{"type": "start", "id": "1", "payload": {}}',
        '{"type": "next", "id": "1", "payload": {}}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": ["1"], "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": {}, "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": "1", "payload": null}',
        '{"type": "subscribe", "id": "1", "payload": "x"}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": "zzz"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "operationName": 5}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "extensions": 5}}',
        '{"type": "complete"}',
        '{"type": "complete", "id": {}}',
        '{"type": "ping", "payload": {"n": ' + "[" * 5_000 + "]" * 5_000 + "}}",
        '{"type": "ping", "payload": {"n": ' + "9" * 5_000 + "}}",
        '{"type": "ping", "payload": {"n": "\\ud800"}}',
        b"\x00\x01",
        b'{"type": "ping"}',
    ],
)
def test_case_47_bad_frames_are_answered_with_4400(toy: Toy, frame: str | bytes) -> None:
    with acknowledged(toy) as socket:
        socket.send(frame)

        assert closing(socket)[0] == 4400


def test_case_47_a_frame_that_is_too_big_is_1009(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        announce(socket, 64 * 1024 + 1)

        assert closing(socket)[0] == 1009


def test_case_48_operations_of_one_socket_are_bounded(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        for number in range(20):
            subscribe(socket, "subscription { forever }", str(number))
        opened = {hear(socket)["id"] for _ in range(20)}
        subscribe(socket, "{ hello }", "one more")

        assert opened == {str(number) for number in range(20)}
        assert hear(socket) == {
            "id": "one more",
            "type": "error",
            "payload": [{"message": "Subscription limit reached", "extensions": {"code": "RATE_LIMITED"}}],
        }
        tell(socket, {"id": "7", "type": "complete"})
        assert run(socket, "{ hello }", operation_id="one more")[-1] == {"id": "one more", "type": "complete"}


def test_case_48_an_id_is_used_once_at_a_time(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        run(socket, "{ hello }")
        run(socket, "{ hello }")
        subscribe(socket, "subscription { forever }")
        subscribe(socket, "{ hello }")

        assert closing(socket)[0] == 4409


def test_case_48_ending_what_does_not_run_is_no_fault(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        tell(socket, {"id": "unknown", "type": "complete"})

        assert run(socket, "{ hello }")[-1] == {"id": "1", "type": "complete"}


def test_a_client_ends_a_subscription_and_hears_no_more_of_it(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        subscribe(socket, "subscription { forever }")
        hear(socket)
        tell(socket, {"id": "1", "type": "complete"})
        tell(socket, {"type": "ping"})

        assert hear(socket) == {"type": "pong"}
        assert run(socket, "{ hello }")[-1] == {"id": "1", "type": "complete"}


def test_case_49_limits_and_masks_are_those_of_http(toy: Toy) -> None:
    for query in ("mutation {" + "".join(f" a{n}: note" for n in range(11)) + " }", "{ refused hello }", "{ boom }"):
        over_http = toy.ask(query)
        with acknowledged(toy) as socket:
            answer = run(socket, query)[0]

        payload = answer["payload"] if answer["type"] == "next" else {"errors": answer["payload"]}
        for error in payload["errors"] + over_http["errors"]:
            error["extensions"].pop("correlationId", None)
        assert payload == over_http
