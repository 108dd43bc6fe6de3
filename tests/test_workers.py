"""Several workers on one PostgreSQL with one broker: all serve, one that dies is replaced, all end well."""

import random
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psutil  # type: ignore[import-untyped]  # it comes without types
import pytest
import uvicorn

from models.account import AccountKind
from schema.ids import global_id
from serving import Worker
from tests.fleet import Fleet, Follower
from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import eventually
from tests.peers.valkey import Valkey


@pytest.fixture
def fleet(postgresql: PostgreSQL, tmp_path: Path) -> Iterator[Fleet]:
    url = postgresql.create_database(f"workers_{uuid4().hex}")
    with (
        Valkey() as broker,
        Fleet(url, tmp_path, BROADCAST_URL=broker.url, WORKERS="2", SOCKETS_PER_ACCOUNT="100") as fleet,
    ):
        yield fleet


def sockets_of(fleet: Fleet) -> dict[psutil.Process, int]:
    """How many connections each worker has on the server's port."""
    (server,) = fleet.servers
    found = {}
    for worker in psutil.Process(server.pid).children(recursive=True):
        try:
            held = [each for each in worker.net_connections("tcp") if each.status == "ESTABLISHED"]
        except psutil.Error:  # it has just ended
            continue
        found[worker] = sum(each.laddr.port == server.port for each in held)
    return {worker: count for worker, count in found.items() if count}


def test_workers_share_the_followers_and_nobody_misses_anything(fleet: Fleet) -> None:
    (server,) = fleet.servers
    customer, token = fleet.account(AccountKind.CUSTOMER)
    place = fleet.send(server, token, "{ streamPosition }")
    followers: list[Follower] = []
    while len(sockets_of(fleet)) < 2:  # which of them accepts a connection is chance
        assert len(followers) < 80
        for n in range(8):
            followers.append(Follower(fleet, token, place, random.Random(n)))
            followers[-1].start()
        eventually(lambda: all(follower.connections for follower in followers), what="all follow", seconds=60)
    placed = 0

    def place_orders(count: int) -> None:
        nonlocal placed
        for _ in range(count):
            lines = [{"productCode": "book"}]
            fleet.mutate(server, token, "place_order", lines=lines, idempotencyKey=str(placed))
            placed += 1

    def all_have_all() -> bool:
        return all(len(follower.seen) == placed for follower in followers)

    place_orders(4)
    eventually(all_have_all, what="what one worker wrote reaches the sockets of both", seconds=30)

    next(iter(sockets_of(fleet))).kill()
    place_orders(4)
    eventually(all_have_all, what="the other one goes on", seconds=60)
    assert 0 < len([follower for follower in followers if follower.closes == [None]]) < len(followers)
    eventually(lambda: all(follower.connections > len(follower.closes) for follower in followers), what="all are back")

    assert server.stop() == 0
    assert {follower.closes[-1] for follower in followers} == {1012}
    server.start(seconds=90)
    place_orders(4)
    eventually(all_have_all, what="everyone has come back", seconds=60)
    expected = [(global_id("Order", order), sequence) for order, sequence in fleet.log_of(customer)]
    for follower in followers:
        follower.finish()
        assert follower.faults == []
        assert follower.seen == expected
    assert "Traceback" not in server.log.read_text(), server.log.read_text()[-6000:]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("lives", "signals", "answer"), [(False, [], None), (True, [signal.SIGTERM], False)])
def test_who_does_not_answer_is_waited_for_only_while_it_lives_and_nothing_else_is_to_be_done(
    monkeypatch: pytest.MonkeyPatch, *, lives: bool, signals: list[int], answer: bool | None
) -> None:
    """The supervisor asks its workers one after the other: whoever it waits for holds up the signals and the rest."""
    worker = Worker(uvicorn.Config("server:app"), [])
    monkeypatch.setattr(worker.process, "is_alive", lambda: lives)
    monkeypatch.setattr(Worker, "signals", signals)

    assert worker._healthcheck(3600) is answer
