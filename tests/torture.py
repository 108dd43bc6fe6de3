"""Torture: two servers, a broker and a database that are killed at random, and many clients who must miss nothing.

    python -m tests.torture --seconds 300 --clients 200 --seed 7

Ends with status 1, and says for whom, where what a client has seen is not its slice of the log.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from models.account import AccountKind
from schema.ids import global_id
from tests.fleet import Fleet, Follower
from tests.peers.postgresql import PostgreSQL
from tests.peers.programs import Server
from tests.peers.valkey import Valkey

CUSTOMERS = 8
#: Seconds between two killings, at the most, and how long something may stay dead.
CALM = 4.0
DEAD = 2.0


@dataclass
class Client:
    """Remembers the last cursor and goes on from there, wherever it can. `seen`: (order, sequence)."""

    who: UUID | None
    token: str
    cursor: str
    chance: random.Random
    seen: list[tuple[str, int]]
    faults: list[Any]
    connections: int = 0

    async def run(self, fleet: Fleet) -> None:
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await self._listen(self.chance.choice(fleet.servers))
            await asyncio.sleep(self.chance.uniform(0.05, 0.5))

    async def _listen(self, server: Server) -> None:
        address = server.url.replace("http", "ws", 1) + "/graphql"
        async with connect(address, subprotocols=["graphql-transport-ws"], open_timeout=5, compression=None) as socket:  # type: ignore[list-item] # a NewType
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}
            await socket.send(json.dumps(init))
            payload = {"query": Follower.DOCUMENT, "variables": {"after": self.cursor}}
            async for text in socket:
                message = json.loads(text)
                match message["type"]:
                    case "connection_ack":
                        self.connections += 1
                        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
                    case "ping":
                        await socket.send(json.dumps({"type": "pong"}))
                    case "next" if "errors" not in message["payload"]:
                        self._take(message["payload"]["data"]["statusTransitions"])
                    case _:
                        if not _is_outage(message):
                            self.faults.append(message)
                        return

    def _take(self, transition: dict[str, Any]) -> None:
        self.cursor = transition["cursor"]
        self.seen.append((transition["order"]["id"], transition["sequence"]))


def _is_outage(message: dict[str, Any]) -> bool:
    """A subscription may be refused for now while the database is dead, and is tried again."""
    errors = message["payload"] if message["type"] == "error" else []
    return bool(errors) and all(error["extensions"]["code"] == "UNAVAILABLE" for error in errors)


class Torture:
    """One run. `say` is told what is going on."""

    def __init__(
        self, folder: Path, *, seed: int, seconds: float, clients: int, say: Callable[[str], object] = lambda _: None
    ) -> None:
        self._folder = folder
        self._chance = random.Random(seed)
        self._seconds = seconds
        self._count = clients
        self._say = say
        self._enough = threading.Event()  # of writing
        self._seen = threading.Event()
        self.kills = 0
        self.transitions = 0
        self.connections = 0

    def run(self) -> list[str]:
        """What went wrong, for people; empty where nothing did."""
        with PostgreSQL(durable=True) as postgresql, Valkey() as broker:
            url = postgresql.create_database(f"torture_{uuid4().hex}")
            limits = {"SOCKETS_PER_ACCOUNT": "100000", "SOCKETS_PER_ADDRESS": "100000"}
            with Fleet(url, self._folder, count=2, BROADCAST_URL=broker.url, **limits) as fleet:
                return self._run(fleet, postgresql, broker)

    def _run(self, fleet: Fleet, postgresql: PostgreSQL, broker: Valkey) -> list[str]:
        customers = [fleet.account(AccountKind.CUSTOMER) for _ in range(CUSTOMERS)]
        _, staff = fleet.account(AccountKind.STAFF)
        place = fleet.send(fleet.servers[0], staff, "{ streamPosition }")
        accounts: list[tuple[UUID | None, str]] = [*customers, (None, staff)]
        clients = [
            Client(*accounts[n % len(accounts)], place, random.Random(self._chance.random()), [], [])
            for n in range(self._count)
        ]
        listening = threading.Thread(target=lambda: asyncio.run(self._listen(fleet, clients)))
        writing = threading.Thread(target=self._write, args=(fleet, [token for _, token in customers], staff))
        for thread in (listening, writing):
            thread.start()
        try:
            self._kill(fleet, postgresql, broker)
        finally:
            self._enough.set()
            writing.join()
            expected = self._expected(fleet, [who for who, _ in accounts])
            self._settle(clients, expected)
            self._seen.set()
            listening.join()
        self.transitions = len(expected[None])
        self.connections = sum(client.connections for client in clients)
        return [fault for n, client in enumerate(clients) for fault in _faults(n, client, expected[client.who])]

    async def _listen(self, fleet: Fleet, clients: Sequence[Client]) -> None:
        tasks = [asyncio.create_task(client.run(fleet)) for client in clients]
        await asyncio.to_thread(self._seen.wait)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    def _write(self, fleet: Fleet, tokens: Sequence[str], staff: str) -> None:
        """Orders are placed, paid and confirmed, as far as anything answers."""
        chance = random.Random(self._chance.random())
        while not self._enough.is_set():
            server, token, key = chance.choice(fleet.servers), chance.choice(tokens), uuid4().hex
            source = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}
            try:
                lines = [{"productCode": "book"}]
                placed = fleet.mutate(server, token, "place_order", lines=lines, idempotencyKey=key)["order"]
                fleet.mutate(server, token, "pay_order", orderId=placed["id"], source=source, idempotencyKey=key)
                fleet.mutate(server, staff, "confirm_order", orderId=placed["id"])
            except (httpx2.HTTPError, AssertionError, TypeError, ValueError):
                # Killed under it, or not available: what was committed is in the log, which is what counts.
                self._enough.wait(0.05)

    def _kill(self, fleet: Fleet, postgresql: PostgreSQL, broker: Valkey) -> None:
        end = time.monotonic() + self._seconds
        while time.monotonic() < end:
            self._enough.wait(self._chance.uniform(0.3, CALM))
            victim: Any = self._chance.choice([*fleet.servers, *fleet.servers, broker, postgresql])
            self._say(f"{end - time.monotonic():6.0f} s left: killing {type(victim).__name__}")
            victim.kill()
            self._enough.wait(self._chance.uniform(0, DEAD))
            if isinstance(victim, Server):
                self._start(victim)
            else:
                victim.start()
            self.kills += 1

    def _start(self, server: Server) -> None:
        # A busy machine may let it be late.
        server.start(seconds=90)

    def _expected(self, fleet: Fleet, whose: Sequence[UUID | None]) -> dict[UUID | None, list[tuple[str, int]]]:
        return {who: [(global_id("Order", order), sequence) for order, sequence in fleet.log_of(who)] for who in whose}

    def _settle(self, clients: Sequence[Client], expected: dict[UUID | None, list[tuple[str, int]]]) -> None:
        """Waits until everyone has seen as much as they should, or for a minute."""
        end = time.monotonic() + 60
        while time.monotonic() < end and any(len(each.seen) < len(expected[each.who]) for each in clients):
            time.sleep(0.1)
        time.sleep(0.5)  # for what should not come


def _faults(n: int, client: Client, expected: list[tuple[str, int]]) -> list[str]:
    found = [f"client {n} was told {fault}" for fault in client.faults]
    if client.seen != expected:
        differs = next(
            (place for place, (a, b) in enumerate(zip(client.seen, expected, strict=False)) if a != b), "the end"
        )
        found.append(f"client {n} saw {len(client.seen)} of {len(expected)} transitions; they differ at {differs}")
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.torture")
    arguments.add_argument("--seconds", type=float, default=300)
    arguments.add_argument("--clients", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked = arguments.parse_args()
    _say(f"seed {asked.seed}")
    with tempfile.TemporaryDirectory() as folder:
        torture = Torture(Path(folder), seed=asked.seed, seconds=asked.seconds, clients=asked.clients, say=_say)
        faults = torture.run()
    for fault in faults:
        _say(fault)
    _say(
        f"{torture.kills} killed, {torture.transitions} transitions, {torture.connections} connections of "
        f"{asked.clients} clients: {'FAILED' if faults else 'nothing lost, nothing twice'}"
    )
    return int(bool(faults))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
