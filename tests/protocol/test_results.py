"""`next` and `error`: what comes of an operation, and in which order."""

import pytest

from tests.protocol.talk import Talk, kinds
from tests.protocol.target import INVALID, MUTATION, QUERY, Target

BAD_DOCUMENTS = [INVALID, "{", "", "query ($n: Int!) { __typename }", "fragment F on Query { __typename }"]


def test_next_carries_a_result_of_the_operation(talk: Talk) -> None:
    result, _ = talk.run(QUERY)

    assert set(result) == {"id", "type", "payload"}
    assert isinstance(result["payload"]["data"]["__typename"], str)


def test_events_come_as_they_are_emitted(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("events"))
    first = talk.hear()

    assert first["type"] == "next"
    assert talk.pong() == []  # the others are still to come
    assert len(talk.hear_end()) >= 2


def test_complete_follows_the_last_event_and_nothing_follows_it(talk: Talk, target: Target) -> None:
    heard = kinds(talk.run(target.need("events")))

    assert heard == ["next"] * (len(heard) - 1) + ["complete"]
    assert len(heard) > 2
    assert talk.pong() == []


@pytest.mark.parametrize("document", [QUERY, MUTATION])
def test_operation_with_a_single_result_has_one_next_and_then_completes(talk: Talk, document: str) -> None:
    assert kinds(talk.run(document)) == ["next", "complete"]
    assert talk.pong() == []


@pytest.mark.parametrize("document", BAD_DOCUMENTS)
def test_document_that_cannot_run_is_an_error_before_execution(talk: Talk, document: str) -> None:
    (refusal,) = talk.run(document)

    assert refusal["type"] == "error"


def test_variables_that_do_not_fit_are_an_error_before_execution(talk: Talk) -> None:
    heard = talk.run("query ($n: Boolean!) { __typename @include(if: $n) }", variables={"n": "maybe"})

    # Where they are coerced by the executor, the result has errors and no data.
    assert heard[0]["type"] == "error" or heard[0]["payload"].get("data") is None


def test_errors_are_a_list_of_graphql_errors(talk: Talk) -> None:
    (refusal,) = talk.run(INVALID)

    for error in refusal["payload"]:
        assert set(error) <= {"message", "locations", "path", "extensions"}


def test_source_that_fails_is_an_error_during_execution(talk: Talk, target: Target) -> None:
    heard = kinds(talk.run(target.need("throws")))

    assert heard == ["next"] * (len(heard) - 1) + ["error"]


def test_error_ends_the_operation_and_nothing_follows_it(talk: Talk, target: Target) -> None:
    for document in (INVALID, target.need("throws")):
        assert talk.run(document)[-1]["type"] == "error"
        assert talk.pong() == []


def test_error_ends_neither_the_socket_nor_other_operations(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("events"), "other")
    talk.subscribe(INVALID, "wrong")
    heard = talk.hear_end("other")

    assert [message["type"] for message in heard if message["id"] == "wrong"] == ["error"]
    assert heard[-1]["type"] == "complete"
    assert talk.is_alive()
