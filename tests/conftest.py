"""What most tests stand on: the real application over real HTTP and websockets, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings

from tests.api import Api
from tests.demonstration import demonstration
from tests.peers.postgresql import PostgreSQL
from tests.peers.programs import Server
from tests.putting_off import put_off_all
from tests.running import Running, run_application

STORES = ("sqlite", "postgresql")

# Examples that speak to a database take as long as the machine is busy.
hypothesis_settings.register_profile("orders", deadline=None, print_blob=True)
hypothesis_settings.load_profile("orders")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL cluster of this worker's own."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture(params=STORES)
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of one that nobody else has, without any tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'orders.sqlite3'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.create_database(f"new_{uuid4().hex}")


@pytest.fixture(scope="session", params=STORES)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The application with an empty shop's catalogue, served for as long as the tests of this worker want it."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    url = f"sqlite:///{folder / 'orders.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database("orders")
    with run_application(url, folder) as served:
        yield served


@pytest.fixture
def api(running: Running) -> Iterator[Api]:
    """New accounts for each test, so that none sees another's orders; afterwards nothing is due and the clock right."""
    running.forget_attempts()
    with Api(running) as api:
        yield api
    running.do(put_off_all(running.database))
    running.set_clock_back()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo; its tests belong to the group `demo`, so that one worker alone makes it."""
    with demonstration(tmp_path_factory.mktemp("demonstration")) as server:
        yield server
