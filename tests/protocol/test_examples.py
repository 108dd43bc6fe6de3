"""The sequences that the protocol shows as examples, from the handshake on."""

import time

import pytest

from tests.protocol.talk import Talk, kinds
from tests.protocol.target import INVALID, PROTOCOL, QUERY, Target


def test_letting_in(target: Target) -> None:
    with target.socket(PROTOCOL) as socket:
        assert socket.subprotocol == PROTOCOL
        talk = Talk(socket)
        assert talk.introduce(target.init)["type"] == "connection_ack"
        assert kinds(talk.run(QUERY)) == ["next", "complete"]


def test_running_out_of_time_before_being_let_in(hasty: Target) -> None:
    with hasty.socket(PROTOCOL) as socket:
        assert socket.subprotocol == PROTOCOL
        started = time.monotonic()
        assert Talk(socket).closing() == (4408, "Connection initialisation timeout")
        assert time.monotonic() - started < hasty.need("init_seconds") + 5


def test_stream_that_the_server_ends(talk: Talk, target: Target) -> None:
    heard = talk.run(target.need("events"), "f3a1")

    assert kinds(heard) == ["next"] * (len(heard) - 1) + ["complete"]


def test_stream_that_the_client_ends(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("events"), "f3a1")
    assert talk.hear()["id"] == "f3a1"
    talk.complete("f3a1")
    talk.pong()

    assert {message["id"] for message in talk.run(target.need("events"), "f3a2")} == {"f3a2"}


def test_stream_that_both_end_at_once(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("events"), "f3a1")
    heard = talk.hear_end("f3a1")
    talk.complete("f3a1")

    assert heard[-1] == {"id": "f3a1", "type": "complete"}
    assert talk.pong() == []
    assert talk.is_alive()


def test_stream_whose_id_is_taken(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("silent"), "f3a1")
    talk.subscribe(target.need("events"), "f3a1")

    assert talk.closing() == (4409, "Subscriber for f3a1 already exists")


def test_stream_that_is_refused_before_it_begins(talk: Talk) -> None:
    (refusal,) = talk.run(INVALID.replace("{", "subscription {", 1), "f3a1")

    assert refusal["type"] == "error"
    assert kinds(talk.run(QUERY, "f3a1")) == ["next", "complete"]  # it counts as complete


def test_single_result(talk: Talk) -> None:
    assert kinds(talk.run(QUERY, "f3a1")) == ["next", "complete"]


def test_single_result_and_stream_share_ids_and_the_socket(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("events"), "stream")
    talk.subscribe(target.need("slow"), "single")
    heard: list[tuple[str, str]] = []
    while heard.count(("complete", "stream")) + heard.count(("complete", "single")) < 2:
        message = talk.hear()
        heard.append((message["type"], message["id"]))

    assert heard.count(("next", "single")) == 1
    talk.subscribe(target.need("slow"), "shared")
    talk.subscribe(target.need("events"), "shared")
    assert talk.closing()[0] == 4409


@pytest.mark.parametrize("heard_first", [False, True])
def test_single_result_that_the_client_completes(talk: Talk, target: Target, heard_first: bool) -> None:
    talk.subscribe(target.need("slow"), "single")
    if heard_first:
        talk.hear_end("single")
    talk.complete("single")

    assert {message["id"] for message in talk.run(target.need("slow"), "again")} == {"again"}
