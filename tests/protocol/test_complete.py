"""`complete`: from the server when there is no more, from the client when it wants no more, and both at once."""

import pytest

from tests.protocol.talk import Talk, kinds
from tests.protocol.target import INVALID, QUERY, Target


def test_server_says_when_an_operation_has_completed(talk: Talk, target: Target) -> None:
    for document in (QUERY, target.need("events")):
        assert talk.run(document)[-1] == {"id": "1", "type": "complete"}


def test_after_an_error_there_is_no_complete(talk: Talk, target: Target) -> None:
    for document in (INVALID, target.need("throws")):
        assert "complete" not in kinds(talk.run(document))
        assert talk.pong() == []


def test_client_stops_a_subscription_and_hears_no_more_of_it(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("events"), "stopped")
    assert talk.hear()["type"] == "next"
    talk.complete("stopped")
    talk.pong()  # what was under way may come before the server knows

    # Another one takes as long as the rest of the first would have.
    assert {message["id"] for message in talk.run(target.need("events"), "other")} == {"other"}


def test_server_does_not_answer_the_clients_complete(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("silent"))
    talk.complete()

    assert talk.pong() == []


def test_single_result_that_the_client_no_longer_wants_is_not_sent(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("slow"), "unwanted")
    talk.complete("unwanted")

    # The same again ends later than the first would have.
    assert {message["id"] for message in talk.run(target.need("slow"), "wanted")} == {"wanted"}


def test_complete_right_behind_subscribe_is_in_order(talk: Talk, target: Target) -> None:
    for operation in ("a", "b", "c"):
        talk.subscribe(target.need("silent"), operation)
        talk.complete(operation)
        talk.subscribe(target.need("silent"), operation)

    assert talk.pong() == []
    assert talk.is_alive()


def test_complete_of_one_leaves_the_others(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("events"), "kept")
    talk.subscribe(target.need("silent"), "stopped")
    talk.complete("stopped")

    assert {message["id"] for message in talk.hear_end("kept")} == {"kept"}


@pytest.mark.parametrize("times", [1, 3])
def test_complete_of_what_the_server_has_completed_is_ignored(talk: Talk, times: int) -> None:
    talk.run(QUERY)
    for _ in range(times):
        talk.complete()

    assert talk.pong() == []
    assert talk.is_alive()


def test_complete_of_what_ended_with_an_error_is_ignored(talk: Talk, target: Target) -> None:
    for document in (INVALID, target.need("throws")):
        talk.run(document)
        talk.complete()

    assert talk.pong() == []
    assert talk.is_alive()


def test_complete_that_crosses_the_servers_own_is_ignored(talk: Talk) -> None:
    for number in range(10):
        talk.subscribe(QUERY, str(number))
        talk.complete(str(number))  # the result may be on its way by now
    heard = talk.pong()

    assert kinds(talk.run(QUERY, "after")) == ["next", "complete"]
    for number in range(10):
        of_it = kinds([message for message in heard if message["id"] == str(number)])
        assert of_it in ([], ["next"], ["next", "complete"])


def test_client_may_complete_before_it_has_heard_anything(talk: Talk, target: Target) -> None:
    talk.subscribe(target.need("events"), "stopped")
    talk.complete("stopped")
    talk.pong()

    assert {message["id"] for message in talk.run(target.need("events"), "other")} == {"other"}
