"""Signing in, renewing and signing out over the API, and what forgers, guessers and the curious get instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from access.passwords import Passwords
from tests.access.test_tokens import signed
from tests.api import Api, Person
from tests.endpoint.wire import closing, tell
from tests.sockets import acknowledged, first_answer, opened

PASSWORD = "correct horse"
WHO = "{ viewer { ... on Customer { email } } }"
SIGN_IN = """mutation ($email: String!, $password: String!) {
    signIn(input: {email: $email, password: $password}) {
        token expiresAt viewer { __typename } errors { code message path } } }"""


@pytest.fixture
def known(api: Api) -> Person:
    """An account with a password."""
    return api.customer(password_hash=api.running.do(Passwords().hash(PASSWORD)))


def sign_in(api: Api, email: str, password: str = PASSWORD) -> Any:
    return api.send(SIGN_IN, {"email": email, "password": password})


def who(api: Api, token: str) -> tuple[int, Any]:
    response = api.http.post(
        "/graphql",
        json={"query": WHO},
        headers={"authorization": f"Bearer {token}", "accept": "application/graphql-response+json"},
    )
    return response.status_code, response.json()


def session_of(person: Person) -> str:
    return str(jwt.decode(person.token, OctKey.import_key(person.api.running.parts.settings.secret())).claims["sid"])


def refused() -> dict[str, Any]:
    return {"errors": [{"message": "Sign in first.", "extensions": {"code": "UNAUTHENTICATED"}}]}


def test_a_token_holds_for_an_hour_and_is_renewed_within_it(api: Api, known: Person) -> None:
    payload = sign_in(api, known.account.email.upper())["data"]["signIn"]
    first = payload["token"]
    assert payload["viewer"] == {"__typename": "Customer"}
    assert payload["errors"] == []
    assert who(api, first) == (200, {"data": {"viewer": {"email": known.account.email}}})

    api.running.move_clock(timedelta(minutes=59))
    second = Person(api, known.account, first).run("renew_token")["token"]
    api.running.move_clock(timedelta(minutes=2))

    assert who(api, first) == (401, refused())
    assert who(api, second)[0] == 200
    late = api.send("mutation { renewToken { token } }", authorization=f"Bearer {first}")
    assert late == refused()


def test_signing_out_ends_the_session_with_its_tokens_and_sockets_and_no_other(api: Api, known: Person) -> None:
    tokens = [sign_in(api, known.account.email)["data"]["signIn"]["token"] for _ in range(2)]
    ended, other = (Person(api, known.account, token) for token in tokens)
    renewed = ended.run("renew_token")["token"]
    with ended.socket() as closed, other.socket() as kept:
        assert ended.run("sign_out") == {"errors": []}

        assert closing(closed) == (4403, "Signed out")
        assert first_answer(kept, WHO) == {"data": {"viewer": {"email": known.account.email}}}
    for token in (ended.token, renewed):
        assert who(api, token) == (401, refused())
    with opened(api.running) as socket:
        tell(socket, {"type": "connection_init", "payload": {"authorization": f"Bearer {ended.token}"}})
        assert closing(socket)[0] == 4403


def test_a_socket_is_authorised_by_the_same_value_as_a_request(api: Api) -> None:
    person = api.customer()
    for payload, headers in (
        ({"authorization": f"Bearer {person.token}"}, {}),
        ({"authorization": f"bearer  {person.token} "}, {}),
        (None, {"authorization": f"Bearer {person.token}"}),
    ):
        with acknowledged(api.running, payload, headers=headers) as socket:
            assert first_answer(socket, WHO) == {"data": {"viewer": {"email": person.account.email}}}
    with acknowledged(api.running) as socket:
        assert first_answer(socket, WHO) == {"data": {"viewer": None}}


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic eDp4", 5, None, ["Bearer x"]])
def test_a_socket_with_a_token_that_does_not_hold_is_closed(api: Api, authorization: object) -> None:
    with opened(api.running) as socket:
        tell(socket, {"type": "connection_init", "payload": {"authorization": authorization}})
        if authorization is None:
            assert first_answer(socket, "{ orders { nodes { id } } }")["errors"][0]["message"] == "Sign in first."
        else:
            assert closing(socket) == (4403, "Forbidden")


def test_case_29_no_forged_token_lets_anybody_in(api: Api) -> None:
    person = api.customer()
    settings, moment = api.running.parts.settings, int(datetime.now(UTC).timestamp())
    secret, session = settings.secret(), session_of(person)
    true = {
        "iss": settings.url, "aud": "orders", "sub": str(person.id), "sid": session, "kind": "CUSTOMER",
        "iat": moment, "nbf": moment - 60, "exp": moment + 600, "jti": "x",
    }  # fmt: skip
    usual = {"typ": "JWT", "alg": "HS256"}
    forged = {
        "none": signed(true, {"typ": "JWT", "alg": "none"}).rpartition(".")[0] + ".",
        "another secret": signed(true, usual, "another secret, just as long as ours"),
        "public key": signed(true, {"typ": "JWT", "alg": "RS256"}, secret),
        "audience": signed(true | {"aud": "billing"}, usual, secret),
        "issuer": signed(true | {"iss": "https://evil.example"}, usual, secret),
        "future": signed(true | {"nbf": moment + 300}, usual, secret),
        "past": signed(true | {"exp": moment - 1}, usual, secret),
        "session": signed(true | {"sid": str(uuid4())}, usual, secret),
        "somebody else's session": signed(true | {"sid": session_of(api.staff())}, usual, secret),
        "path": signed(true, usual | {"kid": "../../../../dev/null"}, secret),
        "no token": "nonsense",
    }
    assert who(api, signed(true, usual, secret))[0] == 200  # the forger can make a true one
    for name, token in forged.items():
        assert who(api, token) == (401, refused()), name
    # The kind that a token tells is not believed.
    staff = api.send(
        "{ viewer { __typename } }", authorization="Bearer " + signed(true | {"kind": "STAFF"}, usual, secret)
    )
    assert staff == {"data": {"viewer": {"__typename": "Customer"}}}


def test_case_22_a_socket_is_closed_when_its_token_ends(api: Api) -> None:
    person = api.customer()
    settings, moment = api.running.parts.settings, int(datetime.now(UTC).timestamp())
    claims = {
        "iss": settings.url, "aud": "orders", "sub": str(person.id), "sid": session_of(person), "kind": "CUSTOMER",
        "iat": moment, "nbf": moment, "exp": moment + 2, "jti": "x",
    }  # fmt: skip
    token = signed(claims, {"typ": "JWT", "alg": "HS256"}, settings.secret())

    with acknowledged(api.running, {"authorization": f"Bearer {token}"}) as socket:
        assert closing(socket) == (4403, "Token expired")


def test_case_29_a_token_without_measure_is_refused_before_it_is_read(api: Api) -> None:
    for size in (10_000, 60_000, 1_000_000):
        response = api.http.post("/graphql", json={"query": WHO}, headers={"authorization": "Bearer " + "x" * size})
        assert response.status_code in (400, 401, 431), size


def test_case_30_every_attempt_counts_however_many_a_document_makes(api: Api, known: Person) -> None:
    guess = 'signIn(input: {{email: "{email}", password: "{n}"}}) {{ token errors {{ code }} }}'

    def guesses(count: int) -> Any:
        fields = "".join(f" a{n}: {guess.format(email=known.account.email, n=n)}" for n in range(count))
        return api.send(f"mutation {{{fields} }}")

    assert guesses(1000)["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert guesses(11)["errors"][0]["message"] == "The document has more than 10 mutations."
    assert api.http.post("/graphql", json=[{"query": WHO}] * 100).status_code == 400
    ten = guesses(10)
    assert [attempt["errors"] for attempt in ten["data"].values()] == [[{"code": "BAD_CREDENTIALS"}]] * 10

    right = sign_in(api, known.account.email)

    (error,) = right["errors"]
    assert right["data"] == {"signIn": None}
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 0 < error["extensions"]["retryAfter"] <= 300


def test_case_31_an_unknown_address_is_answered_like_a_wrong_password(api: Api, known: Person) -> None:
    with _checks(api) as checked:
        wrong = sign_in(api, known.account.email, "wrong")
        unknown = sign_in(api, "nobody@example.com", "wrong")
        odd = sign_in(api, "\u202enobody\n@example.com", "\u202e")

    assert wrong == unknown == odd
    assert wrong["data"]["signIn"]["errors"][0]["code"] == "BAD_CREDENTIALS"
    assert len(checked) == 3  # one hash each time, so that it takes as long


@contextmanager
def _checks(api: Api) -> Iterator[list[str | None]]:
    """The hashes that passwords are checked against meanwhile."""
    passwords, checked = api.running.application.sessions._passwords, []
    check = passwords.check

    async def noting(password: str, stored: str | None) -> Any:
        checked.append(stored)
        return await check(password, stored)

    passwords.check = noting  # type: ignore[method-assign] # the real one is asked all the same
    try:
        yield checked
    finally:
        passwords.check = check  # type: ignore[method-assign] # as it was
