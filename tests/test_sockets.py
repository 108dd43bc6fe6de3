"""Cases 23 to 27 on the real application: who opens a socket, how it is spoken on, when it is closed."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col
from websockets.exceptions import InvalidStatus

from models.account import Account, AccountKind
from pages.viewer import COOKIE
from tests.api import QUERIES, Api, Person
from tests.endpoint.wire import closing, hear, subscribe, tell
from tests.sockets import acknowledged, first_answer, opened

WHO = "{ viewer { ... on Customer { email } } }"
FOREIGN = ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "{url}.evil.example", "{url}0"]


def cookie(person: Person) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={person.token}"}


def test_case_24_nobody_subscribes_before_being_let_in(api: Api) -> None:
    with opened(api.running) as socket:
        subscribe(socket, WHO)

        assert closing(socket)[0] == 4401


@pytest.mark.parametrize("subprotocol", ["graphql-ws", "soap"])
def test_case_25_the_legacy_protocol_is_not_spoken(api: Api, subprotocol: str) -> None:
    with opened(api.running, subprotocol=subprotocol) as socket:
        assert closing(socket)[0] == 4406


@pytest.mark.parametrize("origin", FOREIGN)
def test_case_26_a_foreign_page_opens_no_socket_with_a_visitors_cookie(api: Api, origin: str) -> None:
    with (
        pytest.raises(InvalidStatus) as refusal,
        opened(api.running, origin=origin.format(url=api.url), headers=cookie(api.customer())),
    ):
        pass

    assert refusal.value.response.status_code == 403


def test_case_26_our_own_page_does(api: Api) -> None:
    person = api.customer()
    with acknowledged(api.running, origin=api.url, headers=cookie(person)) as socket:
        assert first_answer(socket, WHO) == {"data": {"viewer": {"email": person.account.email}}}


def test_case_26_without_an_origin_the_cookie_counts_for_nothing(api: Api) -> None:
    with acknowledged(api.running, headers=cookie(api.customer())) as socket:
        assert first_answer(socket, WHO) == {"data": {"viewer": None}}


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}])
def test_case_28_a_cookie_alone_is_nobody_over_http(api: Api, headers: dict[str, str]) -> None:
    sent = cookie(api.customer()) | headers

    assert api.send(WHO, None, **sent) == {"data": {"viewer": None}}
    assert (
        api.send("mutation { signOut { errors { code } } }", None, **sent)["errors"][0]["message"] == "Sign in first."
    )


@pytest.mark.parametrize("origin", FOREIGN)
def test_case_28_a_foreign_page_acts_for_nobody(api: Api, origin: str) -> None:
    sent = cookie(api.customer()) | {"origin": origin.format(url=api.url)}

    assert api.send(WHO, None, **sent) == {"data": {"viewer": None}}


def test_case_28_our_own_page_acts_for_its_visitor(api: Api) -> None:
    person = api.customer()
    for headers in ({"origin": api.url}, {"sec-fetch-site": "same-origin"}):
        answer = api.send(WHO, None, **cookie(person) | headers)
        assert answer == {"data": {"viewer": {"email": person.account.email}}}


def test_case_28_neither_forms_nor_links_change_anything(api: Api) -> None:
    headers = cookie(api.customer()) | {"origin": api.url}
    document = "mutation { renewToken { token } }"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        content = f'{{"query": "{document}"}}'
        answer = api.http.post("/graphql", content=content, headers=headers | {"content-type": kind})
        assert answer.status_code == 400, kind
    link = api.http.get("/graphql", params={"query": document}, headers=headers)
    read = api.http.get("/graphql", params={"query": "{ __typename }"}, headers=headers)

    assert (link.status_code, link.headers["allow"]) == (405, "POST")
    assert read.json() == {"data": {"__typename": "Query"}}


def test_case_27_a_second_init_is_one_too_many(api: Api) -> None:
    with acknowledged(api.running) as socket:
        tell(socket, {"type": "connection_init"})

        assert closing(socket)[0] == 4429


@pytest.mark.parametrize("payload", [[], "x", {"authorization": "x" * 10_000}])
def test_case_27_an_init_with_a_wrong_payload(api: Api, payload: Any) -> None:
    with opened(api.running) as socket:
        tell(socket, {"type": "connection_init", "payload": payload})

        assert closing(socket)[0] == 4400


def test_case_23_sockets_of_a_disabled_account_are_closed(api: Api) -> None:
    person, other = api.customer(), api.customer()

    async def disable() -> None:
        async with api.running.database.writing() as tx:
            change = sa.update(Account).where(col(Account.id) == person.id).values(disabled_at=datetime.now(UTC))
            await tx.session.execute(change)

    with person.socket() as socket, other.socket() as kept:
        api.running.do(disable())

        assert closing(socket) == (4403, "Access has changed")
        tell(kept, {"type": "ping"})
        assert hear(kept) == {"type": "pong"}
    assert person.send(WHO)["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_case_21_who_is_staff_no_more_is_sent_no_more(api: Api) -> None:
    staff, other = api.staff(), api.customer()

    async def demote() -> None:
        async with api.running.database.writing() as tx:
            customer = {"kind": AccountKind.CUSTOMER, "account_type": "INDIVIDUAL", "country": "FR", "currency": "EUR"}
            await tx.session.execute(sa.update(Account).where(col(Account.id) == staff.id).values(**customer))

    with staff.socket() as socket, other.socket() as kept:
        subscribe(socket, "subscription { statusTransitions { sequence } }")
        api.running.do(demote())

        assert closing(socket) == (4403, "Access has changed")
        tell(kept, {"type": "ping"})
        assert hear(kept) == {"type": "pong"}


def test_case_49_an_order_is_placed_once_over_whichever_transport(api: Api) -> None:
    person = api.customer()
    text = (QUERIES / "place_order.graphql").read_text()
    variables = {"input": {"lines": [{"productCode": "book"}], "idempotencyKey": "the same"}}
    with acknowledged(api.running, {"authorization": f"Bearer {person.token}"}) as socket:
        placed = first_answer(socket, text, variables)
    again = person.send(text, variables)

    assert placed["data"]["placeOrder"]["errors"] == []
    assert again["data"] == placed["data"]
    assert [order["id"] for order in person.run("my_orders")["nodes"]] == [placed["data"]["placeOrder"]["order"]["id"]]


def test_who_signs_out_after_the_handshake_is_not_let_in_by_its_cookie(api: Api) -> None:
    person, sessions = api.customer(), api.running.application.sessions

    async def sign_out() -> None:
        principal = await sessions.authenticate(person.token)
        assert principal is not None
        assert principal.session_id is not None
        await sessions.end(principal.session_id)

    with opened(api.running, origin=api.url, headers=cookie(person)) as socket:
        api.running.do(sign_out())
        tell(socket, {"type": "connection_init"})

        assert closing(socket) == (4403, "Signed out")
