"""Gathering changes that come close together, for those who want to hear of many at once rather than of each."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from streaming.log import ChangeRow


async def gather(changes: AsyncGenerator[ChangeRow, None], seconds: float) -> AsyncGenerator[list[ChangeRow], None]:
    """Lists of at least one change: the first is passed on at once, then all that come in every `seconds`."""
    loop = asyncio.get_running_loop()
    coming: asyncio.Task[ChangeRow] = _next(changes)
    try:
        due = loop.time()
        while True:
            gathered = [await coming]
            coming = _next(changes)
            while await _comes_by(coming, due):
                gathered.append(coming.result())
                coming = _next(changes)
            yield gathered
            due = loop.time() + seconds
    except StopAsyncIteration:
        return
    finally:
        coming.cancel()
        await asyncio.wait({coming})
        await changes.aclose()


def _next(changes: AsyncGenerator[ChangeRow, None]) -> "asyncio.Task[Any]":
    async def take() -> ChangeRow:
        return await anext(changes)

    return asyncio.create_task(take())


async def _comes_by(coming: "asyncio.Task[Any]", due: float) -> bool:
    await asyncio.wait({coming}, timeout=max(due - asyncio.get_running_loop().time(), 0))
    return coming.done() and coming.exception() is None
