"""Hints within one process: for one machine with one worker."""

import asyncio

from streaming.hints.backend import HintBackend


class MemoryBackend(HintBackend):
    """What is published is heard at once."""

    async def _listen(self) -> None:
        self.connected()
        await asyncio.get_running_loop().create_future()

    async def _send(self, message: str) -> None:
        self.hear(message)
