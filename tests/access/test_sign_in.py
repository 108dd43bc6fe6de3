"""Signing in: who is let in, and that nobody learns more than that they were not."""

import asyncio
import threading
import time
from datetime import UTC, datetime

import pytest

from access.passwords import Passwords
from access.sessions import BadCredentials, SignedIn
from access.throttle import TooManyAttempts
from tests.access.house import PASSWORD, House, QuickHasher


def test_lets_in_whoever_knows_the_password(house: House) -> None:
    account = house.add()

    signed_in = house.sign_in("  ADA@example.com ")

    principal = house.run(house.sessions.authenticate(signed_in.token))
    assert principal is not None
    assert (principal.account_id, principal.kind, principal.session_id) == (
        account.id,
        account.kind,
        signed_in.session_id,
    )
    assert principal.expires_at == signed_in.expires_at


def test_case_31_refuses_everyone_else_alike_and_takes_as_long_for_it(house: House) -> None:
    """One check of one hash each time, whether there is an account or not; the refusals cannot be told apart."""
    house.add()
    house.add("gone@example.com", disabled_at=datetime.now(UTC))
    house.add("sso@example.com", password_hash=None)
    house.add("demo@example.com", demo=True)
    attempts = [
        ("ada@example.com", "wrong"),
        ("ada@example.com", ""),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("sso@example.com", PASSWORD),
        ("demo@example.com", PASSWORD),
        ("nul\0@example.com", PASSWORD),
        ("\ud800@example.com", "\ud800"),
        ("x" * 300 + "@example.com", PASSWORD),
    ]
    for email, password in attempts:
        before = house.hasher.checks
        with pytest.raises(BadCredentials) as refusal:
            house.sign_in(email, password)
        assert (house.hasher.checks - before, refusal.value.args) == (1, ()), email


def test_accounts_of_the_demo_sign_in_during_the_demo_only(house: House) -> None:
    house.add("demo@example.com", demo=True)
    demo = house.door(demo=True)

    signed_in = house.run(demo.sign_in(email="demo@example.com", password=PASSWORD, address="192.0.2.1"))

    assert house.run(demo.authenticate(signed_in.token)) is not None
    assert house.run(house.sessions.authenticate(signed_in.token)) is None


def test_a_hash_made_with_weaker_parameters_is_replaced(house: House) -> None:
    weak = house.run(Passwords(hasher=QuickHasher(memory_cost=8)).hash(PASSWORD))
    account = house.add(password_hash=weak)

    house.sign_in()
    stronger = house.stored(account.id).password_hash
    house.sign_in()

    assert stronger is not None
    assert "m=16," in stronger
    assert house.stored(account.id).password_hash == stronger


def test_case_69_hashes_in_threads_of_their_own_two_at_a_time(house: House) -> None:
    house.add()

    async def all_at_once() -> list[SignedIn]:
        sign_in = house.sessions.sign_in
        addresses = (f"192.0.2.{n}" for n in range(8))
        return await asyncio.gather(
            *(sign_in(email="ada@example.com", password=PASSWORD, address=address) for address in addresses)
        )

    house.run(all_at_once())

    assert threading.get_ident() not in house.hasher.threads
    assert 1 <= house.hasher.most_at_once <= 2


def test_guessing_ends_after_ten_attempts_and_begins_anew_later(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.time()
    monkeypatch.setattr("time.time", lambda: start)
    house.add()
    for _ in range(10):
        with pytest.raises(BadCredentials):
            house.sign_in(password="guess")
    checks = house.hasher.checks

    with pytest.raises(TooManyAttempts) as refusal:
        house.sign_in()

    assert refusal.value.retry_after == 301
    assert house.hasher.checks == checks  # no work is done for them
    assert house.sign_in(address="192.0.2.2").account.email == "ada@example.com"  # the owner is not locked out
    monkeypatch.setattr("time.time", lambda: start + 301)
    assert house.sign_in().account.email == "ada@example.com"
