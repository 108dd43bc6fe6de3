"""What a story is: something is arranged, then done, and the server dies over it; and what several of them share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from models.payment import PaymentStatus
from tests.peers.stripe import StripePeer
from tests.proof.shop import Shop

GOOD: Final = "pm_card_visa"
#: The bank asks the customer, who has to answer.
ASKING: Final = "pm_card_authenticationRequired"
UNHEARD_OF: Final = "pm_unheard_of"


@dataclass(frozen=True, slots=True)
class Act:
    """`do` is what the server dies over; it is done once more when the server is back, by whoever had no answer.
    `ends` is where the order is then. `keyed`: it has an idempotency key, and `do` returns its answer's bytes."""

    order: dict[str, Any]
    do: Callable[[], Any]
    ends: str = "CONFIRMATION"
    keyed: bool = False


Story = Callable[[Shop], Act]


def to_pay(shop: Shop, order: dict[str, Any], token: str = GOOD, *, by: str = "", ends: str = "CONFIRMATION") -> Act:
    """Under a key of its own."""
    key = uuid4().hex
    return Act(order, lambda: shop.pay_in_bytes(order, token, key, by=by), ends, keyed=True)


def asked(shop: Shop) -> dict[str, Any]:
    """An order whose attempt waits for its customer."""
    order = shop.place()
    shop.pay(order, ASKING)
    return order


def paid(shop: Shop) -> dict[str, Any]:
    order = shop.place()
    shop.pay(order, GOOD)
    return order


def approve(shop: Shop, order: dict[str, Any], status: PaymentStatus = PaymentStatus.ACTION_REQUIRED) -> None:
    """As the customer does at the bank. Once: there is nothing to answer afterwards."""
    waiting = shop.attempt(order, status)
    if waiting is not None:
        stripe(shop).authenticate(waiting.provider_reference or "", approve=True)


def stripe(shop: Shop) -> StripePeer:
    assert shop.peer is not None
    return shop.peer
