"""One rendered change: the same bytes for everyone who follows it, whatever they call their operation."""

import struct
from collections.abc import Sequence
from typing import Final

import orjson

_FINAL_TEXT: Final = 0x81  # the first byte of an unfragmented text message (RFC 6455, 5.2)


def prefix_of(operation_id: str) -> bytes:
    """What stands before the payload in each message of one subscriber."""
    return b'{"type":"next","id":' + orjson.dumps(operation_id) + b',"payload":'


class Frame:
    """`payload` is the JSON of one result. `position` orders the frames of one stream; `cursor` resumes after it."""

    __slots__ = ("body", "cursor", "position")

    def __init__(self, position: int, payload: bytes, cursor: str | None) -> None:
        self.position = position
        self.cursor = cursor
        self.body = payload + b"}"

    def websocket(self, prefix: bytes) -> bytes:
        """A whole message of a websocket: unmasked, not compressed."""
        return header_of(len(prefix) + len(self.body)) + prefix + self.body

    def text(self, prefix: bytes) -> str:
        """The same message for a server that frames it by itself."""
        return (prefix + self.body).decode()

    def event(self) -> bytes:
        """One event of an event stream."""
        name = b"" if self.cursor is None else b"id: " + self.cursor.encode() + b"\n"
        return name + b"event: next\ndata: " + self.body[:-1] + b"\n\n"


def header_of(length: int) -> bytes:
    """The header of a text message from a server."""
    if length < 126:
        return bytes((_FINAL_TEXT, length))
    if length < 65536:
        return struct.pack("!BBH", _FINAL_TEXT, 126, length)
    return struct.pack("!BBQ", _FINAL_TEXT, 127, length)


def is_text(pieces: Sequence[bytes]) -> bool:
    """Whether they are UTF-8 together."""
    try:
        str(b"".join(pieces), "utf-8")
    except UnicodeDecodeError:
        return False
    return True
