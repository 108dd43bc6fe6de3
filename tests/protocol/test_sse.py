"""graphql-sse, distinct connections mode: one event stream for each operation."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol

import pytest

from tests.endpoint.serving import Toy
from tests.endpoint.toy import listening
from tests.protocol.event_stream import EVENT_STREAM, EventStream, asked
from tests.protocol.target import INVALID, MUTATION, QUERY, Target, named_target, toy_target


class Ask(Protocol):
    def __call__(self, query: str, *, method: str = "POST", **more: Any) -> AbstractContextManager[EventStream]: ...


@pytest.fixture
def ask(target: Target) -> Ask:
    """Asks the server under test, which says itself whether it offers event streams."""
    ask = partial(asked, target.need("stream_url"), headers=target.headers)
    if named_target():
        with ask(QUERY) as stream:
            if stream.media_type != EVENT_STREAM:
                pytest.skip(f"this server offers no {EVENT_STREAM}")
    return ask


def kinds(stream: EventStream) -> list[str]:
    return [event.kind for event in stream.rest()]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_request_is_that_of_graphql_over_http(ask: Ask, method: str) -> None:
    document = "query ($with: Boolean!) { __typename more: __typename @include(if: $with) }"
    with ask(document, method=method, variables={"with": True}) as stream:
        assert set(stream.next().result["data"]) == {"__typename", "more"}


@pytest.mark.parametrize("document", [QUERY, MUTATION, INVALID])
def test_answer_is_an_event_stream_whatever_is_asked(ask: Ask, document: str) -> None:
    with ask(document) as stream:
        assert (stream.status, stream.media_type) == (200, EVENT_STREAM)


def test_answer_is_what_accept_asks_for(ask: Ask, target: Target) -> None:
    with ask(QUERY) as stream:
        assert stream.media_type == EVENT_STREAM
    with asked(target.need("stream_url"), QUERY, headers={**target.headers, "accept": "application/json"}) as other:
        assert other.media_type != EVENT_STREAM


@pytest.mark.parametrize("document", [INVALID, INVALID.replace("{", "subscription {", 1)])
def test_errors_before_execution_come_as_a_result_within_the_stream(ask: Ask, document: str) -> None:
    with ask(document) as stream:
        assert stream.status == 200
        refusal, *rest = stream.rest()

    assert refusal.kind == "next"
    assert all(isinstance(error["message"], str) for error in refusal.result["errors"])
    assert refusal.result.get("data") is None
    assert [event.kind for event in rest] == ["complete"]


@pytest.mark.parametrize(
    ("document", "more"),
    [
        ("{", {}),
        ("", {}),
        ("query A { __typename } query B { __typename }", {}),
        ("query A { __typename }", {"operationName": "B"}),
        ("query ($n: Int!) { number(value: $n) }", {"variables": {"n": "x"}}),
        ("subscription { nothingThere }", {}),
    ],
)
def test_no_step_before_execution_answers_otherwise(toy: Toy, document: str, more: dict[str, Any]) -> None:
    with asked(toy.url, document, **more) as stream:
        assert (stream.status, stream.media_type) == (200, EVENT_STREAM)
        refusal, complete = stream.rest()

    assert (refusal.kind, complete.kind) == ("next", "complete")
    assert refusal.result["errors"]
    assert "data" not in refusal.result


def test_client_ends_a_subscription_by_closing_its_connection(toy: Toy) -> None:
    target = toy_target(toy.port, init_seconds=5)
    toy.wait_until(lambda: not listening)
    with asked(toy.url, target.need("silent")) as stream:
        assert stream.status == 200
        toy.wait_until(lambda: len(listening) == 1)

    toy.wait_until(lambda: not listening)


def test_results_come_as_they_are_emitted(ask: Ask, target: Target) -> None:
    with ask(target.need("events")) as first, ask(target.need("silent")) as silent, ask(QUERY) as query:
        assert first.next().kind == "next"
        assert silent.media_type == EVENT_STREAM  # its head is there before any event
        assert kinds(query) == ["next", "complete"]
        assert len(first.rest()) >= 2


def test_stream_is_one_that_browsers_read(ask: Ask, target: Target) -> None:
    with ask(target.need("events")) as stream:
        lines = stream.body().splitlines()

    assert lines[-1] == ""  # an event that is not ended so is dropped
    assert {line.partition(":")[0] for line in lines} <= {"", "event", "data", "id", "retry"}


def test_stream_is_kept_by_no_cache(ask: Ask) -> None:
    with ask(QUERY) as stream:
        assert set(stream.headers["cache-control"].replace(" ", "").split(",")) & {"no-cache", "no-store"}


@pytest.mark.parametrize("document", [QUERY, MUTATION])
def test_single_result_is_one_next_and_then_complete(ask: Ask, document: str) -> None:
    with ask(document) as stream:
        result, complete = stream.rest()

    assert (result.kind, complete.kind) == ("next", "complete")
    assert isinstance(result.result["data"]["__typename"], str)


def test_every_event_of_a_subscription_is_a_next_and_complete_follows(ask: Ask, target: Target) -> None:
    with ask(target.need("events")) as stream:
        *events, complete = stream.rest()

    assert len(events) >= 2
    assert {event.kind for event in events} == {"next"}
    assert all("data" in event.result for event in events)
    assert complete.kind == "complete"


def test_complete_has_an_empty_data_field_for_browsers(ask: Ask) -> None:
    with ask(QUERY) as stream:
        *_, complete = stream.rest()

    assert (complete.kind, complete.data) == ("complete", "")


def test_answer_ends_behind_complete(ask: Ask) -> None:
    with ask(QUERY) as stream:
        assert kinds(stream) == ["next", "complete"]  # `rest` returns at the end only


def test_source_that_fails_ends_the_stream_with_its_error(toy: Toy) -> None:
    with asked(toy.url, "subscription { breaks }") as stream:
        first, failure, complete = stream.rest()

    assert first.result == {"data": {"breaks": 0}}
    assert failure.result["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "canary" not in str(failure.data)
    assert complete.kind == "complete"


def test_mutation_by_get_does_not_run(ask: Ask) -> None:
    with ask(MUTATION, method="GET") as stream:
        if stream.status == 200:
            refusal = stream.next().result
            assert refusal["errors"]
            assert refusal.get("data") is None
        else:
            assert stream.status == 405


def test_event_streams_do_not_leak_into_the_subprotocols(target: Target, ask: Ask) -> None:
    with target.socket("graphql-sse") as socket:
        assert socket.subprotocol is None
