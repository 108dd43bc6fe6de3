"""Events: made of what has changed, signed, delivered and tried again; never lost unless that is asked for."""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import aiohttp

from tests.peers.stripe.signing import sign
from tests.peers.stripe.upstream import Json

Order = Literal["kept", "reversed", "shuffled"]
_TRIES = 40
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


@dataclass(slots=True)
class Policy:
    """How events reach the endpoints: "after" the answer of the call that caused them, "before" it, "held" until they
    are asked for, or "never". Each `copies` times, after `seconds`; several of one call in that order."""

    when: Literal["after", "before", "held", "never"] = "after"
    copies: int = 1
    order: Order = "kept"
    seconds: float = 0
    seed: int = 0


@dataclass(slots=True)
class Endpoint:
    """Each secret signs, as while one takes over from another."""

    url: str
    secrets: list[str]


@dataclass(slots=True)
class Deliveries:
    """`tried` is what became of each try: event, type and status (0: no answer)."""

    endpoints: list[Endpoint] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)
    events: list[Json] = field(default_factory=list)
    held: list[Json] = field(default_factory=list)
    tried: list[Json] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _session: aiohttp.ClientSession | None = None
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def under_way(self) -> int:
        return len(self._tasks)

    def make(self, kind: str, about: Json) -> Json:
        event = {
            "id": f"evt_{next(self._numbers):06d}_{about['id']}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "livemode": False,
            "api_version": None,
            "data": {"object": about},
        }
        self.events.append(event)
        return event

    async def publish(self, events: Sequence[Json], *, answered: bool) -> None:
        """Called before and after a call is answered: each policy has its moment."""
        when = self.policy.when
        if when == "held" and answered:
            self.held.extend(events)
        elif when == "before" and not answered:
            await self.deliver(events, policy=self.policy)
        elif when == "after" and answered and events:
            self._go(self._later(events, self.policy))

    async def deliver(self, events: Iterable[Json], *, policy: Policy) -> None:
        """Once each, in this order; what is not taken is tried again by itself."""
        batch = [event for event in events for _ in range(policy.copies)]
        if policy.order == "reversed":
            batch.reverse()
        elif policy.order == "shuffled":
            random.Random(policy.seed).shuffle(batch)
        for event in batch:
            for endpoint in list(self.endpoints):
                if not await self._try(endpoint, event):
                    self._go(self._retry(endpoint, event))

    async def send_raw(self, url: str, body: bytes, signature: str) -> int:
        """The status that it is answered with."""
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        self._session = self._session or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    def reset(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.policy = Policy()
        for kept in (self.events, self.held, self.tried):
            kept.clear()

    async def close(self) -> None:
        self.reset()
        if self._session is not None:
            await self._session.close()

    def tell(self) -> Json:
        return {
            "endpoints": [endpoint.url for endpoint in self.endpoints],
            "policy": asdict(self.policy),
            "events": self.events,
            "held": len(self.held),
            "under_way": self.under_way,
            "tried": self.tried,
        }

    async def _later(self, events: Sequence[Json], policy: Policy) -> None:
        await asyncio.sleep(policy.seconds)
        await self.deliver(events, policy=policy)

    async def _retry(self, endpoint: Endpoint, event: Json) -> None:
        pause = _FIRST_PAUSE
        for _ in range(_TRIES):
            await asyncio.sleep(pause)
            if endpoint not in self.endpoints or await self._try(endpoint, event):
                return
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _try(self, endpoint: Endpoint, event: Json) -> bool:
        body = json.dumps(event, indent=2).encode()
        status = await self.send_raw(endpoint.url, body, sign(body, endpoint.secrets, int(time.time())))
        self.tried.append({"event": event["id"], "type": event["type"], "status": status})
        return 200 <= status < 300

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
