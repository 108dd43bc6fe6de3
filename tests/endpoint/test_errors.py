"""What a client is told of a failure, and what the log is told of it instead."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from endpoint.errors import is_outage, presentable
from schema.errors import ErrorCode, NotFound, QueryTooComplex, RequestRefused
from tests.endpoint.serving import Toy
from tests.endpoint.toy import SECRET
from tests.endpoint.wire import acknowledged, run


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs([merge_contextvars]) as entries:
        yield entries


def test_a_bug_is_masked_and_found_again_by_its_id(toy: Toy, logged: list[Any]) -> None:
    answer = toy.post(b'{"query": "{ boom hello(name: \\"typed-in\\") }"}', x_request_id="trace-1")

    assert answer.json() == {
        "data": {"boom": None, "hello": "Hello typed-in"},
        "errors": [
            {
                "message": "Something went wrong on our side.",
                "locations": [{"line": 1, "column": 3}],
                "path": ["boom"],
                "extensions": {"code": "INTERNAL", "correlationId": "trace-1"},
            }
        ],
    }
    failure, access = logged
    assert (failure["event"], failure["correlation_id"], failure["path"]) == ("failed", "trace-1", "boom")
    assert str(failure["exc_info"][1]) == f"no such table {SECRET}"
    assert access["event"] == "request"


def test_each_operation_of_a_socket_has_an_id_of_its_own(toy: Toy) -> None:
    with acknowledged(toy) as socket:
        answers = [run(socket, "{ boom }")[0]["payload"]["errors"][0]["extensions"] for _ in range(2)]

    assert answers[0]["correlationId"] != answers[1]["correlationId"]


def test_an_outage_is_told_apart_and_its_statement_kept_back(toy: Toy, logged: list[Any]) -> None:
    (error,) = toy.ask("{ outage }")["errors"]

    assert error["message"] == "The service is not available now. Try again."
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert (logged[0]["event"], logged[0]["reason"]) == ("unavailable", "server closed the connection")
    assert SECRET not in str(logged)


def test_the_log_never_quotes_documents_or_variables(toy: Toy, logged: list[Any]) -> None:
    toy.ask('{ hello(name: "typed-in") boom }')
    toy.ask('{ nonsense(name: "typed-in") }')
    toy.ask("query ($n: Int!) { number(value: $n) }", variables={"n": "typed-in"})
    toy.ask('{ hello(name: "typed-in" ')
    toy.get(query='{ hello(name: "typed-in") }')

    assert len([entry for entry in logged if entry["event"] == "request"]) == 5
    assert "typed-in" not in str(logged)


def test_the_access_line_says_what_happened(toy: Toy, logged: list[Any]) -> None:
    toy.get(query="{ hello }")
    (request,) = logged

    assert request.pop("ms") >= 0
    assert len(request.pop("correlation_id")) == 32
    assert request == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/graphql",
        "status": 200,
        "bytes": len('{"data":{"hello":"Hello world"}}'),
    }


def test_the_access_line_of_a_socket_says_how_it_ended(toy: Toy, logged: list[Any]) -> None:
    with acknowledged(toy) as socket:
        socket.close(4999)
    toy.wait_until(lambda: len(logged) == 1)

    assert (logged[0]["event"], logged[0]["method"], logged[0]["close_code"]) == ("socket", "WEBSOCKET", 4999)


def _sqlite(code: int) -> OperationalError:
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorcode = code
    return OperationalError("SELECT 1", {}, cause)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("SELECT 1", {}, Exception("canceling statement due to statement timeout")), True),
        (_sqlite(sqlite3.SQLITE_BUSY), True),
        (_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), True),
        (_sqlite(sqlite3.SQLITE_FULL), True),
        (_sqlite(sqlite3.SQLITE_INTERRUPT), True),  # over its time
        (_sqlite(sqlite3.SQLITE_ERROR), False),  # no such table
        (OperationalError("SELECT 1", {}, sqlite3.OperationalError("no such column")), False),
        (PoolTimeout("QueuePool limit reached"), True),
        (DBAPIError("SELECT 1", {}, Exception("gone"), connection_invalidated=True), True),
        (DBAPIError("SELECT 1", {}, Exception("wrong")), False),
        (RuntimeError("bug"), False),
    ],
)
def test_outages_are_told_from_bugs(error: Exception, expected: bool) -> None:
    assert is_outage(error) is expected
    assert presentable(error).extensions["code"] == ("UNAVAILABLE" if expected else "INTERNAL")  # type: ignore[index]


def test_refusals_keep_their_words_and_details() -> None:
    wrapped = GraphQLError("In $n: No order 12.", path=["a"], original_error=NotFound("No order 12."))
    detailed = presentable(QueryTooComplex(details={"cost": {"requested": 2, "maximum": 1}}))

    assert presentable(wrapped).formatted == {
        "message": "In $n: No order 12.",
        "path": ["a"],
        "extensions": {"code": "NOT_FOUND"},
    }
    assert detailed.extensions == {"cost": {"requested": 2, "maximum": 1}, "code": "QUERY_TOO_COMPLEX"}


def test_each_code_but_the_mask_has_one_refusal() -> None:
    codes = [refusal.code for refusal in RequestRefused.__subclasses__()]

    assert sorted(codes) == sorted(set(ErrorCode) - {ErrorCode.INTERNAL})


def test_an_error_of_graphql_itself_while_running_is_a_bug() -> None:
    error = GraphQLError("Int cannot represent 'typed-in'", path=["a"], original_error=GraphQLError("Int cannot"))

    assert presentable(error).message == "Something went wrong on our side."
