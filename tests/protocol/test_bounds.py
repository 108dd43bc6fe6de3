"""What the protocol leaves to a server and ours bounds: how much, how fast, how long, with what in common."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from websockets.exceptions import ConnectionClosed

from endpoint.limits import Limits
from tests.endpoint.serving import Toy, served
from tests.protocol.talk import kinds
from tests.protocol.target import QUERY, Target, named_target, toy_target

BEAT = timedelta(milliseconds=300)


@pytest.fixture
def own(toy: Toy) -> Target:
    return toy_target(toy.port, init_seconds=5)


@pytest.fixture
def restless() -> Iterator[Target]:
    """Our own, pinging its clients more often than usual."""
    if named_target():
        pytest.skip("PROTOCOL_URL names another server")
    with served(Limits(ping_interval=BEAT)) as toy:
        yield toy_target(toy.port, init_seconds=5)


def test_operations_of_one_socket_are_bounded_and_those_that_run_go_on(own: Target) -> None:
    with own.acknowledged() as talk:
        for number in range(Limits().operations_per_socket):
            talk.subscribe("subscription { silence }", str(number))
        talk.subscribe(QUERY, "one more")
        (refusal,) = talk.pong()

        assert (refusal["id"], refusal["type"]) == ("one more", "error")
        assert [error["extensions"] for error in refusal["payload"]] == [{"code": "RATE_LIMITED"}]
        talk.complete("7")
        assert kinds(talk.run(QUERY, "one more")) == ["next", "complete"]


def test_messages_in_too_quick_succession_are_1013(own: Target) -> None:
    with own.acknowledged() as talk:
        with suppress(ConnectionClosed):
            for _ in range(300):
                talk.send(type="ping")

        assert talk.closing() == (1013, "Too many messages")


def test_burst_within_the_bound_is_served(own: Target) -> None:
    with own.acknowledged() as talk:
        for _ in range(Limits().message_burst - 1):  # the init was one
            talk.send(type="ping")

        assert {talk.hear()["type"] for _ in range(Limits().message_burst - 1)} == {"pong"}


def test_bad_messages_do_not_wait_for_the_pace(own: Target) -> None:
    with own.opened() as talk:
        with suppress(ConnectionClosed):
            for _ in range(300):
                talk.send(type="nonsense")

        assert talk.closing()[0] == 4400


@pytest.mark.parametrize("key", ["authorization", "any"])
def test_payload_of_init_is_bounded(own: Target, key: str) -> None:
    with own.opened() as talk:
        talk.send(type="connection_init", payload={key: "x" * Limits().init_bytes})

        assert talk.closing()[0] == 4400


def test_silent_socket_is_1013(restless: Target) -> None:
    with restless.acknowledged() as talk:
        talk.subscribe("subscription { silence }")
        assert json.loads(talk.socket.recv(timeout=10)) == {"type": "ping"}

        assert talk.closing() == (1013, "No sign of life")


@pytest.mark.parametrize("sign", [{"type": "pong"}, {"type": "ping"}, {"type": "complete", "id": "unknown"}])
def test_any_message_is_a_sign_of_life(restless: Target, sign: dict[str, str]) -> None:
    with restless.acknowledged() as talk:
        for _ in range(3):
            assert json.loads(talk.socket.recv(timeout=10)) == {"type": "ping"}
            talk.send(**sign)
            if sign["type"] == "ping":
                assert json.loads(talk.socket.recv(timeout=10)) == {"type": "pong"}

        assert talk.is_alive()


def test_socket_ends_at_the_moment_its_token_does(own: Target) -> None:
    with own.opened() as talk:
        talk.introduce({"authorization": "expiring"})
        talk.subscribe("subscription { silence }")

        assert talk.closing() == (4403, "Token expired")


def test_each_operation_has_a_context_of_its_own(own: Target) -> None:
    with own.acknowledged() as talk:
        serials = [talk.answer("{ serial }")["serial"] for _ in range(3)]
        *events, _ = talk.run("subscription { reads { serial count } }")

    readings = [event["payload"]["data"]["reads"] for event in events]
    assert len({*serials, *(reading["serial"] for reading in readings)}) == 5
    assert [reading["count"] for reading in readings] == [1, 1]  # nothing is remembered from one to the next


def test_extensions_reach_the_operation(own: Target) -> None:
    document = '{ extension(name: "resume") }'
    with own.acknowledged() as talk:
        assert talk.answer(document, extensions={"resume": "here"}) == {"extension": "here"}
        assert talk.answer(document) == {"extension": None}


@pytest.mark.parametrize("variables", ["zzz", 5, [1]])
def test_variables_of_another_form_tell_nothing_of_the_inside(own: Target, variables: object) -> None:
    with own.acknowledged() as talk:
        talk.subscribe(QUERY, variables=variables)

        assert talk.closing() == (4400, "Invalid payload.variables in subscribe")


def test_server_survives_all_of_it(own: Target) -> None:
    for frame in ("[]", "5", '"x"', '{"type": "subscribe", "id": {}, "payload": "x"}', "{", "\0"):
        with own.acknowledged() as talk:
            talk.socket.send(frame)
            assert talk.closing()[0] == 4400
    with own.acknowledged() as talk:
        assert talk.is_alive()


def test_failing_of_a_source_is_masked(own: Target) -> None:
    with own.acknowledged() as talk:
        heard = talk.run("subscription { breaks }")

    assert "canary" not in json.dumps(heard)
