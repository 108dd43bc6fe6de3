"""One demo shop on each database, filled once for all tests that only look at it."""

from collections.abc import Iterator

import pytest

from tests.demo.shop import Shop, open_shop
from tests.peers.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def demo_postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("demo")
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("demo_postgresql")
        url = server.create_database("demo")
    else:
        url = f"sqlite+aiosqlite:///{folder}/demo.sqlite3"
    return open_shop(url, folder)


@pytest.fixture(scope="session")
def same_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Of the same seed and start, once more."""
    folder = tmp_path_factory.mktemp("demo")
    return open_shop(f"sqlite+aiosqlite:///{folder}/demo.sqlite3", folder)
