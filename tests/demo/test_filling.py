"""Filling a database with the demo: the same each time, whole or again, and never over somebody's own data."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col

from demo import catalogue
from demo.customers import COMPANY, CUSTOMER
from demo.filling import InUse, is_filled
from demo.people import open_accounts
from demo.topping_up import WANTED, top_up
from models.account import Account, AccountKind
from models.database import Database
from models.order import Order, OrderStatus
from tests.demo.shop import START, TERMS, Shop, fill_shop, run

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/demo.sqlite3"


def content(shop: Shop) -> list[Any]:
    """What is the same for the same seed and start: all but ids, order numbers and fractions of seconds."""
    references = {invoice.order_id: invoice.reference for invoice in shop.invoices}
    placed = [shop.orders[change.order_id] for change in shop.changes if change.sequence == 1]
    return [
        (
            shop.accounts[order.customer_id].email,
            (order.status, order.version, order.currency, order.subtotal, order.total, order.withdrawable_until),
            [(line.description, line.quantity, line.unit_price) for line in shop.lines[order.id]],
            [(reduction.label, reduction.amount) for reduction in shop.reductions[order.id]],
            [(step.to_status, step.actor, step.reason) for step in shop.history[order.id]],
            [(payment.kind, payment.status, payment.failure_code) for payment in shop.payments[order.id]],
            [refund.amount for refund in shop.refunds.get(order.id, ())],
            references.get(order.id),
        )
        for order in placed
    ]


def test_it_is_the_same_for_the_same_seed_and_start(shop: Shop, same_shop: Shop) -> None:
    assert content(same_shop) == content(shop)
    moments = [abs(one.at - other.at) for one, other in zip(same_shop.changes, shop.changes, strict=True)]
    assert max(moments) < timedelta(seconds=20)


def test_it_is_filled_again_after_an_interruption(url: str, tmp_path: Path) -> None:
    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    async def interrupted(database: Database) -> None:
        try:
            await fill_shop(database, tmp_path, progress=interrupt)
        finally:
            assert not await is_filled(database)
            await assert_as_before(database)

    async def again(database: Database) -> None:
        await fill_shop(database, tmp_path)
        assert await is_filled(database)
        await assert_as_before(database)

    with pytest.raises(KeyboardInterrupt):
        run(url, interrupted)
    run(url, again)


async def assert_as_before(database: Database) -> None:
    """Neither the clock nor the care for the disk stays as the filling wanted them."""
    assert abs(await database.moment() - datetime.now(UTC)) < timedelta(minutes=1)
    async with database.reading() as session:
        full = 2
        assert (await session.execute(sa.text("PRAGMA synchronous"))).scalar_one() == full


def test_somebody_elses_data_are_left_alone(url: str, tmp_path: Path) -> None:
    async def story(database: Database) -> list[str]:
        async with database.writing() as tx:
            account = Account(id=uuid4(), kind=AccountKind.STAFF, email="real@example.com", name="R", created_at=tx.now)
            tx.session.add(account)
        with pytest.raises(InUse):
            await fill_shop(database, tmp_path)
        async with database.reading() as session:
            return list((await session.execute(sa.select(col(Account.email)))).scalars())

    assert run(url, story) == ["real@example.com"]


def test_unpaid_orders_are_topped_up_at_each_start(url: str) -> None:
    async def story(database: Database) -> None:
        products, prices = catalogue.rows()
        async with database.writing() as tx:
            tx.session.add_all(products)
            await tx.session.flush()
            tx.session.add_all(prices)
        await open_accounts(database, START, "no hash")

        assert await top_up(database, TERMS) == WANTED
        assert await top_up(database, TERMS) == 0

        async with database.reading() as session:
            query = sa.select(col(Account.email)).join(Order, col(Order.customer_id) == col(Account.id))
            now = await database.now(session)
            payable = query.where(col(Order.status) == OrderStatus.UNPAID, col(Order.expires_at) > now)
            emails = list((await session.execute(payable)).scalars())
        assert len(emails) == WANTED
        assert {CUSTOMER, COMPANY} <= set(emails)

    run(url, story)
