"""`connection_init` and `connection_ack`: asking for a connection within the socket, and being let in or not."""

import time
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from endpoint.limits import Limits
from tests.protocol.talk import Talk, kinds
from tests.protocol.target import QUERY, Target


def test_init_is_what_clients_send_and_the_server_acknowledges_once(newcomer: Talk, target: Target) -> None:
    newcomer.introduce(target.init)

    assert newcomer.pong() == []


def test_open_socket_is_not_yet_a_connection(newcomer: Talk) -> None:
    assert newcomer.pong() == []  # it is there, and nothing was acknowledged
    newcomer.subscribe(QUERY)
    assert newcomer.closing()[0] == 4401


def test_server_waits_for_init_five_seconds_unless_told_otherwise() -> None:
    assert Limits().init_timeout.total_seconds() == 5


def test_init_within_the_time_keeps_the_socket_open_beyond_it(hasty: Target) -> None:
    with hasty.acknowledged() as talk:
        with pytest.raises(TimeoutError):
            talk.hear(seconds=hasty.need("init_seconds") * 1.5)

        assert talk.is_alive()


def test_init_that_does_not_come_in_time_is_4408(hasty: Target) -> None:
    with hasty.opened() as talk:
        started = time.monotonic()

        assert talk.closing() == (4408, "Connection initialisation timeout")
        # Its clock began a little before ours.
        assert time.monotonic() - started > hasty.need("init_seconds") * 0.7


def test_pings_do_not_stand_in_for_init(hasty: Target) -> None:
    with hasty.opened() as talk:
        with suppress(ConnectionClosed):
            while True:
                talk.pong()
                with pytest.raises(TimeoutError):
                    talk.hear(seconds=hasty.need("init_seconds") / 6)

        assert talk.closing()[0] == 4408


def test_second_init_after_the_acknowledgement_is_4429(talk: Talk, target: Target) -> None:
    talk.ask_in(target.init)

    assert talk.closing() == (4429, "Too many initialisation requests")


def test_second_init_right_behind_the_first_is_4429(newcomer: Talk, target: Target) -> None:
    for _ in range(2):
        newcomer.ask_in(target.init)

    assert newcomer.closing() == (4429, "Too many initialisation requests")


def test_who_is_rejected_is_told_4403(newcomer: Talk, target: Target) -> None:
    newcomer.ask_in(target.need("refused_init"))

    assert newcomer.closing() == (4403, "Forbidden")


def test_who_is_rejected_hears_no_acknowledgement_and_runs_nothing(newcomer: Talk, target: Target) -> None:
    newcomer.ask_in(target.need("refused_init"))
    with suppress(ConnectionClosed):  # the server may close before
        newcomer.subscribe(QUERY)

    with pytest.raises(ConnectionClosed):
        newcomer.hear()


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {}}, {"payload": {"any": [1, None]}}])
def test_payload_of_init_may_be_left_out_or_null_or_an_object(
    newcomer: Talk, target: Target, payload: dict[str, Any]
) -> None:
    if target.init is not None:
        payload = {"payload": target.init}  # this server lets nobody in without
    newcomer.send(type="connection_init", **payload)

    assert newcomer.hear()["type"] == "connection_ack"


@pytest.mark.parametrize("payload", [[], "x", 5, True])
def test_payload_of_init_is_nothing_else(newcomer: Talk, payload: object) -> None:
    newcomer.send(type="connection_init", payload=payload)

    assert newcomer.closing()[0] == 4400


def test_acknowledgement_is_the_answer_to_init(newcomer: Talk, target: Target) -> None:
    newcomer.ask_in(target.init)

    assert newcomer.hear()["type"] == "connection_ack"


def test_payload_of_the_acknowledgement_is_an_object_if_there_is_one(newcomer: Talk, target: Target) -> None:
    assert isinstance(newcomer.introduce(target.init).get("payload") or {}, dict)


def test_operations_may_be_asked_for_from_the_acknowledgement_on(newcomer: Talk, target: Target) -> None:
    newcomer.introduce(target.init)

    assert kinds(newcomer.run(QUERY)) == ["next", "complete"]
