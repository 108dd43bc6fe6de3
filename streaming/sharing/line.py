"""A client's connection as shared streams write to it: at once while it has room, and not at all while it has not."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from streaming.sharing.frame import Frame


class Waiting(Protocol):
    """Someone who goes on when there is room again."""

    def resume(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Room:
    """`budget`: bytes that may wait to be taken by the client (at least 64 KiB, where a transport says that it is
    full). `patience`: seconds that it may take none of them."""

    budget: int = 256 * 1024
    patience: float = 30.0


class Line(ABC):
    """Over its budget nothing more is written: who waits keeps a position and nothing else, and goes on from there.

    `too_slow` is called where a client has taken nothing for as long as patience lasts. `write` takes whole messages
    of a websocket, where a connection has them written as they are; `full` then tells whether there is room."""

    __slots__ = ("_deadline", "_too_slow", "_waiting", "full", "room", "write")

    def __init__(self, room: Room, too_slow: Callable[[], None]) -> None:
        self.room = room
        self.full = False
        self.write: Callable[[bytes], None] | None = None
        self._too_slow = too_slow
        self._waiting: dict[Waiting, None] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    @abstractmethod
    def send(self, prefix: bytes, frame: Frame) -> bool:
        """Whether there is room for more afterwards."""

    @abstractmethod
    def send_all(self, prefix: bytes, frames: Sequence[Frame]) -> bool:
        """As send(), in one write."""

    def wait(self, waiting: Waiting) -> None:
        """To be called back when there is room."""
        if self._waiting is None:
            self._waiting = {}
            self._deadline = asyncio.get_running_loop().call_later(self.room.patience, self._too_slow)
        self._waiting[waiting] = None

    def forget(self, waiting: Waiting) -> None:
        if self._waiting is not None:
            self._waiting.pop(waiting, None)

    def has_room(self) -> None:
        """The client has taken what was written."""
        waiting = self._waiting
        self.close()
        for each in waiting or ():
            each.resume()

    def close(self) -> None:
        """Nobody is called any more."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._waiting, self._deadline = None, None
