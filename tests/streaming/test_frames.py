"""A frame of a shared stream is one message, on a websocket and on an event stream."""

import orjson
import pytest

from streaming.sharing.frame import Frame, header_of, prefix_of


@pytest.mark.parametrize("size", [1, 100, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_is_one_message(size: int) -> None:
    prefix = prefix_of('an "id"')
    frame = Frame(1, orjson.dumps("x" * size), "place")
    message = frame.websocket(prefix)
    length = len(message) - len(header_of(len(prefix) + len(frame.body)))
    assert message[0] == 0x81
    assert orjson.loads(message[-length:]) == {"type": "next", "id": 'an "id"', "payload": "x" * size}
    assert orjson.loads(frame.text(prefix)) == orjson.loads(message[-length:])
    assert frame.event() == b"id: place\nevent: next\ndata: " + orjson.dumps("x" * size) + b"\n\n"
