"""How often one may try, by e-mail and by address."""

from datetime import timedelta

import pytest

from access import throttle as module
from access.throttle import Rate, Throttle, TooManyAttempts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(throttle: Throttle, email: str, address: str) -> bool:
    try:
        throttle.attempt(email=email, address=address)
    except TooManyAttempts:
        return False
    return True


def test_counts_by_address_whichever_email_is_tried() -> None:
    throttle = Throttle(clock=Clock())
    assert [allowed(throttle, f"{n}@example.com", "192.0.2.1") for n in range(31)] == [True] * 30 + [False]
    assert allowed(throttle, "1@example.com", "192.0.2.2")


def test_a_network_of_ipv6_is_one_address_and_a_mapped_one_is_itself() -> None:
    throttle = Throttle(for_address=Rate(1, timedelta(minutes=1)), clock=Clock())
    assert allowed(throttle, "a@example.com", "2001:db8::1")
    assert not allowed(throttle, "b@example.com", "2001:db8::ffff:1")
    assert allowed(throttle, "c@example.com", "2001:db8:0:1::1")
    assert allowed(throttle, "d@example.com", "::ffff:192.0.2.1")
    assert not allowed(throttle, "e@example.com", "192.0.2.1")
    assert allowed(throttle, "f@example.com", "::ffff:192.0.2.2")
    assert allowed(throttle, "g@example.com", "a unix socket")


def test_the_window_moves() -> None:
    clock = Clock()
    throttle = Throttle(for_both=Rate(2, timedelta(seconds=60)), clock=clock)
    assert allowed(throttle, "a@example.com", "192.0.2.1")
    clock.now += 40
    assert allowed(throttle, "a@example.com", "192.0.2.1")
    with pytest.raises(TooManyAttempts) as refusal:
        throttle.attempt(email="a@example.com", address="192.0.2.1")
    assert refusal.value.retry_after == 20
    clock.now += 20
    assert allowed(throttle, "a@example.com", "192.0.2.1")
    assert not allowed(throttle, "a@example.com", "192.0.2.1")


def test_success_is_forgiving_to_the_email_and_not_to_the_address() -> None:
    throttle = Throttle(
        for_both=Rate(2, timedelta(minutes=5)), for_address=Rate(3, timedelta(minutes=5)), clock=Clock()
    )
    for _ in range(3):
        throttle.attempt(email="a@example.com", address="192.0.2.1")
        throttle.succeeded(email="a@example.com", address="192.0.2.1")
    assert not allowed(throttle, "a@example.com", "192.0.2.1")


def test_what_is_over_is_forgotten_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEYS", 5)
    clock = Clock()
    throttle = Throttle(clock=clock)
    for n in range(20):
        assert allowed(throttle, f"{n}@example.com", f"192.0.2.{n}")
    assert len(throttle._address._moments) <= 6
    clock.now += 301
    for _ in range(10):
        assert allowed(throttle, "z@example.com", "192.0.2.200")
    assert list(throttle._address._moments) == ["192.0.2.200"]


def test_case_32_keeps_no_email_in_clear() -> None:
    throttle = Throttle(clock=Clock())
    throttle.attempt(email="ada@example.com", address="192.0.2.1")
    assert "ada" not in repr(throttle._both._moments)
