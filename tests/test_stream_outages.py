"""Cases 51, 52 and 54 on open sockets: broker and database die and come back, and the sockets never notice."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.account import AccountKind
from tests.fleet import Fleet, Follower
from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import eventually
from tests.peers.valkey import Valkey


@pytest.fixture
def peers() -> Iterator[tuple[PostgreSQL, Valkey]]:
    with PostgreSQL(durable=True) as database, Valkey() as broker:
        yield database, broker


def test_sockets_outlive_broker_and_database_and_miss_nothing(peers: tuple[PostgreSQL, Valkey], tmp_path: Path) -> None:
    database, broker = peers
    with Fleet(database.create_database("outages"), tmp_path, count=2, BROADCAST_URL=broker.url) as fleet:
        _, token = fleet.account(AccountKind.CUSTOMER)
        place = fleet.send(fleet.servers[0], token, "{ streamPosition }")
        followers = [Follower(fleet, token, place, random.Random(n)) for n in range(6)]
        for follower in followers:
            follower.start()
        placed = 0

        def all_have(count: int) -> bool:
            return all(len(follower.seen) == count for follower in followers)

        def place_order() -> None:
            nonlocal placed
            lines = [{"productCode": "book"}]
            fleet.mutate(fleet.servers[placed % 2], token, "place_order", lines=lines, idempotencyKey=str(placed))
            placed += 1

        place_order()
        eventually(lambda: all_have(1), what="the first", seconds=20)
        broker.kill()
        place_order()  # which waits for no broker
        eventually(lambda: all_have(2), what="the one without a hint", seconds=20)
        broker.start()
        place_order()
        eventually(lambda: all_have(3), what="the one after it", seconds=20)
        database.kill()
        database.start()
        eventually(lambda: all(server.status("/readyz") == 200 for server in fleet.servers), what="ready", seconds=30)
        place_order()
        eventually(lambda: all_have(4), what="the one after the database", seconds=20)
        for follower in followers:
            follower.finish()
            assert follower.faults == []
            assert follower.connections == 1
