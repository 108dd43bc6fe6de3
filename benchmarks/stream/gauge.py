"""What a server process has used, by the system's own account: nothing is measured inside it."""

import asyncio
import os
import time
from pathlib import Path
from typing import Final

_CLOCK_OF_PROCESS: Final = 2  # CPUCLOCK_SCHED: a process's time on the processor, in linux/posix-timers.h
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Gauge:
    """Of one process with all of its threads."""

    def __init__(self, pid: int) -> None:
        self._clock = (~pid << 3) | _CLOCK_OF_PROCESS
        self._memory = Path(f"/proc/{pid}/statm")

    def cpu(self) -> int:
        """Nanoseconds on the processor, in user and system mode: utime + stime of /proc/pid/stat, but finer."""
        return time.clock_gettime_ns(self._clock)

    def rss(self) -> int:
        """Bytes of memory that are resident."""
        return int(self._memory.read_text().split()[1]) * _PAGE

    async def idle(self, seconds: float = 60.0) -> None:
        """Until the process does next to nothing, three times in a row, or that many seconds."""
        deadline, quiet = time.monotonic() + seconds, 0
        while quiet < 3 and time.monotonic() < deadline:
            before = self.cpu()
            await asyncio.sleep(0.15)
            quiet = quiet + 1 if self.cpu() - before < 15_000_000 else 0
