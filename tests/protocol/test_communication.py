"""How client and server talk: the subprotocol, the form of messages, many operations at once, and closing."""

import pytest

from tests.endpoint.serving import Toy
from tests.endpoint.toy import listening
from tests.protocol.talk import Talk, kinds
from tests.protocol.target import INVALID, PROTOCOL, QUERY, Target, toy_target


@pytest.mark.parametrize("offered", [(PROTOCOL,), ("soap", PROTOCOL), (PROTOCOL, "graphql-ws")])
def test_server_picks_the_subprotocol_out_of_those_on_offer(target: Target, offered: tuple[str, ...]) -> None:
    with target.socket(*offered) as socket:
        assert socket.subprotocol == PROTOCOL


@pytest.mark.parametrize("offered", [(), ("graphql-ws",), ("graphql-sse",), ("GRAPHQL-TRANSPORT-WS",)])
def test_server_speaks_no_other_subprotocol(target: Target, offered: tuple[str, ...]) -> None:
    with target.socket(*offered) as socket:
        assert socket.subprotocol is None
        assert Talk(socket).closing()[0] == 4406


def test_messages_are_json_objects_in_text_frames(talk: Talk) -> None:
    # `hear` looks at the frame of each of them.
    assert kinds(talk.run(QUERY)) == ["next", "complete"]
    assert kinds(talk.run(INVALID)) == ["error"]


def test_both_sides_follow_the_forms(talk: Talk, target: Target) -> None:
    talk.send(type="ping", payload={"some": ["thing"]})
    talk.send(type="pong", payload=None)
    talk.subscribe(target.need("events"))

    assert set(kinds(talk.hear_end())) == {"pong", "next", "complete"}


def test_every_message_has_a_type(talk: Talk, target: Target) -> None:
    heard = [*talk.run(target.need("events")), *talk.run(INVALID), *talk.run(target.need("throws"))]

    assert set(kinds(heard)) >= {"next", "complete", "error"}


@pytest.mark.parametrize("operation", ["1", "é ✓", "0f8b2c1e-7a0f-4f62-9c5b-3f0d5c7d9e11", " "])
def test_messages_of_an_operation_have_its_id_as_it_came(talk: Talk, operation: str) -> None:
    assert [message["id"] for message in talk.run(QUERY, operation)] == [operation] * 2
    assert [message["id"] for message in talk.run(INVALID, operation)] == [operation]


def test_operations_run_at_the_same_time_and_their_messages_mix(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("silent"), "silent")
    for operation in ("a", "b"):
        talk.subscribe(target.need("events"), operation)
    heard = talk.hear_end("a")
    if ("complete", "b") not in [(message["type"], message.get("id")) for message in heard]:
        heard += talk.hear_end("b")

    first_of_b = next(place for place, message in enumerate(heard) if message["id"] == "b")
    end_of_a = heard.index({"type": "complete", "id": "a"})
    assert first_of_b < end_of_a
    assert {message["id"] for message in heard} == {"a", "b"}


def test_server_may_close_at_any_time(toy: Toy) -> None:
    target = toy_target(toy.port, init_seconds=5)
    with target.acknowledged() as talk, target.opened() as newcomer:
        talk.subscribe(target.need("silent"))
        talk.pong()
        newcomer.pong()
        toy.run(toy.sockets.close_all)

        assert talk.closing() == newcomer.closing() == (1012, "Service restart")


def test_close_frame_tells_what_was_fatal(target: Target) -> None:
    with target.opened() as talk:
        talk.subscribe(QUERY)
        assert talk.closing() == (4401, "Unauthorized")
    with target.acknowledged() as talk:
        talk.send(type="connection_init")
        assert talk.closing() == (4429, "Too many initialisation requests")


def test_client_leaves_with_1000_and_is_answered_alike(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("silent"))
    talk.pong()
    talk.socket.close(1000)

    assert talk.closing()[0] == 1000
    with target.acknowledged() as other:
        assert other.is_alive()


def test_what_a_client_that_left_had_running_ends(toy: Toy) -> None:
    target = toy_target(toy.port, init_seconds=5)
    toy.wait_until(lambda: not listening)
    with target.acknowledged() as talk:
        for operation in ("left running", "completed before"):
            talk.subscribe(target.need("silent"), operation)
        toy.wait_until(lambda: len(listening) == 2)
        talk.complete("completed before")
        toy.wait_until(lambda: len(listening) == 1)

    toy.wait_until(lambda: not listening)
