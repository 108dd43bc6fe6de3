"""A sample of the matrix, another one with each seed; `make torture-payments` plays all of it."""

import random
from collections.abc import Iterator
from random import Random

import pytest

from tests.conftest import STORES
from tests.proof.matrix import Cell, play, sample
from tests.proof.nursery import Nursery
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


def _play_all(shop: Shop, cells: list[Cell], seed: int) -> None:
    """Each cell has its own chance, so that it comes out the same when it is played alone."""
    for cell in cells:
        again = f"make torture-payments SEED={seed} CELL={cell}"
        assert play(shop, cell, Random(f"{seed} {cell}")) == [], again
