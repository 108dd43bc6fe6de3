"""A crowd: sockets that connect, subscribe and leave, and what a server process is left with when they are gone.

    python -m tests.crowd --sockets 10000

Ends with status 1 where anything is left of them.
"""

import argparse
import asyncio
import contextlib
import json
import re
import resource
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2
import psutil  # type: ignore[import-untyped]  # it comes without types
from websockets.asyncio.client import connect

from models.account import AccountKind
from streaming.sharing.streams import LINGER
from tests.fleet import Fleet
from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import eventually

TOKEN = "for those who may look"
#: The first crowd makes the process as large as it gets; each one after it finds that room again.
CROWDS = 3
#: KiB that the memory may have grown from the first crowd's end to the last one's, whatever the size of the crowds: the
#: server's caches and its allocator move it by some. With 10,000 sockets it is less than 1 KiB for each that came.
TOLERANCE = 16 * 1024
#: Handshakes under way at a time.
AT_ONCE = 100
DOCUMENT = "subscription { statusTransitions { cursor } }"
COUNTED = ("sockets", "subscribers", "shared_streams", "tasks")


@dataclass(frozen=True, slots=True)
class Left:
    """What a process holds. `kib`: its resident memory."""

    counts: dict[str, int]
    kib: float


class Crowd:
    """Sockets of one customer at one server. `peaks`: what it held while each crowd was there."""

    def __init__(self, fleet: Fleet) -> None:
        (self._server,) = fleet.servers
        _, self._token = fleet.account(AccountKind.CUSTOMER)
        self.before = self.look()
        self.peaks: list[Left] = []
        self.after: list[Left] = []

    def look(self) -> Left:
        text = httpx2.get(f"{self._server.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
        found = {name: re.search(rf"^orders_{name} (\d+)$", text, re.MULTILINE) for name in COUNTED}
        counts = {name: int(match[1]) for name, match in found.items() if match}
        return Left(counts, psutil.Process(self._server.pid).memory_info().rss / 1024)

    def come_and_go(self, sockets: int) -> None:
        """Raises TimeoutError where sockets, subscribers, streams or tasks are left long after they may be."""
        self.peaks.append(asyncio.run(self._come(sockets)))
        eventually(
            lambda: all(self.look().counts[name] <= count for name, count in self.before.counts.items()),
            what=f"nothing is left of {sockets:,} sockets",
            seconds=LINGER + 30,
        )
        self.after.append(self.look())

    def faults(self, sockets: int) -> list[str]:
        """What the crowds have left, for people; empty where that is nothing."""
        grown = self.after[-1].kib - self.after[0].kib
        missing = [peak.counts for peak in self.peaks if peak.counts["subscribers"] < sockets]
        return [
            *([] if grown <= TOLERANCE else [f"they have left {grown / 1024:.0f} MiB behind"]),
            *(f"not all were there: {counts}" for counts in missing),
        ]

    async def _come(self, sockets: int) -> Left:
        address, gate = self._server.url.replace("http", "ws", 1) + "/graphql", asyncio.Semaphore(AT_ONCE)
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self._token}"}}
        async with AsyncExitStack() as stack:

            async def come() -> None:
                async with gate:
                    opening = connect(
                        address,
                        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item] # a NewType
                        compression=None,
                        open_timeout=60,
                        ping_interval=None,
                        close_timeout=30,
                    )
                    socket = await opening
                    stack.callback(socket.transport.abort)
                    await socket.send(json.dumps(init))
                    assert json.loads(await socket.recv()) == {"type": "connection_ack"}
                    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": DOCUMENT}}))

            await asyncio.gather(*(come() for _ in range(sockets)))
            there = await asyncio.to_thread(self.look)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(30):  # they have said that they subscribe; the server has to have heard it
                    while there.counts["subscribers"] < sockets:
                        there = await asyncio.to_thread(self.look)
            return there


def allow_sockets(count: int) -> None:
    """For this process and those that it starts. Raises ValueError where the system does not let it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 500)), hard))


def run(sockets: int, folder: Path) -> Crowd:
    """All crowds, at a server on PostgreSQL."""
    allow_sockets(sockets)
    limits = {"SOCKETS_PER_ACCOUNT": "100000", "SOCKETS_PER_ADDRESS": "100000", "METRICS_TOKEN": TOKEN}
    with PostgreSQL() as postgresql:
        url = postgresql.create_database(f"crowd_{uuid4().hex}")
        with Fleet(url, folder, count=1, **limits) as fleet:
            crowd = Crowd(fleet)
            for _ in range(CROWDS):
                crowd.come_and_go(sockets)
            return crowd


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.crowd")
    arguments.add_argument("--sockets", type=int, default=10_000)
    sockets = arguments.parse_args().sockets
    with tempfile.TemporaryDirectory() as folder:
        crowd = run(sockets, Path(folder))
    for n, (peak, after) in enumerate(zip(crowd.peaks, crowd.after, strict=True), 1):
        sys.stdout.write(
            f"crowd {n}: {peak.counts['subscribers']:,} subscribers, {peak.kib / 1024:.0f} MiB; "
            f"afterwards {after.counts}, {after.kib / 1024:.0f} MiB\n"
        )
    faults = crowd.faults(sockets)
    sys.stdout.write("\n".join(faults) + "\n" if faults else f"nothing is left of {sockets:,} sockets\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
