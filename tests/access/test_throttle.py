"""How often one may try, by e-mail and by network."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond

from access import throttle as module
from access.throttle import FOR_BOTH, FOR_NETWORK, Throttle, TooManyAttempts
from tests.access.house import SECRET
from tests.peers.valkey import Valkey

ADA = "ada@example.com"


class Door:
    """A throttle of one process; what it does runs to its end."""

    def __init__(
        self,
        runner: asyncio.Runner,
        url: str = "memory://",
        *,
        for_both: RateLimitItem = FOR_BOTH,
        for_network: RateLimitItem = FOR_NETWORK,
    ) -> None:
        self.run = runner.run
        self.throttle = Throttle(SECRET, url, for_both=for_both, for_network=for_network)
        memory = self.throttle._limiters[-1].storage
        assert isinstance(memory, module._Memory)
        self.memory = memory

    def attempt(self, email: str = ADA, address: str = "192.0.2.1") -> None:
        self.run(self.throttle.attempt(email=email, address=address))

    def lets(self, email: str = ADA, address: str = "192.0.2.1") -> bool:
        try:
            self.attempt(email, address)
        except TooManyAttempts:
            return False
        return True

    def succeeded(self, email: str = ADA, address: str = "192.0.2.1") -> None:
        self.run(self.throttle.succeeded(email=email, address=address))

    def sweep(self) -> None:
        """Lets the library's task end that forgets what is over."""
        assert self.memory.timer is not None
        self.run(asyncio.wait_for(self.memory.timer, timeout=30))


MakeDoor: TypeAlias = Callable[..., Door]


@pytest.fixture
def door() -> Iterator[MakeDoor]:
    doors: list[Door] = []
    with asyncio.Runner() as runner:

        def make(url: str = "memory://", **limits: RateLimitItem) -> Door:
            doors.append(Door(runner, url, **limits))
            return doors[-1]

        yield make
        for one in doors:
            runner.run(one.throttle.close())


class Clock:
    def __init__(self) -> None:
        self.now = time.time()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The library asks no other clock than the system's."""
    clock = Clock()
    monkeypatch.setattr("time.time", lambda: clock.now)
    return clock


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with Valkey() as broker:
        yield broker


def test_counts_by_address_whichever_email_is_tried(door: MakeDoor) -> None:
    one = door()
    assert [one.lets(f"{n}@example.com") for n in range(31)] == [True] * 30 + [False]
    assert one.lets("1@example.com", "192.0.2.2")


def test_a_network_of_ipv6_is_one_address_and_a_mapped_one_is_itself(door: MakeDoor) -> None:
    one = door(for_network=RateLimitItemPerMinute(1))
    assert one.lets("a@example.com", "2001:db8::1")
    assert not one.lets("b@example.com", "2001:db8::ffff:1")
    assert one.lets("c@example.com", "2001:db8:0:1::1")
    assert one.lets("d@example.com", "::ffff:192.0.2.1")
    assert not one.lets("e@example.com", "192.0.2.1")
    assert one.lets("f@example.com", "::ffff:192.0.2.2")
    assert one.lets("g@example.com", "a unix socket")


def test_the_window_moves(door: MakeDoor, clock: Clock) -> None:
    one = door(for_both=RateLimitItemPerSecond(2, 60))
    one.attempt()
    clock.now += 40
    one.attempt()
    with pytest.raises(TooManyAttempts) as refusal:
        one.attempt()
    assert refusal.value.retry_after == 21  # the first one still counts at the 60th second
    clock.now += 20
    assert not one.lets()
    clock.now += 1
    assert one.lets()
    assert not one.lets()


def test_what_is_refused_is_not_counted(door: MakeDoor) -> None:
    one = door(for_both=RateLimitItemPerMinute(1), for_network=RateLimitItemPerMinute(2))
    assert [one.lets() for _ in range(5)] == [True] + [False] * 4
    assert one.lets("bob@example.com")


def test_success_is_forgiving_to_the_email_and_not_to_the_network(door: MakeDoor) -> None:
    one = door(for_both=RateLimitItemPerMinute(1), for_network=RateLimitItemPerMinute(3))
    for _ in range(3):
        one.attempt()
        one.succeeded()
    assert not one.lets()


def test_what_is_over_is_forgotten(door: MakeDoor, clock: Clock) -> None:
    one = door()
    for n in range(20):
        assert one.lets(f"{n}@example.com", f"192.0.2.{n}")
    one.sweep()
    assert len(one.memory.events) == 40

    clock.now += 301
    one.attempt()
    one.sweep()

    assert len(one.memory.events) == len(one.memory.locks) == 2


def test_memory_is_bounded_and_the_latest_are_remembered(door: MakeDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEYS", 6)
    one = door(for_both=RateLimitItemPerMinute(1))
    assert all(one.lets(f"{n}@example.com", f"192.0.2.{n}") for n in range(20))
    assert len(one.memory.events) == 6
    assert not one.lets("19@example.com", "192.0.2.19")


def test_forgetting_disturbs_nothing(door: MakeDoor) -> None:
    """The library's task looks at one key after another, and some are gone when it comes to them."""
    one = door()
    told: list[object] = []

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
        for n in range(50):
            await one.throttle.attempt(email=f"{n}@example.com", address="192.0.2.1" if n < 25 else "192.0.2.2")
        await asyncio.sleep(0)  # it has begun
        for n in range(50):
            await one.throttle.succeeded(email=f"{n}@example.com", address="192.0.2.1" if n < 25 else "192.0.2.2")
        task = one.memory.timer
        assert task is not None
        await asyncio.wait({task})
        assert task.cancelled() or task.exception() is None

    one.run(story())
    assert told == []
    assert len(one.memory.locks) == 2


def test_case_32_keeps_neither_email_nor_address_in_clear(door: MakeDoor) -> None:
    one = door()
    one.attempt()
    kept = " ".join(one.memory.events)
    assert kept.startswith("sign-in/")
    assert "ada" not in kept
    assert "192.0" not in kept


def test_all_processes_count_together_through_one_server(door: MakeDoor, valkey: Valkey) -> None:
    one = door(valkey.url, for_both=RateLimitItemPerMinute(2))
    other = door(valkey.url.replace("redis:", "valkey:"), for_both=RateLimitItemPerMinute(2))
    assert one.lets()
    assert other.lets()
    with pytest.raises(TooManyAttempts) as refusal:
        one.attempt()
    assert 0 < refusal.value.retry_after <= 60
    other.succeeded()
    assert one.lets()


def test_each_counts_alone_while_that_server_does_not_answer(
    door: MakeDoor, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    one, other = (door(valkey.url, for_both=RateLimitItemPerMinute(1)) for _ in range(2))
    assert one.lets()
    assert not other.lets()

    os.kill(valkey.pid, signal.SIGSTOP)
    assert (one.lets(), one.lets(), other.lets()) == (True, False, True)
    valkey.kill()
    assert not one.lets()
    one.succeeded()
    assert one.lets()

    valkey.start()  # it has forgotten everything
    assert one.lets()
    assert not other.lets()
