"""What a client saw that follows all orders and goes on from the last transition it saw, however often servers die."""

from collections.abc import Sequence
from random import Random

from schema.ids import uuid_of
from tests.fleet import Follower, Served


class Followed:
    """`token` is one of staff, who see every order; `after` is the stream's place from which on it follows."""

    def __init__(self, shop: Served, token: str, after: str) -> None:
        self._follower = Follower(shop, token, after, Random(1))
        self._follower.start()

    def finish(self) -> None:
        self._follower.finish()

    def all(self, order: str | None = None) -> list[tuple[str, int]]:
        """(order, sequence) of every transition, or of one order's, as they came."""
        seen = [(str(uuid_of(name, "Order")), sequence) for name, sequence in self._follower.seen]
        return [each for each in seen if order in (None, each[0])]

    def faults(self, log: Sequence[tuple[str, int]], order: str | None = None) -> list[str]:
        """Where it is not the log, each once and in order."""
        seen = self.all(order)
        refused = [f"the stream said {fault}" for fault in self._follower.faults]
        return refused if seen == log else [*refused, f"followed {seen} of {log}"]
