"""Telling the demo's stories side by side, each step at its moment, as if the shop had been open all the time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from random import Random

from demo.baskets import fill_basket
from demo.cast import CAST
from demo.customers import CUSTOMER
from demo.purchase import Act, Purchase, Story
from demo.stories import FREQUENCIES, OF_CONSUMERS, Telling, free_of_charge
from demo.world import Customer, World
from models.account import AccountType


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a customer places an order, and what becomes of it."""

    moment: datetime
    customer: Customer
    telling: Telling


def plan(
    customers: Iterable[Customer], random: Random, *, orders: int, start: datetime, end: datetime
) -> list[Beginning]:
    """The orders of the cast, which are always there, and as many others as there is room for."""
    by_email = {customer.email: customer for customer in customers}
    cast = [Beginning(end - timedelta(days=days), by_email[email], telling) for email, days, telling in CAST]
    consumers = [customer for customer in by_email.values() if customer.account_type is AccountType.INDIVIDUAL]
    everyone = [*by_email.values(), by_email[CUSTOMER], by_email[CUSTOMER]]
    others = []
    for telling in random.choices(list(FREQUENCIES), list(FREQUENCIES.values()), k=max(orders - len(cast), 0)):
        customer = random.choice(consumers if telling in OF_CONSUMERS else everyone)
        # Most of a day's orders come in the afternoon.
        moment = start + timedelta(days=random.randrange((end - start).days), hours=random.triangular(6, 23, 16))
        others.append(Beginning(min(moment, end), customer, telling))
    return [*cast, *others]


async def tell(
    world: World, beginnings: list[Beginning], *, seed: int, until: datetime, progress: Callable[[str], None]
) -> None:
    """Up to the present; what would happen later is left to those who explore the demo."""
    # The index keeps apart what happens at the same moment.
    agenda: list[tuple[datetime, int, Act | None]] = [
        (beginning.moment, index, None) for index, beginning in enumerate(beginnings)
    ]
    heapify(agenda)
    told: dict[int, tuple[Purchase, Story]] = {}
    while agenda and agenda[0][0] <= until:
        moment, index, act = heappop(agenda)
        world.clock.move(moment)
        if act is None:
            told[index] = _begin(world, beginnings[index], f"{seed}/{index}")
            if len(told) % 25 == 0:
                progress(f"demo data: {len(told)} of {len(beginnings)} orders")
        else:
            await act(told[index][0])
        if step := next(told[index][1], None):
            heappush(agenda, (step[0], index, step[1]))


def _begin(world: World, beginning: Beginning, name: str) -> tuple[Purchase, Story]:
    random = Random(name)
    basket = fill_basket(
        random,
        beginning.customer.account_type,
        returnable=beginning.telling in OF_CONSUMERS,
        free=beginning.telling is free_of_charge,
    )
    purchase = Purchase(world, beginning.customer, basket, random, name)
    return purchase, beginning.telling(purchase)
