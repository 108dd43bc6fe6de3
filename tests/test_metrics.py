"""Metrics of a real process: they follow what happens on its sockets, in its log and to its broker."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.api import Api
from tests.endpoint.wire import closing, hear, subscribe
from tests.peers.processes import eventually
from tests.peers.valkey import Valkey
from tests.running import Running, run_application

TOKEN = "the scraper's"


@pytest.fixture
def broker() -> Iterator[Valkey]:
    with Valkey() as broker:
        yield broker


@pytest.fixture
def own(tmp_path: Path, broker: Valkey) -> Iterator[Running]:
    url = f"sqlite:///{tmp_path / 'orders.sqlite3'}"
    with run_application(url, tmp_path, METRICS_TOKEN=TOKEN, BROADCAST_URL=broker.url) as running:
        yield running


def scraped(api: Api) -> dict[str, int]:
    answer = api.http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name.removeprefix("orders_"): int(value) for name, _, value in (line.partition(" ") for line in lines)}


def test_metrics_follow_what_happens(own: Running, broker: Valkey) -> None:
    with Api(own) as api, ExitStack() as stack:
        assert api.http.get("/metrics").status_code == 401
        eventually(lambda: scraped(api)["hints_late"] == 0, what="hints arrive")
        person = api.customer()
        before = scraped(api)
        wires = [stack.enter_context(person.socket()) for _ in range(3)]
        for wire in wires:
            subscribe(wire, "subscription { statusTransitions { sequence } }")
        eventually(lambda: scraped(api)["subscribers"] == 3, what="all follow")
        person.place()
        for wire in wires:
            assert hear(wire)["type"] == "next"
        wires[0].send("{")
        assert closing(wires[0])[0] == 4400
        eventually(lambda: scraped(api)["sockets"] == 2, what="it is let go")

        after = scraped(api)
        assert after['sockets_closed_total{code="4400"}'] == 1
        assert (after["shared_streams"], after["subscribers"]) == (1, 2)
        assert after["deliveries_total"] == before["deliveries_total"] + 3
        assert after["log_position"] == before["log_position"] + 1
        assert (after["log_readable"], after["log_lag"]) == (1, 0)
        assert after["kept_bytes"] > before["kept_bytes"]


def test_sockets_that_the_protocol_itself_closes_are_counted(own: Running) -> None:
    frames = {
        1007: bytes([0x81, 0x81, 0, 0, 0, 0, 0xFF]),
        1009: bytes([0x81, 0xFF, *(2**20).to_bytes(8), 0, 0, 0, 0]),
        1013: bytes([0x89, 0x80, 0, 0, 0, 0]) * 5000,
    }
    with Api(own) as api:
        for code, sent in frames.items():
            with api.customer().socket() as wire:
                wire.close_timeout = 0
                with suppress(OSError):
                    wire.socket.sendall(sent)
                name = f'sockets_closed_total{{code="{code}"}}'
                eventually(lambda name=name: scraped(api).get(name) == 1, what="it is counted")  # type: ignore[misc] # a name


def test_late_hints_are_told_while_delivery_goes_on(own: Running, broker: Valkey) -> None:
    with Api(own) as api:
        person = api.customer()
        eventually(lambda: api.http.get("/readyz").json()["status"] == "ready", what="hints arrive")
        with person.socket() as wire:
            subscribe(wire, "subscription { statusTransitions { sequence } }")
            eventually(lambda: scraped(api)["subscribers"] == 1, what="it follows")
            broker.kill()
            person.place()

            assert hear(wire)["type"] == "next"
            eventually(lambda: scraped(api)["hints_late"] == 1, what="hints are late")
            answer = api.http.get("/readyz")
            told = "hints are not arriving: changes are delivered by polling"
            assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
            assert answer.json()["checks"] == {"database": "ok", "open": "ok", "stream": told}
            assert scraped(api)["hints_unsent_total"] > 0

            broker.start()
            eventually(lambda: scraped(api)["hints_late"] == 0, what="hints arrive again", seconds=30)
            assert api.http.get("/readyz").json()["status"] == "ready"
