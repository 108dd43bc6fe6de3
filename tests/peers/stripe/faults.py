"""What is to go wrong with which call to the API, in the order in which it was asked for."""

import asyncio
import re
from dataclasses import dataclass, field, fields
from typing import Literal

from tests.peers.stripe.upstream import Json


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong with the next `times` calls that fit `method` and `path` (a regular expression).

    `when`: "before" anything is done, or "after" it was done and before the answer. Then, in this order: the call waits
    for `seconds`; it waits until the gate named `hold` is opened; it is answered with `status`, or not at all where
    `drop` says so. `remember`: an error from "before" stays under the call's idempotency key, as Stripe's own do."""

    when: Literal["before", "after"]
    path: str = "/v1/payment_intents$"
    method: str = "POST"
    times: int = 1
    seconds: float = 0
    hold: str | None = None
    status: int | None = None
    drop: bool = False
    remember: bool = False

    @classmethod
    def read(cls, body: Json) -> "Fault":
        """Raises ValueError for what it does not know."""
        unknown = body.keys() - {known.name for known in fields(cls)}
        if unknown or body.get("when") not in ("before", "after"):
            raise ValueError(f"no such fault: {sorted(unknown)}, when={body.get('when')!r}")
        re.compile(body.get("path", ""))
        return cls(**body)

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and method == self.method and re.match(self.path, path) is not None


@dataclass(slots=True)
class Faults:
    """`gates` are waited at by name; one that nobody has named yet is closed."""

    planned: list[Fault] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)

    def take(self, method: str, path: str) -> dict[str, Fault]:
        """The first fault of either kind that fits, used up by one."""
        found: dict[str, Fault] = {}
        for fault in self.planned:
            if fault.when not in found and fault.fits(method, path):
                found[fault.when] = fault
                fault.times -= 1
        return found

    async def wait(self, fault: Fault) -> None:
        await asyncio.sleep(fault.seconds)
        if fault.hold is not None:
            gate = self.gates.setdefault(fault.hold, asyncio.Event())
            self.waiting[fault.hold] = self.waiting.get(fault.hold, 0) + 1
            await gate.wait()

    def open(self, name: str) -> None:
        self.gates.setdefault(name, asyncio.Event()).set()

    def reset(self) -> None:
        """Nothing goes wrong from here on, and whoever waits goes on."""
        self.planned.clear()
        for gate in self.gates.values():
            gate.set()
        self.gates, self.waiting = {}, {}


def error_of(status: int) -> Json:
    """What Stripe says of its own troubles."""
    kind = "api_error" if status >= 500 else "invalid_request_error"
    code = {"code": "rate_limit"} if status == 429 else {}
    return {"error": {"type": kind, "message": f"made up: {status}", **code}}
