"""Sessions: who is behind a token, until when, and what it costs to find out."""

import asyncio
import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from access.principal import Principal
from access.sessions import SESSION_LIFETIME, SessionEnded, SignedIn
from access.together import Together
from models.account import AccountKind
from models.statement import Statement
from tests.access.house import House


def who(house: House, signed_in: SignedIn) -> Principal | None:
    return house.run(house.sessions.authenticate(signed_in.token))


def principal(house: House, signed_in: SignedIn) -> Principal:
    found = who(house, signed_in)
    assert found is not None
    return found


def test_is_found_by_one_statement(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.add()
    signed_in = house.sign_in()
    run, prepared = Statement.run, []

    async def noted(self: Statement, *args: Any) -> Any:
        if threading.current_thread() is threading.main_thread():  # servers of other tests read on in theirs
            prepared.append(self)
        return await run(self, *args)

    monkeypatch.setattr(Statement, "run", noted)
    with house.statements() as asked:
        assert who(house, signed_in) is not None
    assert (len(prepared), asked) == (1, [])


def test_case_61_those_who_come_at_once_are_looked_up_together(house: House) -> None:
    house.add()
    signed_in = [house.sign_in() for _ in range(10)]
    house.run(house.sessions.end(signed_in[3].session_id))

    async def all_at_once() -> list[Principal | None]:
        tokens = [each.token for each in signed_in for _ in range(20)]
        return await asyncio.gather(*(house.sessions.authenticate(token, with_others=True) for token in tokens))

    with house.statements() as asked:
        found = house.run(all_at_once())

    assert len(asked) == 1
    assert [each and each.session_id for each in found] == [
        None if each is signed_in[3] else each.session_id for each in signed_in for _ in range(20)
    ]


def test_whoever_comes_while_others_are_looked_up_is_looked_up_afterwards(house: House) -> None:
    """What is answered was read after it was asked, so that nobody is let in on what had ended."""
    house.add()
    first, second = house.sign_in(), house.sign_in()

    async def one_after_another() -> tuple[Principal | None, ...]:
        looking = asyncio.create_task(house.sessions.authenticate(second.token, with_others=True))
        await asyncio.sleep(0)  # it has asked
        await asyncio.sleep(0)  # and the look has begun
        await house.sessions.end(first.session_id)
        late = [asyncio.create_task(house.sessions.authenticate(first.token, with_others=True)) for _ in range(3)]
        return await looking, *[await each for each in late]

    found, *late = house.run(one_after_another())

    assert found is not None
    assert late == [None] * 3


def test_a_look_that_fails_fails_for_those_who_share_it_alone(house: House) -> None:
    house.add()
    signed_in = house.sign_in()
    looks = 0

    async def look_up(_sessions: Collection[UUID]) -> dict[UUID, int]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise TimeoutError
        return {signed_in.session_id: looks}

    async def ask() -> tuple[list[object], int | None]:
        together = Together(look_up)
        asked = (together.get(signed_in.session_id) for _ in range(3))
        return await asyncio.gather(*asked, return_exceptions=True), await together.get(signed_in.session_id)

    failed, answer = house.run(ask())

    assert [type(each) for each in failed] == [TimeoutError] * 3
    assert answer == 2


def test_case_29_a_token_of_an_ended_session_is_worth_nothing(house: House) -> None:
    house.add()
    ended, other = house.sign_in(), house.sign_in()

    house.run(house.sessions.end(ended.session_id))
    house.run(house.sessions.end(ended.session_id))

    assert who(house, ended) is None
    assert who(house, other) is not None
    with pytest.raises(SessionEnded):
        house.run(
            house.sessions.renew(Principal(ended.account.id, ended.account.kind, ended.session_id, ended.expires_at))
        )


def test_a_token_ends_and_a_renewed_one_goes_on_in_the_same_session(house: House) -> None:
    house.add()
    first = house.sign_in()

    house.move_clock(timedelta(minutes=59))
    second = house.run(house.sessions.renew(principal(house, first)))
    house.move_clock(timedelta(minutes=2))

    assert who(house, first) is None
    assert principal(house, second).session_id == first.session_id


def test_no_renewing_goes_beyond_the_end_of_the_session(house: House) -> None:
    house.add()
    first = house.sign_in()
    ends = datetime.now(UTC) + SESSION_LIFETIME
    behind = Principal(first.account.id, first.account.kind, first.session_id, first.expires_at)

    house.move_clock(SESSION_LIFETIME - timedelta(minutes=10))
    last = house.run(house.sessions.renew(behind))
    assert ends - timedelta(minutes=1) < last.expires_at <= ends
    assert who(house, last) is not None

    house.move_clock(timedelta(minutes=10))
    assert who(house, last) is None
    with pytest.raises(SessionEnded):
        house.run(house.sessions.renew(behind))


def test_the_account_has_the_last_word(house: House) -> None:
    """A token says who its bearer was; what they may do is looked up each time."""
    account = house.add()
    signed_in = house.sign_in()
    assert principal(house, signed_in).kind is AccountKind.CUSTOMER

    house.change(account.id, kind=AccountKind.STAFF)
    assert principal(house, signed_in).is_staff

    house.change(account.id, disabled_at=datetime.now(UTC))
    assert who(house, signed_in) is None
    with pytest.raises(SessionEnded):
        house.run(house.sessions.renew(Principal(account.id, account.kind, signed_in.session_id, signed_in.expires_at)))


def test_a_token_of_an_external_issuer_is_not_renewed_here(house: House) -> None:
    account = house.add()
    with pytest.raises(SessionEnded):
        house.run(house.sessions.renew(Principal(account.id, account.kind, None, datetime.now(UTC))))
