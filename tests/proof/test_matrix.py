"""A sample of the matrix, another one with each seed; `make torture-payments` plays all of it."""

import random
from collections.abc import Iterator
from random import Random

import pytest

from tests.conftest import STORES
from tests.proof.cells import Cell, every_cell, sample
from tests.proof.matrix import play
from tests.proof.nursery import Nursery
from tests.proof.reach import ENOUGH, Deaths, comes_to
from tests.proof.shop import Shop

#: Cells on each database, in so many tests that several workers share them.
CELLS, TESTS = 24, 4


@pytest.fixture(scope="session", params=STORES)
def sandbox_shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, nursery: Nursery
) -> Iterator[Shop]:
    """The embedded sandbox takes its payments."""
    folder = tmp_path_factory.mktemp(f"proof-sandbox-{request.param}")
    url = f"sqlite:///{folder / 'orders.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database("proof_sandbox")
    with Shop(url, folder, nursery, peer=None) as shop:
        yield shop


@pytest.mark.parametrize("part", range(TESTS))
def test_case_16_whatever_the_provider_does_and_whoever_dies(shop: Shop, part: int) -> None:
    seed = random.randrange(10**6)
    _play_all(shop, sample(CELLS, seed)[part::TESTS], seed)


def test_the_sandbox_bears_it_as_well(sandbox_shop: Shop) -> None:
    seed = random.randrange(10**6)
    _play_all(sandbox_shop, sample(6, seed, sandbox=True), seed)


def test_a_sample_has_something_of_everything() -> None:
    cells = sample(CELLS, 1)
    assert cells == sample(CELLS, 1) != sample(CELLS, 2)
    assert len({cell.outcome for cell in cells}) == 6
    assert len({cell.webhook for cell in cells}) == 5
    assert len({cell.retry for cell in cells}) == 3
    assert len({cell.crash for cell in cells}) > 15


def test_each_armed_failpoint_can_be_come_to_in_some_cell_but_for_those_of_stories() -> None:
    cells = [cell for cell in every_cell() if cell.crash is not None]
    nowhere = {cell.crash for cell in cells} - {
        cell.crash for cell in cells if comes_to(cell, sandbox=False) is not False
    }
    assert nowhere == {"pay.turned_down", "pay.failing", "settle.turned_down", "settle.failing"}


def test_a_failpoint_that_nobody_comes_to_is_told() -> None:
    deaths = Deaths()
    never, missed = Cell("success", "never", "none", "event.looked"), Cell("limit", "never", "none", "settle.asking")
    for _ in range(ENOUGH):
        assert list(deaths.missed(whole=False)) == []
        deaths.note(never, sandbox=False, reached=False)
        deaths.note(missed, sandbox=False, reached=False)
    assert list(deaths.missed(whole=False)) == [f"settle.asking: none of {ENOUGH} cells that could come there did"]
    deaths.note(missed, sandbox=False, reached=True)
    assert list(deaths.missed(whole=True)) == []


def _play_all(shop: Shop, cells: list[Cell], seed: int) -> None:
    """Each cell has its own chance, so that it comes out the same when it is played alone."""
    for cell in cells:
        again = f"make torture-payments SEED={seed} CELL={cell}"
        assert play(shop, cell, Random(f"{seed} {cell}")).faults == [], again
