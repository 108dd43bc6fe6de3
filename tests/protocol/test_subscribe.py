"""`subscribe`: what it may carry, which ids are free, and when it is allowed."""

from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.protocol.talk import Talk, kinds
from tests.protocol.target import INVALID, MUTATION, PROTOCOL, QUERY, Target

TWO = "query One { one: __typename } query Two { two: __typename }"
IF = "query ($with: Boolean!) { __typename more: __typename @include(if: $with) }"


def test_subscribe_asks_for_the_operation_in_its_payload(talk: Talk) -> None:
    assert set(talk.answer("{ asked: __typename }")) == {"asked"}


def test_id_joins_each_result_to_its_request(talk: Talk) -> None:
    for operation in ("a", "b", "c"):
        talk.subscribe(f"{{ of_{operation}: __typename }}", operation)
    heard = [message for _ in range(6) for message in [talk.hear()]]

    answers = {message["id"]: set(message["payload"]["data"]) for message in heard if message["type"] == "next"}
    assert answers == {operation: {f"of_{operation}"} for operation in ("a", "b", "c")}


@pytest.mark.parametrize("second", [QUERY, MUTATION, INVALID])
def test_id_of_a_subscription_that_runs_is_4409_for_any_operation(talk: Talk, target: Target, second: str) -> None:
    talk.subscribe(target.need("silent"), "taken")
    talk.subscribe(second, "taken")

    assert talk.closing() == (4409, "Subscriber for taken already exists")


def test_id_of_a_query_that_runs_is_4409_for_a_subscription(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("slow"), "taken")
    talk.subscribe(target.need("silent"), "taken")

    assert talk.closing() == (4409, "Subscriber for taken already exists")


def test_4409_comes_at_once_and_ends_what_ran(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("slow"), "taken")
    talk.subscribe(QUERY, "taken")

    with pytest.raises(ConnectionClosed):
        talk.hear()
    assert talk.closing()[0] == 4409


@pytest.mark.parametrize("operation", ["é" * 200, "x" * 5_000])
def test_id_too_long_for_a_close_frame_is_4409_still(talk: Talk, target: Target, operation: str) -> None:
    talk.subscribe(target.need("silent"), operation)
    talk.subscribe(QUERY, operation)

    code, reason = talk.closing()
    assert code == 4409
    assert len(reason.encode()) <= 123


def test_ids_of_one_socket_are_no_concern_of_another(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("silent"), "same")
    talk.pong()
    with target.acknowledged() as other:
        assert kinds(other.run(QUERY, "same")) == ["next", "complete"]


def test_id_is_free_again_once_the_server_has_completed_it(talk: Talk, target: Target) -> None:
    for document in (QUERY, target.need("events"), QUERY):
        assert talk.run(document)[-1]["type"] == "complete"


def test_id_is_free_again_after_an_error(talk: Talk) -> None:
    assert kinds(talk.run(INVALID) + talk.run(QUERY)) == ["error", "next", "complete"]


def test_id_is_free_again_once_the_client_has_completed_it(talk: Talk, target: Target) -> None:
    for _ in range(3):
        talk.subscribe(target.need("silent"))
        talk.complete()

    assert kinds(talk.run(QUERY)) == ["next", "complete"]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"operationName": None, "variables": None, "extensions": None},
        {"variables": {}, "extensions": {}},
        {"extensions": {"any": [1]}},
    ],
)
def test_only_the_query_has_to_be_there(talk: Talk, more: dict[str, Any]) -> None:
    assert talk.answer(QUERY, **more)["__typename"]


@pytest.mark.parametrize(("name", "field"), [("One", "one"), ("Two", "two")])
def test_operation_name_picks_one_of_several(talk: Talk, name: str, field: str) -> None:
    assert set(talk.answer(TWO, operationName=name)) == {field}


@pytest.mark.parametrize("name", [None, "Three"])
def test_operation_name_that_picks_none_is_an_error(talk: Talk, name: str | None) -> None:
    assert kinds(talk.run(TWO, operationName=name)) == ["error"]
    assert talk.is_alive()


@pytest.mark.parametrize("value", [True, False])
def test_variables_reach_the_operation(talk: Talk, value: bool) -> None:
    assert ("more" in talk.answer(IF, variables={"with": value})) is value


def test_queries_mutations_and_subscriptions_can_all_be_asked_for(talk: Talk, target: Target) -> None:
    assert kinds(talk.run(QUERY)) == ["next", "complete"]
    assert kinds(talk.run(MUTATION)) == ["next", "complete"]
    assert set(kinds(talk.run(target.need("events")))) == {"next", "complete"}


@pytest.mark.parametrize("document", [QUERY, MUTATION, INVALID, "{"])
def test_nothing_runs_before_the_acknowledgement(newcomer: Talk, document: str) -> None:
    newcomer.subscribe(document)

    assert newcomer.closing() == (4401, "Unauthorized")


def test_being_let_in_counts_for_one_socket_only(talk: Talk, target: Target) -> None:
    with target.socket(PROTOCOL) as socket:
        other = Talk(socket)
        other.subscribe(QUERY)

        assert other.closing()[0] == 4401
    assert talk.is_alive()
