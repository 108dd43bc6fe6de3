"""The real application, on SQLite and on PostgreSQL: its own documents over the protocol's rules."""

from collections.abc import Iterator
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from tests.api import QUERIES, Api, Person
from tests.endpoint.wire import announce
from tests.protocol.event_stream import EVENT_STREAM, asked
from tests.protocol.talk import Message, Talk, kinds
from tests.protocol.target import INVALID, QUERY, Target


def document(name: str) -> str:
    return (QUERIES / f"{name}.graphql").read_text()


CHANGES = document("order_changes")


@pytest.fixture
def person(api: Api) -> Person:
    return api.customer()


@pytest.fixture
def target(api: Api, person: Person) -> Target:
    return Target(
        url=api.url.replace("http", "ws", 1) + "/graphql",
        stream_url=f"{api.url}/graphql",
        headers=person.headers,
        init=dict(person.headers),
        silent=CHANGES,
    )


@pytest.fixture
def talk(target: Target) -> Iterator[Talk]:
    with target.acknowledged() as talk:
        yield talk


def place(talk: Talk, operation: str) -> None:
    """Over the same socket."""
    fields = {"idempotencyKey": str(uuid7()), "lines": [{"productCode": "server"}]}
    talk.subscribe(document("place_order"), operation, variables={"input": fields})


def transitions(messages: list[Message], operation: str) -> list[Any]:
    events = [message for message in messages if message["id"] == operation and message["type"] == "next"]
    return [event["payload"]["data"]["statusTransitions"] for event in events]


def test_query_and_mutation_have_one_result_each(talk: Talk) -> None:
    assert kinds(talk.run(document("viewer"))) == ["next", "complete"]
    place(talk, "place")
    assert kinds(talk.hear_end("place")) == ["next", "complete"]


def test_what_one_operation_does_another_of_the_socket_sees(talk: Talk, person: Person) -> None:
    talk.subscribe(CHANGES, "follow", variables={"after": person.position()})
    talk.subscribe(document("counts_live"), "count")
    place(talk, "place")
    heard = talk.hear_end("place")
    while not transitions(heard, "follow"):
        heard.append(talk.hear())

    assert [each["to"] for each in transitions(heard, "follow")] == ["UNPAID"]
    assert ("complete", "follow") not in [(message["type"], message["id"]) for message in heard]


def test_subscription_that_the_client_completes_says_no_more(talk: Talk, person: Person) -> None:
    after = person.position()
    for operation in ("stopped", "kept"):
        talk.subscribe(CHANGES, operation, variables={"after": after})
    talk.complete("stopped")
    assert talk.pong() == []
    person.place_and_pay("server")
    heard: list[Message] = []
    while len(transitions(heard, "kept")) < 2:
        heard.append(talk.hear())

    assert {message["id"] for message in heard} == {"kept"}


def test_subscription_goes_on_behind_a_cursor(talk: Talk, person: Person) -> None:
    start = person.position()
    person.place_and_pay("server")
    talk.subscribe(CHANGES, "first", variables={"after": start})
    (first,) = transitions([talk.hear()], "first")
    talk.complete("first")
    talk.pong()
    talk.subscribe(CHANGES, "second", variables={"after": first["cursor"]})

    assert [each["sequence"] for each in transitions([talk.hear()], "second")] == [2]


def test_cursor_that_is_none_is_an_error(talk: Talk) -> None:
    (refusal,) = talk.run(CHANGES, variables={"after": "nonsense"})

    assert refusal["type"] == "error"
    assert [error["extensions"]["code"] for error in refusal["payload"]] == ["BAD_CURSOR"]
    assert talk.is_alive()


def test_invalid_document_is_an_error(talk: Talk) -> None:
    assert kinds(talk.run(INVALID)) == ["error"]
    assert talk.is_alive()


def test_id_of_what_runs_is_4409(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("silent"), "taken")
    talk.subscribe(QUERY, "taken")

    assert talk.closing() == (4409, "Subscriber for taken already exists")


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "nonsense"])
def test_token_that_is_none_is_4403(target: Target, authorization: str) -> None:
    with target.opened() as talk:
        talk.ask_in({"authorization": authorization})

        assert talk.closing() == (4403, "Forbidden")


def test_frame_that_is_too_big_is_1009(talk: Talk) -> None:
    announce(talk.socket, 64 * 1024 + 1)

    assert talk.closing()[0] == 1009


def test_sockets_are_told_of_a_restart(api: Api, talk: Talk, target: Target) -> None:
    sockets = api.running.application.sockets

    async def close_all() -> None:
        sockets.close_all()

    talk.subscribe(target.need("silent"))
    talk.pong()
    api.running.do(close_all())

    assert talk.closing() == (1012, "Service restart")


def test_event_stream_goes_on_behind_its_last_event_id(target: Target, person: Person) -> None:
    after = person.position()
    url, headers = target.need("stream_url"), target.headers
    with asked(url, CHANGES, headers=headers, variables={"after": after}) as stream:
        assert (stream.status, stream.media_type) == (200, EVENT_STREAM)
        person.place_and_pay("server")
        first, second = stream.next(), stream.next()
    with asked(url, CHANGES, headers={**headers, "last-event-id": str(first.id)}, variables={"after": after}) as stream:
        again = stream.next()

    assert [event.result["data"]["statusTransitions"]["cursor"] for event in (first, second)] == [first.id, second.id]
    assert again == second
