"""A server that is full, or told to end: whoever comes is turned away, and whoever is there loses nothing."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from models.account import AccountKind
from tests.api import Api
from tests.endpoint.wire import closing, tell
from tests.fleet import Fleet, Follower
from tests.peers.processes import eventually
from tests.running import Running, run_application
from tests.sockets import opened
from tests.subscribing import EVERYTHING, hear, streams_of, subscribe


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    with run_application(
        f"sqlite:///{tmp_path / 'orders.sqlite3'}", tmp_path, SOCKETS_PER_ACCOUNT="3", SOCKETS_PER_ADDRESS="4"
    ) as running:
        yield running


def test_a_process_that_drains_delivers_and_lets_nobody_in(own: Running) -> None:
    with Api(own) as api:
        person = api.customer()
        with person.socket() as wire, person.socket() as other:
            subscribe(wire, "1", EVERYTHING % "sequence")
            subscribe(other, "2", "subscription { orderCounts { count } }")
            assert hear(other)["type"] == "next"
            eventually(lambda: len(streams_of(own)) == 2, what="both follow")
            person.place()
            own.do(own.application.drain())

            assert hear(wire)["payload"]["data"]["statusTransitions"] == {"sequence": 1}
            assert closing(wire) == closing(other) == (1012, "Service restart")
        with pytest.raises(InvalidStatus) as refusal, opened(own):
            pass
        assert refusal.value.response.status_code == 503
        assert api.http.get("/readyz").status_code == 503
        headers = {**person.headers, "accept": "text/event-stream"}
        assert api.http.get("/graphql", params={"query": "{ __typename }"}, headers=headers).status_code == 503


def test_sockets_of_one_account_and_of_one_address_are_bounded(own: Running) -> None:
    with Api(own) as api, ExitStack() as stack:
        person = api.customer()
        for _ in range(3):
            stack.enter_context(person.socket())
        with opened(own) as wire:
            tell(wire, {"type": "connection_init", "payload": {"authorization": f"Bearer {person.token}"}})
            assert closing(wire) == (1013, "Too many sockets")
        eventually(lambda: len(own.application.sockets) == 3, what="it is let go")
        stack.enter_context(api.customer().socket())
        with pytest.raises(InvalidStatus) as refusal, opened(own):
            pass
        assert refusal.value.response.status_code == 429


def test_case_57_a_server_that_is_told_to_end_ends_well_and_nobody_loses_anything(tmp_path: Path) -> None:
    with Fleet(f"sqlite:///{tmp_path / 'orders.sqlite3'}", tmp_path) as fleet:
        (server,) = fleet.servers
        customer, token = fleet.account(AccountKind.CUSTOMER)
        place = fleet.send(server, token, "{ streamPosition }")
        followers = [Follower(fleet, token, place, random.Random(n)) for n in range(5)]
        for follower in followers:
            follower.start()
        for turn in range(3):
            for n in range(3):
                lines = [{"productCode": "book"}]
                fleet.mutate(server, token, "place_order", lines=lines, idempotencyKey=f"{turn} {n}")
            assert server.stop() == 0
            server.start()
        for follower in followers:
            eventually(lambda follower=follower: len(follower.seen) == 9, what="all that was placed", seconds=20)  # type: ignore[misc] # an index
            follower.finish()
            assert follower.faults == []
            assert [sequence for _, sequence in follower.seen] == [1] * 9
        assert len(fleet.log_of(customer)) == 9
