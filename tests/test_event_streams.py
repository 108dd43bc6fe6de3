"""Event streams on the real application: answers and refusals, and going on by the id of the last event."""

import json
from typing import Any

import httpx2

from tests.api import Api, Person
from tests.subscribing import EVERYTHING


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
