"""Most tests of transactions run on both databases; some are about PostgreSQL alone."""

from uuid import uuid4

import pytest

from tests.peers.postgresql import PostgreSQL


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> str:
    return postgresql.create_database(f"notes_{uuid4().hex}")
