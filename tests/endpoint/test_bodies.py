"""Bodies that are malformed, too big or dressed up: refused before anything is run."""

import gzip
import json
import socket
import time

import pytest

from tests.endpoint.serving import Toy
from tests.peers.processes import eventually

LIMIT = 256 * 1024


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"123",
        b"null",
        b'"x"',
        b"true",
        b"{",
        b'{"query": "{ hello }"',
        b'{"query": "\xff\xfe"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"query":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
        b'{"query": "{ hello }", "variables": {"n": ' + b"[" * 2_000 + b"]" * 2_000 + b"}}",
        b'{"query": "{ hello }", "variables": {"n": ' + b"9" * 5_000 + b"}}",
        b'{"query": "{ hello }", "variables": {"n": NaN}}',
        b'{"query": "{ hello }", "variables": {"n": "\\ud800"}}',
        b'{"query": "{ hello }", "variables": "x"}',
        b'{"query": "{ hello }", "variables": [1]}',
        b'{"query": "{ hello }", "extensions": 5}',
        b'{"query": 5}',
        b'{"query": {"a": 1}}',
        b'{"query": ""}',
        b'{"query": "{ hello }", "operationName": 5}',
        b'{"query": "{ hello }", "operationName": ["a"]}',
    ],
)
def test_case_35_a_malformed_body_is_400(toy: Toy, content: bytes) -> None:
    answer = toy.post(content)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("accept", ["application/graphql-response+json"])
@pytest.mark.parametrize(
    "query",
    [
        '{ hello(name: "a\\u0000b") }',
        '{ hello(name: "\\ud800") }',
        "{ hello \0 }",
        "{ number(value: " + "9" * 5_000 + ") }",
        "{ number(value: 2147483648) }",
        "{ number(value: 1e999) }",
        "{ hello(name: " + "9" * 5_000 + ") }",
        "{ items(first: " + "9" * 5_000 + ") { nodes { name } } }",
    ],
)
def test_case_35_a_malformed_literal_is_refused(toy: Toy, query: str, accept: str) -> None:
    answer = toy.post(json.dumps({"query": query}).encode(), accept=accept)

    assert answer.status_code == 400
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"BAD_USER_INPUT"}


def test_case_35_the_character_nul_is_refused_in_variables(toy: Toy) -> None:
    answer = toy.ask("query ($n: String!) { hello(name: $n) }", variables={"n": "a\0b"})

    assert answer["errors"][0]["message"] == "A text may not hold the character NUL."


def test_case_35_duplicate_keys_do_no_harm(toy: Toy) -> None:
    answer = toy.post(b'{"query": "{ nonsense }", "query": "{ hello }"}')

    assert answer.json() == {"data": {"hello": "Hello world"}}


@pytest.mark.parametrize("variables", ["5", "[", "nope", "[1]", '"x"'])
def test_case_35_malformed_variables_in_an_address_are_400(toy: Toy, variables: str) -> None:
    assert toy.get(query="{ hello }", variables=variables).status_code == 400


def test_case_34_the_biggest_body_passes_and_one_byte_more_does_not(toy: Toy) -> None:
    body = b'{"query": "{ hello }"}'
    fits = toy.post(body + b" " * (LIMIT - len(body)))
    over = toy.post(body + b" " * (LIMIT - len(body) + 1))

    assert fits.json() == {"data": {"hello": "Hello world"}}
    assert over.status_code == 413
    assert over.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


def test_case_34_a_chunked_body_is_counted(toy: Toy) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = b"POST /graphql HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert _raw(toy, head + chunk * 5) == 413


@pytest.mark.parametrize(("length", "status"), [(b"10000000", 413), (b"9" * 40, 413), (b"-5", 400), (b"x", 400)])
def test_case_34_a_false_length_is_refused_at_once(toy: Toy, length: bytes, status: int) -> None:
    head = b"POST /graphql HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: "

    assert _raw(toy, head + length + b"\r\n\r\n{}") in (status, 400)


def test_case_34_a_compressed_body_is_415(toy: Toy) -> None:
    answer = toy.post(gzip.compress(b" " * 10_000_000), content_encoding="gzip")

    assert answer.status_code == 415


def test_case_44_variables_without_measure(toy: Toy) -> None:
    document = "query ($n: Int!) { number(value: $n) }"
    huge = toy.post(json.dumps({"query": document, "variables": {"n": "x" * 5_000_000}}).encode())
    many = toy.ask(document, variables={"n": 1} | {f"k{index}": 1 for index in range(20_000)})
    wrong = toy.ask(document, variables={"n": {"a": 1}})
    long = toy.ask("query ($w: Wish!) { wish(wish: $w) }", variables={"w": {"words": ["a"] * 251}})

    assert huge.status_code == 413
    assert many == {"data": {"number": 1}}
    assert wrong["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert long["errors"][0]["message"] == "A list may not have more than 250 items."


def test_each_prefix_of_paths_has_its_own_bound(toy: Toy) -> None:
    head = b"POST /upload HTTP/1.1\r\nHost: t\r\nContent-Length: "

    assert _raw(toy, head + b"1024\r\n\r\n" + b"x" * 1024) == 200
    assert _raw(toy, head + b"1025\r\n\r\n" + b"x" * 1025) == 413


def test_a_body_that_does_not_come_is_not_waited_for(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"POST /graphql HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    monkeypatch.setattr("endpoint.body.PATIENCE", 0.2)
    with socket.create_connection(("127.0.0.1", toy.port), timeout=10) as connection:
        connection.sendall(head + b"{")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"message":"The body comes too slowly."' in answer


def test_a_body_may_take_the_longer_the_more_of_it_has_come(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"POST /graphql HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    body = b'{"query": "{ hello }"}' + b" " * 100_000
    monkeypatch.setattr("endpoint.body.PATIENCE", 0.2)
    monkeypatch.setattr("endpoint.body.SLOWEST", 5_000)  # ten seconds for the first half
    with socket.create_connection(("127.0.0.1", toy.port), timeout=30) as connection:
        began = time.monotonic()
        connection.sendall(head % len(body) + body[:50_000])
        eventually(lambda: time.monotonic() > began + 0.5, what="time passes")
        connection.sendall(body[50_000:])
        assert connection.recv(64).startswith(b"HTTP/1.1 200 ")


def _raw(toy: Toy, request: bytes) -> int:
    """The status that these very bytes are answered with."""
    with socket.create_connection(("127.0.0.1", toy.port), timeout=10) as connection:
        connection.sendall(request)
        return int(connection.recv(64).split(b" ")[1])
