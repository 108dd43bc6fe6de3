"""The hints of one process, as tests start them, wait for them and let them settle."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from streaming.hints import Hints, open_broadcast

BEAT = 0.25  # seconds; fast, so that lost heartbeats show soon
QUIET = 0.15  # seconds in which any hint under way would have arrived


@asynccontextmanager
async def running(one: Hints) -> AsyncIterator[Hints]:
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


def hints(url: str) -> AbstractAsyncContextManager[Hints]:
    """Those of one process."""
    return running(Hints(open_broadcast(url), heartbeat_seconds=BEAT))


async def settled(one: Hints) -> None:
    """Until hints arrive, and all under way have arrived."""
    await eventually(lambda: one.healthy)
    async with asyncio.timeout(10):
        while await one.wait(QUIET):
            pass


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # conditions of every kind
            await asyncio.sleep(0.01)
