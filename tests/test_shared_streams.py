"""Shared streams at the front door: once for many, nothing foreign for anyone, and ended for each alone."""

import json
import random
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from models.order import OrderStatus
from streaming.sharing.shared import SharedStream
from tests.api import Api, Person
from tests.endpoint.wire import closing, tell
from tests.peers.processes import eventually
from tests.sockets import opened
from tests.subscribing import EVERYTHING, hear, streams_of, subscribe

DEEP = """cursor sequence reason order { id number customer { email name orders(first: 5) { nodes { number } } }
  purchaseOrder { billingDetails { name addressLines email } savedPaymentMethods { method { label } usable code } }
  actions { action allowed } payments { status } }"""
SELECTIONS = ["cursor", "cursor sequence to", f"cursor {DEEP}", DEEP]


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
