"""Each test of access runs on SQLite and on PostgreSQL, with a database of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.access.house import House, built
from tests.peers.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "sqlite":
        with built(f"sqlite+aiosqlite:///{tmp_path}/access.sqlite3") as house:
            yield house
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = f"access_{uuid4().hex}"
    with built(server.create_database(name)) as house:
        yield house
    server.drop_database(name)
