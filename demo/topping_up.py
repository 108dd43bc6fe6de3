"""Seeing to it that the demo has unpaid orders at every start: they expire within a day."""

from random import Random
from typing import Final
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col

from demo.baskets import fill_basket
from demo.customers import COMPANY, CUSTOMER
from models.account import Account, AccountKind
from models.change import ActorKind
from models.database import Database
from models.order import Order, OrderStatus
from ordering.actors import Actor
from ordering.idempotency import Key
from ordering.placing import PlaceRequest, place_order
from ordering.terms import Terms

#: So many unpaid orders are there after a start.
WANTED: Final = 6


async def top_up(database: Database, terms: Terms) -> int:
    """Places what is missing, and at least one for each account that one signs in with; answers how many orders."""
    random = Random()
    async with database.reading() as session:
        unpaid = sa.select(col(Order.customer_id)).where(
            col(Order.status) == OrderStatus.UNPAID, col(Order.expires_at) > await database.now(session)
        )
        payable = (await session.execute(unpaid)).scalars().all()
        demo = sa.select(Account).where(col(Account.demo), col(Account.kind) == AccountKind.CUSTOMER)
        accounts = (await session.execute(demo)).scalars().all()
    without = [each for each in accounts if each.email in (CUSTOMER, COMPANY) and each.id not in payable]
    others = random.sample(accounts, k=max(WANTED - len(payable) - len(without), 0))
    for account in (*without, *others):
        await _place(database, terms, account, random)
    return len(without) + len(others)


async def _place(database: Database, terms: Terms, account: Account, random: Random) -> None:
    basket = fill_basket(random, account.profile.account_type)
    request = PlaceRequest(basket.lines, waive_withdrawal=basket.waive_withdrawal)
    key = Key(account.id, "placeOrder", uuid4().hex, request.as_dict())
    outcome = await place_order(database, request, by=Actor(ActorKind.CUSTOMER, account.id), key=key, terms=terms)
    if outcome.refusal is not None:
        raise outcome.refusal
