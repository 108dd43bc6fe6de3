"""Playing a cell of the matrix: what the provider does, its webhooks, a client that tries again, and a death."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from uuid import uuid4

from models.payment import PaymentStatus
from tests.proof.cells import Cell
from tests.proof.reach import comes_to
from tests.proof.shop import Shop

_TOKENS: Final = {"decline": "card_declined", "authentication": "card_authentication"}
_STRIPES: Final = {
    "card": "pm_card_visa",
    "card_declined": "pm_card_visa_chargeDeclined",
    "card_authentication": "pm_card_authenticationRequired",
}


@dataclass(frozen=True, slots=True)
class Played:
    """What went wrong, in words; empty where nothing did. `reached`: whether the server died where it was to."""

    faults: list[str]
    reached: bool


def play(shop: Shop, cell: Cell, chance: Random) -> Played:
    shop.afresh()
    order, key = shop.place(), uuid4().hex
    _spoil(shop, cell, chance)
    if cell.crash is not None:
        shop.arm(cell.crash)
    method = _token(shop, _TOKENS.get(cell.outcome, "card"))
    first = shop.pay(order, method, key)
    otherwise = _try_again(shop, cell, order, (method, key))
    approved = _answer(shop, order, chance)
    if shop.peer is not None and cell.webhook == "reversed":
        shop.peer.deliver(order="reversed")
    shop.settle(order)
    approved = _answer(shop, order, chance) or approved
    shop.settle(order)
    reached = cell.crash is not None and not shop.disarm(cell.crash)
    last = shop.pay(order, method, key) if cell.retry == "same" else None
    shop.settle(order)
    faults = [*shop.broken(order), *_forgotten(first, last)]
    if not _as_wanted(shop, order, cell, approved=approved, otherwise=otherwise):
        faults.append(f"the order is {shop.status(order)}")
    if not reached and cell.crash is not None and comes_to(cell, sandbox=shop.peer is None):
        faults.append(f"nobody came to {cell.crash}")
    return Played(faults, reached)


def _token(shop: Shop, name: str) -> str:
    return f"sandbox_{name}" if shop.peer is None else _STRIPES[name]


def _spoil(shop: Shop, cell: Cell, chance: Random) -> None:
    """What is to go wrong at Stripe, and when its webhooks come."""
    if shop.peer is None:
        return
    match cell.webhook:
        case "twice":
            shop.peer.webhooks("after", copies=2, order="shuffled", seed=chance.randrange(1000))
        case "reversed":
            shop.peer.webhooks("held")
        case when:
            shop.peer.webhooks(when)
    times = chance.randint(1, 3)  # three are all tries of one call
    match cell.outcome:
        case "timeout":
            shop.peer.fault("after", drop=True, times=3)
        case "error":
            shop.peer.fault(chance.choice(["before", "after"]), status=chance.choice([500, 503]), times=times)
        case "limit":
            shop.peer.fault("before", status=429, times=times)
        case _:
            pass


def _try_again(shop: Shop, cell: Cell, order: dict[str, Any], before: tuple[str, str]) -> bool:
    """Whether another method than the first was begun with."""
    if cell.retry == "none":
        return False
    if not shop.lives():
        shop.start()
    if cell.retry == "same":
        shop.pay(order, *before)
        return False
    other = shop.pay(order, _token(shop, "card"))
    return other is None or other["payment"] is not None


def _answer(shop: Shop, order: dict[str, Any], chance: Random) -> bool:
    """Where the bank asks the customer, who mostly approves; whether it was so."""
    waiting = shop.attempt(order, PaymentStatus.ACTION_REQUIRED)
    if waiting is None or waiting.provider_reference is None:
        return False
    approve = chance.random() < 0.8
    if not shop.lives():
        shop.start()
    shop.answer_bank(waiting.provider_reference, approve=approve)
    return approve


def _forgotten(first: Any, last: Any) -> Iterator[str]:
    """An answer is for good: the same key names the same payment, and what was paid stays so."""
    if first is None or last is None or first["payment"] is None:
        return
    if last["payment"] is None or last["payment"]["id"] != first["payment"]["id"]:
        yield f"the client was told {first['payment']}, and under the same key {last}"
    elif first["payment"]["status"] == "SUCCEEDED" != last["payment"]["status"]:
        yield f"the client was told that it is paid, and then {last['payment']}"


def _as_wanted(shop: Shop, order: dict[str, Any], cell: Cell, *, approved: bool, otherwise: bool) -> bool:
    """Whether the order is paid where it has to be; a client that never came through has not paid."""
    paid = shop.status(order) == "CONFIRMATION"
    begun = shop.begun(order)
    match cell.outcome:
        case "decline" if not otherwise:
            return not paid
        case "authentication" if not otherwise:
            return paid == approved
        case "decline" | "authentication":
            return True  # the second may have come too soon, or have been lost
        case _:
            return paid == begun
