"""Shared streams at the front door: once for many, nothing foreign for anyone, whatever a client can do to a socket."""

import json
import random
import socket as sockets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from models.account import AccountKind
from models.order import OrderStatus
from server import uvicorn_options
from settings import read_settings
from streaming.ring import LogReplaced
from streaming.sharing.shared import SharedStream
from streaming.sharing.streams import Streams
from tests.api import Api, Person
from tests.endpoint.wire import closing, tell
from tests.endpoint.wire import hear as hear_anything
from tests.fleet import Fleet, Follower
from tests.peers.processes import eventually
from tests.running import Running, run_application
from tests.sockets import opened
from tests.streaming.lives import Life, new_life

EVERYTHING = """subscription Everything($after: StreamCursor, $orderId: ID, $status: [OrderStatus!]) {
  statusTransitions(after: $after, orderId: $orderId, status: $status) { %s } }"""
DEEP = """cursor sequence reason order { id number customer { email name orders(first: 5) { nodes { number } } }
  purchaseOrder { billingDetails { name addressLines email } savedPaymentMethods { method { label } usable code } }
  actions { action allowed } payments { status } }"""
SELECTIONS = ["cursor", "cursor sequence to", f"cursor {DEEP}", DEEP]


def subscribe(socket: ClientConnection, operation: str, text: str, /, **variables: Any) -> None:
    tell(socket, {"id": operation, "type": "subscribe", "payload": {"query": text, "variables": variables}})


def hear(socket: ClientConnection) -> Any:
    """The next message but pings, which are answered: a busy machine takes long enough for some."""
    while (message := hear_anything(socket)) == {"type": "ping"}:
        tell(socket, {"type": "pong"})
    return message


def streams_of(running: Running) -> list[SharedStream]:
    return running.do(_streams_of(running))


async def _streams_of(running: Running) -> list[SharedStream]:
    return [stream for stream in running.application.stream.streams._streams.values() if len(stream)]


def test_nobody_is_sent_what_is_not_theirs(api: Api, request: pytest.FixtureRequest) -> None:
    """Case 20, I8: documents, variables and scopes combined at random; each person's orders carry a canary."""
    chance = random.Random(random.random())  # under the seed that the run prints
    people = [api.customer(name=f"canary-{n}", address_lines=[f"canary-{n}"]) for n in range(2)]
    orders = [person.place() for person in people]
    everyone: list[Person] = [*people, api.staff()]
    place = api.staff().position()
    heard: dict[int, list[str]] = {n: [] for n in range(3)}
    with ExitStack() as stack:
        listening = [[stack.enter_context(person.socket()) for _ in range(3)] for person in everyone]
        for own in listening:
            for wire in own:
                for number in range(4):
                    text, variables = _anything(chance, orders, place)
                    subscribe(wire, f"{number}", text, **variables)
                subscribe(wire, "last", EVERYTHING % DEEP, after=place)
        for person in people:
            person.place_and_pay()
        for n, own in enumerate(listening):
            expected = 4 if n == 2 else 2
            for wire in own:
                heard[n] += _heard(wire, last=expected)
    for n in range(2):
        text = "".join(heard[n])
        assert f"canary-{n}" in text
        assert f"canary-{1 - n}" not in text
        assert people[1 - n].account.email not in text
    assert all(f"canary-{n}" in "".join(heard[2]) for n in range(2))


def _anything(chance: random.Random, orders: list[dict[str, Any]], place: str) -> tuple[str, dict[str, Any]]:
    order = chance.choice(orders)
    match chance.randint(0, 3):
        case 0:
            return "subscription ($id: ID!) { order(id: $id) { version number customer { name } } }", {
                "id": order["id"]
            }
        case 1:
            return f'subscription {{ order(id: "{order["id"]}") {{ version customer {{ name email }} }} }}', {}
        case 2:
            return "subscription { orderCounts { status count total { amount } } }", {}
    variables: dict[str, Any] = {"after": chance.choice([place, None])}
    if chance.random() < 0.5:
        variables["orderId"] = order["id"]
    if chance.random() < 0.5:
        variables["status"] = chance.sample([status.name for status in OrderStatus], 3)
    return EVERYTHING % chance.choice(SELECTIONS), variables


def _heard(wire: ClientConnection, *, last: int) -> list[str]:
    """All that comes until the operation `last` has had so many events."""
    texts: list[str] = []
    while last:
        text = wire.recv(timeout=20)
        assert isinstance(text, str)
        texts.append(text)
        last -= json.loads(text).get("id") == "last"
    return texts


def test_many_sockets_share_one_execution_whatever_their_sessions_and_places(api: Api) -> None:
    person = api.customer()
    order = person.place()
    place = person.position()
    document = EVERYTHING % "sequence order { number }"
    with ExitStack() as stack:
        before = set(streams_of(api.running))
        wires = [stack.enter_context(person.socket()) for _ in range(8)]
        for n, wire in enumerate(wires):
            subscribe(wire, f"id {n}", document, **({"after": place} if n % 2 else {}), orderId=order["id"], unknown=n)
        eventually(lambda: sum(map(len, set(streams_of(api.running)) - before)) == 8, what="all follow")
        (stream,) = set(streams_of(api.running)) - before
        rendered = _count_renderings(stream)
        person.pay(order)

        for n, wire in enumerate(wires):
            message = hear(wire)
            assert message["id"] == f"id {n}"
            assert message["payload"]["data"]["statusTransitions"] == {
                "sequence": 2,
                "order": {"number": order["number"]},
            }
        assert len(rendered) == 1


def _count_renderings(stream: SharedStream) -> list[object]:
    values: list[object] = []
    render = stream._render

    async def counted(rendered: Sequence[object]) -> list[bytes]:
        values.extend(rendered)
        return await render(rendered)

    stream._render = counted
    return values


def test_languages_and_customers_do_not_share(api: Api) -> None:
    person, other = api.customer(), api.customer()
    document = "subscription { statusTransitions { sequence } }"
    before = set(streams_of(api.running))
    with person.socket() as one, other.socket() as two, opened(api.running) as three:
        payload = {"authorization": f"Bearer {person.token}", "acceptLanguage": "fr"}
        tell(three, {"type": "connection_init", "payload": payload})
        hear(three)
        for wire in (one, two, three):
            subscribe(wire, "1", document)
        eventually(lambda: len(set(streams_of(api.running)) - before) == 3, what="three streams")


def test_what_cannot_be_shared_is_executed_for_each(api: Api) -> None:
    person = api.customer()
    document = "subscription { ... on Subscription { statusTransitions { sequence } } }"
    before = set(streams_of(api.running))
    with person.socket() as wire:
        subscribe(wire, "1", document)
        # What is committed before it has begun is not for it.
        for _ in range(50):
            person.place()
            try:
                message = json.loads(wire.recv(timeout=0.2))
            except TimeoutError:
                continue
            assert message["payload"]["data"]["statusTransitions"] == {"sequence": 1}
            break
        assert set(streams_of(api.running)) == before


@pytest.mark.parametrize(("after", "code"), [("nonsense", "BAD_CURSOR"), ("YWJjOjE", "CURSOR_EXPIRED")])
def test_places_of_no_use_end_the_operation_alone(api: Api, after: str, code: str) -> None:
    person = api.customer()
    with person.socket() as wire:
        subscribe(wire, "1", EVERYTHING % "cursor", after=after)
        message = hear(wire)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)
        subscribe(wire, "1", "subscription { orderCounts { count } }")
        assert hear(wire)["type"] == "next"


def test_a_subscription_ends_when_its_session_does(api: Api) -> None:
    person = api.customer()
    with person.socket() as wire:
        subscribe(wire, "1", EVERYTHING % "cursor")
        person.send("mutation { signOut { errors { code } } }")

        assert closing(wire) == (4403, "Signed out")


# ---------------------------------------------------------------- slow clients

WIDE = "cursor " + " ".join(f"a{n}: at" for n in range(28))


@contextmanager
def stalled(api: Api, person: Person) -> Iterator[ClientConnection]:
    """A socket whose small buffer is read by nobody until someone does."""
    port = int(api.url.rsplit(":", 1)[1])
    plain = sockets.socket()
    plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    plain.connect(("127.0.0.1", port))
    address = api.url.replace("http", "ws", 1) + "/graphql"
    with connect(address, sock=plain, subprotocols=["graphql-transport-ws"], max_queue=1, compression=None) as wire:  # type: ignore[list-item] # a NewType
        tell(wire, {"type": "connection_init", "payload": {"authorization": f"Bearer {person.token}"}})
        assert hear(wire) == {"type": "connection_ack"}
        yield wire


async def _write_many(running: Running, life: Life, count: int) -> None:
    for _ in range(count // 500):
        async with running.database.writing() as tx:
            for _ in range(500):
                life.change(tx, OrderStatus.CONFIRMATION)


def _waiting_bytes(running: Running) -> int:
    async def look() -> int:
        lines = [getattr(each, "_following", None) for each in running.application.sockets._owners]
        return max(int(each._line._transport.get_write_buffer_size()) for each in lines if each and each._line)

    return running.do(look())


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


# ---------------------------------------------------------------- event streams


class Events:
    """What a browser makes of an event stream."""

    def __init__(self, response: httpx2.Response) -> None:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        self._lines = response.iter_lines()

    def next(self) -> dict[str, str]:
        event: dict[str, str] = {}
        for line in self._lines:
            if line == "" and event:
                return event
            name, _, value = line.partition(":")
            if name:
                event[name] = value.removeprefix(" ")
        raise AssertionError("it has ended")


def events(person: Person, text: str, variables: Any = None, **headers: str) -> Any:
    body = {"query": text, "variables": variables or {}}
    sent = {**person.headers, "accept": "text/event-stream", **headers}
    return person.api.http.stream("POST", "/graphql", json=body, headers=sent)


def test_an_event_stream_is_gone_on_with_by_the_last_event_id(api: Api) -> None:
    person = api.customer()
    place = person.position()
    document = EVERYTHING % "cursor sequence"
    order = person.place()
    with events(person, document, {"after": place}) as response:
        first = Events(response).next()
    assert first["event"] == "next"
    transition = json.loads(first["data"])["data"]["statusTransitions"]
    assert transition == {"cursor": first["id"], "sequence": 1}
    person.pay(order)
    # The address and the body are those of the beginning; what the browser has seen counts.
    with events(person, document, {"after": place}, **{"last-event-id": first["id"]}) as response:
        stream = Events(response)
        assert json.loads(stream.next()["data"])["data"]["statusTransitions"]["sequence"] == 2
        other = person.place()
        event = stream.next()
        assert json.loads(event["data"])["data"]["statusTransitions"]["sequence"] == 1
    assert other["id"] != order["id"]


def test_event_streams_carry_queries_and_refusals_by_get_as_well(api: Api) -> None:
    person = api.customer()
    with events(person, "{ viewer { __typename } }") as response:
        stream = Events(response)
        assert json.loads(stream.next()["data"]) == {"data": {"viewer": {"__typename": "Customer"}}}
        assert stream.next() == {"event": "complete", "data": ""}
    with events(person, "subscription { nonsense }") as response:
        stream = Events(response)
        answer = json.loads(stream.next()["data"])
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert "data" not in answer
        assert stream.next()["event"] == "complete"
    headers = {**person.headers, "accept": "text/event-stream"}
    for document, field in [
        ("subscription { orderCounts { count } }", "data"),
        ("mutation { signOut { errors { code } } }", "errors"),
    ]:
        with api.http.stream("GET", "/graphql", params={"query": document}, headers=headers) as response:
            assert field in json.loads(Events(response).next()["data"])
    assert person.run("viewer")  # whom a link did not sign out


def test_an_event_stream_ends_with_its_session(api: Api) -> None:
    person = api.customer()
    with events(person, EVERYTHING % "cursor") as response:
        person.send("mutation { signOut { errors { code } } }")
        assert list(response.iter_lines()) == []


# ---------------------------------------------------------------- the end of a process, and too many


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    with run_application(
        f"sqlite:///{tmp_path / 'orders.sqlite3'}", tmp_path, SOCKETS_PER_ACCOUNT="3", SOCKETS_PER_ADDRESS="4"
    ) as running:
        yield running


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


async def _end(streams: Streams) -> None:
    streams.ended(LogReplaced())


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
