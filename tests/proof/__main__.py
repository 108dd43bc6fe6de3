"""The whole matrix of payments, on both databases: `make torture-payments`, or a part of it.

    python -m tests.proof --seed 7 --store sqlite --provider stripe --part 2/8
    python -m tests.proof --seed 7 --cell timeout/twice/other/pay.answered

`--cell` takes any part of a cell's name. Ends with status 1 where an invariant was broken, and says which, where."""

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.conftest import STORES
from tests.peers.postgresql import PostgreSQL
from tests.peers.stripe import StripePeer
from tests.proof.cells import Cell, every_cell
from tests.proof.matrix import play
from tests.proof.nursery import Nursery
from tests.proof.reach import Deaths
from tests.proof.shop import Shop

PROVIDERS = ("stripe", "sandbox")
#: After so many cells all books are compared, and a new shop is opened: lists grow.
CELLS_OF_A_SHOP = 100


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.proof")
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments.add_argument("--store", choices=STORES, action="append")
    arguments.add_argument("--provider", choices=PROVIDERS, action="append")
    arguments.add_argument("--part", default="1/1", help="2/8: the second eighth")
    arguments.add_argument("--cell", default="", help="only cells with this in their name")
    asked = arguments.parse_args()
    _say(f"seed {asked.seed}, part {asked.part}")
    began, played, faults, deaths = time.monotonic(), 0, 0, Deaths()
    for store, provider in itertools.product(asked.store or STORES, asked.provider or PROVIDERS):
        cells = _chosen(provider, asked.seed, asked.part, asked.cell)
        for place in range(0, len(cells), CELLS_OF_A_SHOP):
            some = cells[place : place + CELLS_OF_A_SHOP]
            faults += _play(store, provider, some, asked.seed, deaths)
            played += len(some)
            _say(f"{time.monotonic() - began:6.0f} s: {place + len(some)} of {len(cells)} on {store} with {provider}")
    _say(str(deaths))
    for missed in deaths.missed(whole=asked.part == "1/1" and not asked.cell):
        faults += 1
        _say(missed)
    _say(f"{played} payments: {f'{faults} FAILED' if faults else 'charged at most once, none unknown, books balanced'}")
    return int(bool(faults) or not played)


def _chosen(provider: str, seed: int, part: str, wanted: str) -> list[Cell]:
    """A part has something of everything."""
    number, _, count = part.partition("/")
    cells = every_cell(sandbox=provider == "sandbox")
    random.Random(seed).shuffle(cells)
    return [cell for cell in cells[int(number) - 1 :: int(count)] if wanted in str(cell)]


def _play(store: str, provider: str, cells: list[Cell], seed: int, deaths: Deaths) -> int:
    """How many cells failed; the books of all together count as one."""
    failed = 0
    with _opened(store, provider) as shop:
        for cell in cells:
            try:
                played = play(shop, cell, random.Random(f"{seed} {cell}"))
                faults = played.faults
                deaths.note(cell, sandbox=provider == "sandbox", reached=played.reached)
            except (AssertionError, TimeoutError) as error:
                faults = [str(error)]
            failed += bool(faults)
            for fault in faults:
                _say(f"{store} {provider} {cell}: {fault}")
        differences = [*map(str, shop.audit().differences), *shop.unfollowed()]
        for difference in differences:
            _say(f"{store} {provider}: {difference}")
    return failed + bool(differences)


@contextmanager
def _opened(store: str, provider: str) -> Iterator[Shop]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'orders.sqlite3'}"
        if store == "postgresql":
            url = stack.enter_context(PostgreSQL()).create_database("torture")
        peer = stack.enter_context(StripePeer()) if provider == "stripe" else None
        nursery = stack.enter_context(Nursery(folder / "nursery.log"))
        yield stack.enter_context(Shop(url, folder, nursery, peer))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
