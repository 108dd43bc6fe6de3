"""`ping` and `pong`, at any time and in both directions."""

from datetime import timedelta
from typing import Any

import pytest

from endpoint.limits import Limits
from tests.endpoint.serving import served
from tests.protocol.talk import Talk, well_formed
from tests.protocol.target import QUERY, Target, named_target, toy_target

PAYLOADS: list[dict[str, Any]] = [{}, {"payload": None}, {"payload": {}}, {"payload": {"sent": 1, "deep": [{"é": 0}]}}]


@pytest.mark.parametrize("message", PAYLOADS)
def test_ping_is_answered_by_a_pong(talk: Talk, message: dict[str, Any]) -> None:
    talk.send(type="ping", **message)

    assert talk.hear()["type"] == "pong"


def test_pong_comes_at_once_while_operations_run(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("slow"), "slow")
    talk.subscribe(target.need("silent"), "silent")

    assert talk.pong() == []
    assert {message["id"] for message in talk.hear_end("slow")} == {"slow"}


def test_each_ping_has_its_pong(talk: Talk) -> None:
    for _ in range(5):
        talk.send(type="ping")

    assert [talk.hear()["type"] for _ in range(5)] == ["pong"] * 5


def test_ping_may_come_at_any_time(newcomer: Talk, target: Target) -> None:
    assert newcomer.pong() == []  # before there is a connection
    newcomer.introduce(target.init)
    assert newcomer.pong() == []
    newcomer.run(QUERY)
    assert newcomer.pong() == []


def test_payload_of_a_ping_comes_back(talk: Talk) -> None:
    payload = {"sent": 1, "deep": [{"é": None}]}
    talk.send(type="ping", payload=payload)

    assert talk.hear() == {"type": "pong", "payload": payload}


def test_ping_without_a_payload_is_answered_without(talk: Talk) -> None:
    talk.send(type="ping")

    assert talk.hear() == {"type": "pong"}


@pytest.mark.parametrize("payload", [[], "x", 5, False])
@pytest.mark.parametrize("kind", ["ping", "pong"])
def test_payload_of_both_is_an_object(talk: Talk, kind: str, payload: object) -> None:
    talk.send(type=kind, payload=payload)

    assert talk.closing()[0] == 4400


@pytest.mark.parametrize("message", PAYLOADS)
def test_pong_that_nobody_asked_for_is_a_heartbeat(newcomer: Talk, target: Target, message: dict[str, Any]) -> None:
    newcomer.send(type="pong", **message)
    newcomer.introduce(target.init)
    newcomer.send(type="pong", **message)

    assert newcomer.pong() == []  # and has no answer
    assert newcomer.is_alive()


def test_server_pings_too_and_takes_a_pong_for_an_answer() -> None:
    if named_target():
        pytest.skip("PROTOCOL_URL names another server")
    with (
        served(Limits(ping_interval=timedelta(milliseconds=300))) as toy,
        toy_target(toy.port, init_seconds=5).acknowledged() as talk,
    ):
        for _ in range(3):
            assert well_formed(talk.socket.recv(timeout=10))["type"] == "ping"
            talk.send(type="pong")
        assert talk.is_alive()
