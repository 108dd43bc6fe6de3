"""No transition is lost or seen twice: servers are killed between them, and every client goes on from its cursor."""

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest

from models.account import AccountKind
from schema.ids import global_id
from tests.fleet import Fleet, Follower, until
from tests.peers.postgresql import PostgreSQL
from tests.peers.programs import Server
from tests.peers.valkey import Valkey


@pytest.fixture(params=["sqlite", "postgresql, two servers and Valkey"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fleet]:
    if request.param == "sqlite":
        with Fleet(f"sqlite:///{tmp_path / 'orders.sqlite3'}", tmp_path) as fleet:
            yield fleet
        return
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    url = postgresql.create_database(f"fleet_{uuid4().hex}")
    with Valkey() as broker, Fleet(url, tmp_path, count=2, BROADCAST_URL=broker.url) as fleet:
        yield fleet


def test_clients_see_the_log_once_and_in_order_whatever_is_killed(fleet: Fleet) -> None:
    chance = random.Random(random.random())  # under the seed that the run prints
    (first, first_token), (second, second_token) = (fleet.account(AccountKind.CUSTOMER) for _ in range(2))
    _, staff_token = fleet.account(AccountKind.STAFF)
    place = fleet.send(fleet.servers[0], staff_token, "{ streamPosition }")
    followers: dict[UUID | None, Follower] = {
        first: Follower(fleet, first_token, place, random.Random(1)),
        second: Follower(fleet, second_token, place, random.Random(2)),
        None: Follower(fleet, staff_token, place, random.Random(3)),
    }
    for follower in followers.values():
        follower.start()

    for turn in range(16):
        tokens = chance.choice([first_token, second_token]), staff_token
        with contextlib.suppress(httpx2.TransportError):  # killed under it: what was committed is in the log
            for step in _life_of_an_order(fleet, chance.choice(fleet.servers), *tokens, key=str(turn)):
                step()
                if chance.random() < 0.12:
                    _kill_one(fleet, chance)
    _kill_one(fleet, chance)

    expected = {
        who: [(global_id("Order", order), sequence) for order, sequence in fleet.log_of(who)] for who in followers
    }
    for who, follower in followers.items():
        _wait_for(follower, len(expected[who]))
        assert follower.seen == expected[who]
        assert follower.faults == []
    assert len(expected[None]) > 30
    assert max(follower.connections for follower in followers.values()) > 1


def _wait_for(follower: Follower, count: int) -> None:
    until(lambda: len(follower.seen) >= count)
    follower.finish()


def _kill_one(fleet: Fleet, chance: random.Random) -> None:
    victim = chance.choice(fleet.servers)
    victim.kill()
    victim.start()


def _life_of_an_order(
    fleet: Fleet, server: Server, token: str, staff_token: str, *, key: str
) -> Iterator[Callable[[], object]]:
    """Placed, paid and confirmed, a step at a time."""
    order: dict[str, str] = {}
    source = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}
    lines = [{"productCode": "book"}]
    yield lambda: order.update(
        fleet.mutate(server, token, "place_order", lines=lines, idempotencyKey=f"place {key}")["order"]
    )
    yield lambda: fleet.mutate(
        server, token, "pay_order", orderId=order["id"], source=source, idempotencyKey=f"pay {key}"
    )
    yield lambda: fleet.mutate(server, staff_token, "confirm_order", orderId=order["id"])
