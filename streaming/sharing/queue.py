"""A line for servers that offer no other way than to send and wait: what is to be sent stands in a bounded queue."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from streaming.sharing.frame import Frame
from streaming.sharing.line import Line, Room

T = TypeVar("T", str, bytes)


class QueueLine(Line, Generic[T]):
    """`encode` makes what is sent of a prefix and a frame. run() sends it, for as long as the connection lasts."""

    def __init__(
        self,
        room: Room,
        too_slow: Callable[[], None],
        *,
        encode: Callable[[bytes, Frame], T],
        send: Callable[[T], Awaitable[None]],
    ) -> None:
        super().__init__(room, too_slow)
        self._encode: Callable[[bytes, Frame], T] = encode
        self._send: Callable[[T], Awaitable[None]] = send
        self._queue: deque[T] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._sent = asyncio.Event()
        self._sent.set()

    def __len__(self) -> int:
        """Bytes that wait."""
        return self._bytes

    def send(self, prefix: bytes, frame: Frame) -> bool:
        return self.put(self._encode(prefix, frame))

    def send_all(self, prefix: bytes, frames: Sequence[Frame]) -> bool:
        # Each is sent, whatever there is room for: they are one write.
        return [self.send(prefix, frame) for frame in frames][-1]

    def put(self, message: T) -> bool:
        """Anything else, in its turn."""
        self._queue.append(message)
        self._bytes += len(message)
        self._filled.set()
        self._sent.clear()
        self.full = self._bytes > self.room.budget
        return not self.full

    async def run(self) -> None:
        """Until it is cancelled; raises what sending raises."""
        loop = asyncio.get_running_loop()
        while True:
            await self._filled.wait()
            while self._queue:
                message = self._queue.popleft()
                impatient = loop.call_later(self.room.patience, self._too_slow)
                try:
                    await self._send(message)
                finally:
                    impatient.cancel()
                self._bytes -= len(message)
            self._filled.clear()
            self._sent.set()
            self.full = False
            self.has_room()

    async def flushed(self) -> None:
        """Until all is sent."""
        await self._sent.wait()
