"""A shop of the proof on each database, whose server processes die where a test wants them to."""

from collections.abc import Iterator

import pytest

from tests.conftest import STORES
from tests.peers.stripe import StripePeer
from tests.proof.nursery import Nursery
from tests.proof.shop import Shop


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery") / "nursery.log") as nursery:
        yield nursery


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[StripePeer]:
    with StripePeer() as peer:
        yield peer


@pytest.fixture(scope="session", params=STORES)
def proved(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    nursery: Nursery,
    stripe_process: StripePeer,
) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp(f"proof-{request.param}")
    url = f"sqlite:///{folder / 'orders.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database("proof")
    stripe_process.reset(books=True)  # of the shop before
    with Shop(url, folder, nursery, stripe_process) as shop:
        yield shop


@pytest.fixture
def shop(proved: Shop) -> Iterator[Shop]:
    """Alive, with nothing armed and nothing going wrong at Stripe, which tells nothing unless the test says so."""
    proved.afresh()
    yield proved
    proved.afresh()
