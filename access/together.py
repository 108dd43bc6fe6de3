"""Questions that come in the same moment, asked together."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """`look_up` is given all keys that are asked for while it is at work, and is then at work on those.

    Alone, one is answered at once; the more come, the more share one look."""

    def __init__(self, look_up: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._look_up = look_up
        self._asked: set[K] = set()
        self._running: asyncio.Task[Mapping[K, V]] | None = None
        self._next: asyncio.Task[Mapping[K, V]] | None = None

    async def get(self, key: K) -> V | None:
        """Looked up after this was called, never before. Raises what `look_up` raises."""
        self._asked.add(key)
        if self._next is None:
            self._next = asyncio.create_task(self._look(self._running))
        return (await asyncio.shield(self._next)).get(key)

    async def _look(self, before: "asyncio.Task[Mapping[K, V]] | None") -> Mapping[K, V]:
        if before is not None:
            await asyncio.wait({before})
        self._running, self._next = self._next, None
        asked, self._asked = self._asked, set()
        return await self._look_up(asked)
