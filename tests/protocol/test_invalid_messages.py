"""Messages that the protocol does not know end the socket; ids that it does not know do not."""

import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.protocol.talk import Talk, kinds
from tests.protocol.target import INVALID, QUERY, Target

NOT_JSON = ["", "{", "x", "\0", "'{}'", '{"type": "ping"} {"type": "ping"}', "NaN"]
NO_MESSAGE: list[Any] = [None, 5, "ping", True, [], ["ping"], [{"type": "ping"}], {}]
NO_TYPE: list[Any] = [None, 5, "", ["ping"], {"ping": 1}, "PING", "start", "stop", "connection_terminate", "ka", "data"]
BAD_SUBSCRIBE: list[dict[str, Any]] = [
    {},
    {"payload": {"query": QUERY}},
    {"id": None, "payload": {"query": QUERY}},
    {"id": "", "payload": {"query": QUERY}},
    {"id": 1, "payload": {"query": QUERY}},
    {"id": {}, "payload": {"query": QUERY}},
    {"id": ["1"], "payload": {"query": QUERY}},
    {"id": "1"},
    {"id": "1", "payload": None},
    {"id": "1", "payload": "x"},
    {"id": "1", "payload": QUERY},
    {"id": "1", "payload": []},
    {"id": "1", "payload": {}},
    {"id": "1", "payload": {"query": None}},
    {"id": "1", "payload": {"query": 5}},
    {"id": "1", "payload": {"query": [QUERY]}},
    {"id": "1", "payload": {"query": QUERY, "variables": "zzz"}},
    {"id": "1", "payload": {"query": QUERY, "variables": 5}},
    {"id": "1", "payload": {"query": QUERY, "operationName": 5}},
    {"id": "1", "payload": {"query": QUERY, "operationName": {}}},
    {"id": "1", "payload": {"query": QUERY, "extensions": "x"}},
    {"id": "1", "payload": {"query": QUERY, "extensions": 5}},
]
BAD_COMPLETE: list[dict[str, Any]] = [{}, {"id": None}, {"id": ""}, {"id": 5}, {"id": {}}, {"id": []}]


@pytest.mark.parametrize("frame", NOT_JSON)
def test_what_is_not_json_is_4400(talk: Talk, frame: str) -> None:
    talk.socket.send(frame)

    assert talk.closing()[0] == 4400


@pytest.mark.parametrize("message", NO_MESSAGE)
def test_what_is_no_message_is_4400(talk: Talk, message: object) -> None:
    talk.socket.send(json.dumps(message))

    assert talk.closing()[0] == 4400


@pytest.mark.parametrize("kind", NO_TYPE)
def test_type_that_is_not_specified_is_4400(talk: Talk, kind: object) -> None:
    talk.send(type=kind, id="1", payload={})

    assert talk.closing()[0] == 4400


@pytest.mark.parametrize("message", BAD_SUBSCRIBE)
def test_subscribe_of_another_form_is_4400(talk: Talk, message: dict[str, Any]) -> None:
    talk.send(type="subscribe", **message)

    assert talk.closing()[0] == 4400


@pytest.mark.parametrize("message", BAD_COMPLETE)
def test_complete_of_another_form_is_4400(talk: Talk, message: dict[str, Any]) -> None:
    talk.send(type="complete", **message)

    assert talk.closing()[0] == 4400


@pytest.mark.parametrize("kind", ["connection_ack", "next", "error"])
def test_messages_of_the_server_are_not_taken_from_a_client(talk: Talk, kind: str) -> None:
    message: dict[str, dict[str, Any]] = {
        "connection_ack": {},
        "next": {"id": "1", "payload": {"data": {}}},
        "error": {"id": "1", "payload": [{"message": "no"}]},
    }
    talk.send(type=kind, **message[kind])

    # The reference server calls it its own fault.
    assert talk.closing()[0] in (4400, 4500)


def test_bad_message_is_4400_before_the_acknowledgement_too(newcomer: Talk) -> None:
    newcomer.send(type="nonsense")

    assert newcomer.closing()[0] == 4400


def test_4400_comes_at_once_whatever_runs(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("slow"))
    talk.send(type="nonsense")

    with pytest.raises(ConnectionClosed):
        talk.hear()
    assert talk.closing()[0] == 4400


def test_4400_says_what_is_wrong(talk: Talk) -> None:
    talk.send(type="nonsense")

    assert talk.closing()[1]


def test_nothing_is_answered_after_a_bad_message(talk: Talk) -> None:
    with suppress(ConnectionClosed):  # the server may close before
        talk.send(type="nonsense")
        talk.subscribe(QUERY)
        talk.send(type="ping")

    with pytest.raises(ConnectionClosed):
        talk.hear()


def test_complete_of_an_id_never_seen_is_ignored(talk: Talk) -> None:
    talk.complete("never seen")

    assert talk.pong() == []
    assert talk.is_alive()


def test_message_for_what_has_completed_is_no_fault(talk: Talk, target: Target) -> None:
    for document in (QUERY, INVALID, target.need("events")):
        talk.run(document)
        talk.complete()
        talk.complete()

    assert talk.pong() == []
    assert kinds(talk.run(QUERY)) == ["next", "complete"]
