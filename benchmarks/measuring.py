"""Servers under measurement: requests over one kept connection, and the processor time that each costs the server."""

import http.client
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

Body = Mapping[str, object]
_CLOCK_OF_PROCESS: Final = 2  # CPUCLOCK_SCHED: a process's time on the processor, in linux/posix-timers.h


@dataclass(frozen=True, slots=True)
class Sample:
    """Of one request, in milliseconds: of the server's processor, and as the client waited."""

    cpu: float
    wall: float


class Subject:
    """A server that answers GraphQL requests (or, if it knows one answer only, any POST)."""

    def __init__(self, *, port: int, pid: int, headers: Mapping[str, str] | None = None) -> None:
        self.port, self.pid = port, pid
        self.headers = {"content-type": "application/json", "accept": "application/json", **(headers or {})}
        self._clock = (~pid << 3) | _CLOCK_OF_PROCESS
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, body: Body) -> Any:
        """The answer's data. Raises RuntimeError where it has errors."""
        answer = orjson.loads(self._post(orjson.dumps(body)))
        self._connection.close()
        if "errors" in answer:
            raise RuntimeError(str(answer["errors"]))
        return answer["data"]

    def accepts(self) -> bool:
        """Whether it listens yet."""
        try:
            self._connection.connect()
        except OSError:
            return False
        finally:
            self._connection.close()
        return True

    def measure(self, body: Body, requests: int) -> list[Sample]:
        """Some requests, one after another."""
        packed = orjson.dumps(body)
        samples = [self._measure(packed) for _ in range(requests)]
        self._connection.close()  # before the server does, since it waits for the other servers' turns
        return samples

    def _measure(self, packed: bytes) -> Sample:
        wall, cpu = time.perf_counter_ns(), time.clock_gettime_ns(self._clock)
        self._post(packed)
        return Sample((time.clock_gettime_ns(self._clock) - cpu) / 1e6, (time.perf_counter_ns() - wall) / 1e6)

    def _post(self, body: bytes) -> bytes:
        self._connection.request("POST", "/graphql", body, self.headers)
        return self._connection.getresponse().read()


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of some rounds, and how far they lie apart as a part of it."""

    median: float
    spread: float

    @classmethod
    def of(cls, rounds: Sequence[float]) -> "Figure":
        median = statistics.median(rounds)
        return cls(median, (max(rounds) - min(rounds)) / median)
