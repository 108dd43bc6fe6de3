"""Case 59: a reader that stalls takes bounded room and misses nothing, whatever server is in front."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from server import uvicorn_options
from settings import read_settings
from streaming.ring import LogReplaced
from streaming.sharing.streams import Streams
from tests.api import Api
from tests.peers.processes import eventually
from tests.running import Running, run_application
from tests.stalling import WIDE, stalled
from tests.stalling import write_many as _write_many
from tests.streaming.lives import new_life
from tests.subscribing import EVERYTHING, hear, subscribe


def test_case_59_a_reader_that_stalls_is_bounded_and_misses_nothing(api: Api) -> None:
    staff, count = api.staff(), 5000
    life = api.running.do(new_life(api.running.database))
    place = staff.position()
    document = EVERYTHING % WIDE
    with stalled(api, staff) as slow, staff.socket() as quick:
        for wire in (slow, quick):
            subscribe(wire, "1", document, after=place)
        api.running.do(_write_many(api.running, life, count))
        seen = [hear(quick)["payload"]["data"]["statusTransitions"]["cursor"] for _ in range(count)]

        assert _waiting_bytes(api.running) < 2 * 256 * 1024
        assert [_cursor(hear(slow)) for _ in range(count)] == seen
    assert len(set(seen)) == count


def test_a_reader_that_stalls_too_long_is_closed_and_goes_on_by_its_cursor(api: Api) -> None:
    staff, count = api.staff(), 5000
    life = api.running.do(new_life(api.running.database))
    place = staff.position()
    seen = []
    with stalled(api, staff) as slow:
        subscribe(slow, "1", EVERYTHING % WIDE, after=place)
        api.running.do(_write_many(api.running, life, count))
        eventually(lambda: _give_up(api.running), what="it waits for room")
        with suppress(ConnectionClosed):
            while True:
                seen.append(_cursor(hear(slow)))
        assert (slow.close_code, slow.close_reason) == (1013, "Reads too slowly")
    assert 0 < len(seen) < count
    with staff.socket() as again:
        subscribe(again, "1", EVERYTHING % WIDE, after=seen[-1])
        seen += [_cursor(hear(again)) for _ in range(count - len(seen))]
    assert len(set(seen)) == count


def test_another_server_serves_the_same_by_queues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not know how to write past the application."""
    options = uvicorn_options(read_settings({"DEMO": "1"}))
    monkeypatch.setattr("tests.running.uvicorn_options", lambda _settings: {**options, "ws": "websockets-sansio"})
    with run_application(f"sqlite:///{tmp_path / 'orders.sqlite3'}", tmp_path) as running, Api(running) as api:
        staff, count = api.staff(), 1000
        life = running.do(new_life(running.database))
        place = staff.position()
        with stalled(api, staff) as slow, staff.socket() as quick:
            for wire in (slow, quick):
                subscribe(wire, "1", EVERYTHING % WIDE, after=place)
                subscribe(wire, "2", 'subscription { order(id: "nonsense") { id } }')
            running.do(_write_many(running, life, count))
            for wire in (quick, slow):
                messages = [hear(wire) for _ in range(count + 1)]
                cursors = [_cursor(message) for message in messages if message["type"] == "next"]
                assert len(set(cursors)) == count
                assert [message["id"] for message in messages if message["type"] == "error"] == ["2"]
            own = running.application.stream.streams
            running.do(_end(own))
            assert hear(quick)["type"] == "error"


def _waiting_bytes(running: Running) -> int:
    async def look() -> int:
        lines = [getattr(each, "_following", None) for each in running.application.sockets._owners]
        return max(int(each._line._transport.get_write_buffer_size()) for each in lines if each and each._line)

    return running.do(look())


def _cursor(message: Any) -> str:
    return str(message["payload"]["data"]["statusTransitions"]["cursor"])


def _give_up(running: Running) -> bool:
    """Does what patience does at its end, to whoever waits for room."""

    async def give_up() -> bool:
        lines = [getattr(each, "_following", None) for each in running.application.sockets._owners]
        waiting = [each._line for each in lines if each and each._line and each._line._waiting]
        for line in waiting:
            line._too_slow()
        return bool(waiting)

    return running.do(give_up())


async def _end(streams: Streams) -> None:
    streams.ended(LogReplaced())
