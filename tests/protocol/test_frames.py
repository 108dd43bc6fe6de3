"""Frames of the websocket below the protocol: in pieces, with pings between, not text, not UTF-8."""

import json
from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection

from tests.endpoint.serving import Toy
from tests.endpoint.wire import announce
from tests.protocol.talk import Talk, kinds
from tests.protocol.target import toy_target

MESSAGE = json.dumps({"type": "subscribe", "id": "é✓", "payload": {"query": "{ __typename }"}}, ensure_ascii=False)


@pytest.fixture
def own(toy: Toy) -> Iterator[Talk]:
    with toy_target(toy.port, init_seconds=5).acknowledged() as talk:
        yield talk


@pytest.mark.parametrize("size", [1, 7, 50])
def test_message_may_come_in_pieces(talk: Talk, size: int) -> None:
    talk.socket.send([MESSAGE[start : start + size] for start in range(0, len(MESSAGE), size)])

    assert [message["id"] for message in talk.hear_end("é✓")] == ["é✓"] * 2


def test_pieces_may_end_within_a_character(talk: Talk) -> None:
    encoded = MESSAGE.encode()
    talk.socket.send([encoded[start : start + 1] for start in range(len(encoded))], text=True)

    assert kinds(talk.hear_end("é✓")) == ["next", "complete"]


def test_pings_of_the_websocket_may_come_between_the_pieces(talk: Talk) -> None:
    pongs = []

    def pieces(socket: ClientConnection) -> Iterator[str]:
        for start in range(0, len(MESSAGE), 20):
            yield MESSAGE[start : start + 20]
            pongs.append(socket.ping())

    talk.socket.send(pieces(talk.socket))

    assert kinds(talk.hear_end("é✓")) == ["next", "complete"]
    assert all(pong.wait(10) for pong in pongs)


def test_ping_of_the_websocket_is_answered_before_init(newcomer: Talk) -> None:
    assert newcomer.socket.ping(b"any").wait(10)


def test_text_that_is_not_utf_8_is_1007(talk: Talk) -> None:
    talk.socket.send(b'{"type": "ping", "payload": {"\xff": 1}}', text=True)

    assert talk.closing()[0] == 1007


@pytest.mark.parametrize("frame", [b"\0\1", b'{"type": "ping"}', b""])
def test_binary_frame_is_4400(own: Talk, frame: bytes) -> None:
    own.socket.send(frame)

    assert own.closing()[0] == 4400


def test_message_of_64_kib_is_taken(own: Talk) -> None:
    empty = json.dumps({"type": "ping", "payload": {"x": ""}})
    message = json.dumps({"type": "ping", "payload": {"x": "x" * (64 * 1024 - len(empty))}})
    assert len(message) == 64 * 1024
    own.socket.send(message)

    assert own.hear()["type"] == "pong"


@pytest.mark.parametrize(("first", "size"), [(0, 64 * 1024 + 1), (64 * 1024 - 1, 2), (0, 2**40)])
def test_larger_message_is_1009_be_it_whole_or_in_pieces(own: Talk, first: int, size: int) -> None:
    announce(own.socket, size, behind=b"x" * first)

    assert own.closing()[0] == 1009


@pytest.mark.parametrize("value", ["[" * 5_000 + "]" * 5_000, "9" * 5_000, "1e999", '"\\ud800"'])
def test_json_beyond_measure_is_4400(own: Talk, value: str) -> None:
    own.socket.send(f'{{"type": "ping", "payload": {{"n": {value}}}}}')

    assert own.closing()[0] == 4400
