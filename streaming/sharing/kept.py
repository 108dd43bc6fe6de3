"""What the shared streams of a process keep for those who come back: so many bytes over all, the oldest go first."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Generic, TypeVar

#: Streams that read and render what is past side by side: what they need at once is bounded by it.
ABREAST: Final = 16

T = TypeVar("T")


class Shelf(dict[int, T], Generic[T]):
    """What one stream keeps, by position. Of its `most` bytes nothing is put aside while it has `least` things only.

    `in_use`: what it has is about to be sent, and the last `least` things stay whatever others keep."""

    def __init__(self, *, most: int, least: int) -> None:
        super().__init__()
        self.most = most
        self.least = least
        self.bytes = 0
        self.in_use = False


class Kept:
    """`bytes` are those that things weigh, as whoever puts them there says."""

    def __init__(self, most: int = 64 * 2**20) -> None:
        self.bytes = 0
        self._most = most
        self._order: OrderedDict[tuple[int, int], tuple[Shelf[Any], int]] = OrderedDict()
        self._turns = asyncio.Semaphore(ABREAST)

    @asynccontextmanager
    async def turn(self, *shelves: Shelf[Any]) -> AsyncIterator[None]:
        """Waits for one; meanwhile these are in use."""
        async with self._turns:
            for shelf in shelves:
                shelf.in_use = True
            try:
                yield
            finally:
                for shelf in shelves:
                    shelf.in_use = False
                self._make_room()

    def put(self, shelf: Shelf[T], position: int, thing: T, weight: int) -> None:
        self._drop(shelf, position)
        shelf[position] = thing
        shelf.bytes += weight
        self.bytes += weight
        self._order[id(shelf), position] = shelf, weight
        while shelf.bytes > shelf.most and len(shelf) > shelf.least:
            self._drop(shelf, next(iter(shelf)))
        self._make_room()

    def clear(self, shelf: Shelf[Any]) -> None:
        """Its stream is over."""
        for position in list(shelf):
            self._drop(shelf, position)

    def _make_room(self) -> None:
        for _ in range(len(self._order)):
            if self.bytes <= self._most:
                return
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        key, (shelf, _) = next(iter(self._order.items()))
        if shelf.in_use and len(shelf) <= shelf.least:
            self._order.move_to_end(key)
        else:
            self._drop(shelf, key[1])

    def _drop(self, shelf: Shelf[Any], position: int) -> None:
        if shelf.pop(position, None) is not None:
            _, weight = self._order.pop((id(shelf), position))
            shelf.bytes -= weight
            self.bytes -= weight
