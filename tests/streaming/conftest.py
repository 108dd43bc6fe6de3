"""Each test of the log runs on SQLite and on PostgreSQL, with a database of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.peers.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def shared_postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/stream.sqlite3"
        return
    server: PostgreSQL = request.getfixturevalue("shared_postgresql")
    name = f"stream_{uuid4().hex}"
    yield server.create_database(name)
    server.drop_database(name)
