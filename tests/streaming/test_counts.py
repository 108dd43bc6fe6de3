"""Counts kept by the log are what counting again would find."""

import random
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from models.change import ChangeKind
from models.order import OrderStatus
from streaming.counts import CountRow, Counts
from streaming.log import ChangeRow

Shelf = dict[int, tuple[OrderStatus, str, int]]


@pytest.mark.parametrize("seed", range(20))
def test_counts_kept_equal_counts_made(seed: int) -> None:
    chance = random.Random(seed)
    shelf: Shelf = {}
    changes = history(chance, shelf)
    counted_at = chance.randrange(200)
    for _ in range(counted_at):
        next(changes)
    counts = Counts(counted(shelf), counted_at)

    for change in changes:
        before = counts.rows()
        moved = counts.apply(change)
        assert counts.rows() == counted(shelf)
        assert moved or counts.rows() == before
        assert not counts.apply(change)  # and twice is once
        assert counts.position == change.position


def test_what_was_counted_is_not_counted_again() -> None:
    counts = Counts([CountRow(OrderStatus.UNPAID, "EUR", 1, 500)], 7)

    assert not counts.apply(made(7, None, OrderStatus.UNPAID, "EUR", 500))

    assert counts.rows() == [CountRow(OrderStatus.UNPAID, "EUR", 1, 500)]


def test_currencies_are_kept_apart_and_empty_ones_vanish() -> None:
    counts = Counts([CountRow(OrderStatus.UNPAID, "EUR", 1, 500), CountRow(OrderStatus.UNPAID, "CHF", 2, 90)], 0)

    assert counts.apply(made(1, OrderStatus.UNPAID, OrderStatus.CONFIRMATION, "EUR", 500))
    assert counts.apply(made(2, OrderStatus.UNPAID, OrderStatus.CONFIRMATION, "CHF", 40))
    assert not counts.apply(made(3, None, None, "CHF", 50))

    assert counts.rows() == [
        CountRow(OrderStatus.UNPAID, "CHF", 1, 50),
        CountRow(OrderStatus.CONFIRMATION, "CHF", 1, 40),
        CountRow(OrderStatus.CONFIRMATION, "EUR", 1, 500),
    ]


def history(chance: random.Random, shelf: Shelf) -> Iterator[ChangeRow]:
    """300 changes of a few orders; the shelf is kept as a table of orders would be."""
    for position in range(1, 301):
        order = chance.randrange(40)
        if order not in shelf:
            currency, total = chance.choice(["EUR", "CHF"]), chance.randrange(10_000)
            shelf[order] = OrderStatus.UNPAID, currency, total
            yield made(position, None, OrderStatus.UNPAID, currency, total)
            continue
        source, currency, total = shelf[order]
        if chance.random() < 0.3:
            yield made(position, None, None, currency, total)
        else:
            target = chance.choice([*OrderStatus])
            shelf[order] = target, currency, total
            yield made(position, source, target, currency, total)


def counted(shelf: Shelf) -> list[CountRow]:
    count, worth = Counter[tuple[OrderStatus, str]](), Counter[tuple[OrderStatus, str]]()
    for status, currency, total in shelf.values():
        count[status, currency] += 1
        worth[status, currency] += total
    keys = [(status, currency) for status in OrderStatus for currency in ("CHF", "EUR")]
    return [CountRow(*key, count[key], worth[key]) for key in keys if count[key]]


def made(position: int, source: OrderStatus | None, target: OrderStatus | None, currency: str, total: int) -> ChangeRow:
    change = SimpleNamespace(
        position=position,
        kind=ChangeKind.TRANSITION if target else ChangeKind.REFUND,
        from_status=source,
        to_status=target,
        currency=currency,
        total=total,
    )
    return cast("ChangeRow", change)
