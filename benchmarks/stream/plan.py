"""How much of everything is measured: in full, or quickly, to see whether it works."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`deliveries`: how many events go to so many sockets, one after another, in each round. Behind `whole_rounds` only
    what there are goals for is measured: the two biggest crowds, and the servers that the goals name."""

    rounds: int
    whole_rounds: int
    deliveries: Mapping[int, int]
    interest: Sequence[int]
    interest_events: int
    storms: int
    storm_clients: int
    storm_gap: int


FULL: Final = Plan(
    rounds=5,
    whole_rounds=2,
    deliveries={1: 60, 100: 30, 1000: 20, 5000: 8},
    interest=(100, 10_000),
    interest_events=60,
    storms=2,
    storm_clients=5000,
    storm_gap=1000,
)
QUICK: Final = Plan(
    rounds=2,
    whole_rounds=2,
    deliveries={1: 40, 20: 20, 100: 10},
    interest=(20, 100),
    interest_events=40,
    storms=1,
    storm_clients=50,
    storm_gap=100,
)
