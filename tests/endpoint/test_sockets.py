"""How long a socket lives: as long as the token, the session, the account, the process and the peer behind it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from endpoint.limits import Limits
from tests.endpoint.serving import Toy, served
from tests.endpoint.wire import acknowledged, closing, hear, run, subscribe, tell


def test_case_22_a_socket_ends_with_its_token(toy: Toy) -> None:
    with acknowledged(toy, {"authorization": "expiring"}) as socket:
        subscribe(socket, "subscription { forever }")
        assert hear(socket)["type"] == "next"

        assert closing(socket) == (4403, "Token expired")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("refused", (4403, "Forbidden")),
        ("outage", (1013, "Not available now")),
        ("broken", (4500, "Internal server error")),
    ],
)
def test_who_is_not_let_in_is_told_whether_to_come_again(toy: Toy, authorization: str, code: tuple[int, str]) -> None:
    with toy.socket() as socket:
        tell(socket, {"type": "connection_init", "payload": {"authorization": authorization}})

        assert closing(socket) == code


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("outage", (1013, "Not available now")),
        ("broken", (4500, "Internal server error")),
        ("refused", (4403, "Forbidden")),
    ],
)
def test_a_socket_without_a_context_is_closed(toy: Toy, header: str, code: tuple[int, str]) -> None:
    with toy.socket(headers={"x-toy": header}) as socket:
        assert closing(socket) == code


def test_case_23_sockets_end_with_their_session_or_account() -> None:
    account, first, second = uuid4(), uuid4(), uuid4()
    with (
        served(Limits()) as toy,
        acknowledged(toy, {"session": str(first), "account": str(account)}) as one,
        acknowledged(toy, {"session": str(second), "account": str(account)}) as two,
        acknowledged(toy, {"session": str(uuid4()), "account": str(uuid4())}) as stranger,
    ):
        subscribe(one, "subscription { forever }")
        hear(one)

        assert toy.run(lambda: toy.sockets.close_session(first)) == 1
        assert closing(one) == (4403, "Signed out")
        toy.wait_until(lambda: len(toy.sockets) < 3)
        assert toy.run(lambda: toy.sockets.close_account(account, reason="Disabled")) == 1
        assert closing(two) == (4403, "Disabled")
        tell(stranger, {"type": "ping"})
        assert hear(stranger) == {"type": "pong"}
        assert toy.run(lambda: toy.sockets.close_session(uuid4())) == 0


def test_an_operation_that_ends_its_own_session_is_still_answered(toy: Toy) -> None:
    with acknowledged(toy, {"session": str(uuid4()), "account": str(uuid4())}) as socket:
        subscribe(socket, "subscription { forever }", "other")
        hear(socket)

        assert run(socket, "mutation { leave }") == [
            {"id": "1", "type": "next", "payload": {"data": {"leave": True}}},
            {"id": "1", "type": "complete"},
        ]
        assert closing(socket) == (4403, "Signed out")


def test_all_sockets_are_told_of_a_restart_even_those_not_yet_let_in() -> None:
    with served(Limits()) as toy, acknowledged(toy) as known, toy.socket() as unknown:
        tell(unknown, {"type": "ping"})
        hear(unknown)

        assert toy.run(toy.sockets.close_all) == 2
        assert closing(known) == closing(unknown) == (1012, "Service restart")


def test_a_closed_socket_is_let_go() -> None:
    with served(Limits()) as toy:
        with acknowledged(toy) as socket:
            subscribe(socket, "subscription { forever }")
            hear(socket)
            assert toy.run(lambda: len(toy.sockets)) == 1

        toy.wait_until(lambda: len(toy.sockets) == 0)


def test_a_peer_that_answers_pings_stays_and_a_silent_one_goes() -> None:
    with served(Limits(ping_interval=timedelta(milliseconds=300))) as toy, acknowledged(toy) as socket:
        for _ in range(3):
            assert hear(socket) == {"type": "ping"}
            tell(socket, {"type": "pong"})
        assert closing(socket) == (1013, "No sign of life")
