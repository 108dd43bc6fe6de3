"""Empty databases of both kinds, to be migrated."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.peers.postgresql import PostgreSQL


@pytest.fixture(scope="package")
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes an empty database and tells its URL."""
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        return lambda: server.create_database(f"migrations_{uuid4().hex}")
    return lambda: f"sqlite+aiosqlite:///{tmp_path / uuid4().hex}"
