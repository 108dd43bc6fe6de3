"""Filling an empty database with the demo's shop and its past."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from access.passwords import Passwords
from demo import catalogue, promotions
from demo.customers import PASSWORD, STAFF
from demo.haste import hasty
from demo.people import hire_staff, let_staff_in, open_accounts, save_methods
from demo.telling import plan, tell
from demo.world import Clock, World
from gateways.payments.sandbox import Sandbox
from models.account import Account
from models.database import Database
from models.mail import Mail
from models.migrating import migrate, upgrade
from models.product import Product
from ordering.terms import Terms
from pages.upload_store import UploadStore

#: How long the demo's past is: start it that long ago.
SPAN: Final = timedelta(days=90)
#: Mails older than this count as sent; later ones wait for the relay, so that there is something in the mailbox.
_UNSENT: Final = timedelta(days=3)


class InUse(Exception):
    """The database holds accounts that are not of the demo: it is left alone."""


async def is_filled(database: Database) -> bool:
    """Whether a filling went through to its end."""
    query = sa.select(
        sa.exists().where(col(Account.email) == STAFF, col(Account.demo), col(Account.password_hash).is_not(None))
    )
    async with database.reading() as session:
        return bool((await session.execute(query)).scalar_one())


async def fill(
    database: Database,
    terms: Terms,
    provider: Sandbox,
    *,
    uploads: Path,
    seed: int,
    start: datetime,
    progress: Callable[[str], None],
    orders: int = 300,
) -> None:
    """From `start` to SPAN later. `provider` keeps its books in the same database, `uploads` is a folder that is there.

    The same seed and start make the same shop, customers, baskets, amounts, histories and invoice numbers, to the
    second or so; ids, order numbers and the provider's references differ, as they are made to. What an interrupted
    filling has left is removed first. Raises InUse.
    """
    end = start + SPAN
    async with hasty(database):
        await _clear(database)
        try:
            clock = Clock(database, start - timedelta(days=2_000))
            password_hash = await Passwords().hash(PASSWORD)
            await _stock(database, start)
            customers = await open_accounts(database, start, password_hash)
            await save_methods(database, provider, customers, clock, start)
            world = World(
                database, provider, terms, UploadStore(database, uploads), clock, await hire_staff(database, start)
            )
            beginnings = plan(customers, Random(seed), orders=orders, start=start, end=end)
            await tell(world, beginnings, seed=seed, until=end, progress=progress)
            await _count_as_sent(database, end - _UNSENT)
            await let_staff_in(database, password_hash)
        finally:
            database.clock_offset = timedelta()


async def _clear(database: Database) -> None:
    """What an interrupted filling has left goes with its tables: nothing is ever deleted out of the ledger."""
    async with database.reading() as session:
        if (await session.execute(sa.select(sa.exists().where(~col(Account.demo))))).scalar_one():
            raise InUse("the database has accounts of its own: demo data need one for themselves")
        beginnings = sa.or_(sa.exists(sa.select(col(Product.id))), sa.exists(sa.select(col(Account.id))))
        left = (await session.execute(sa.select(beginnings))).scalar_one()
    if left:
        await migrate(database.engine, "downgrade", "base")
        await upgrade(database.engine)


async def _stock(database: Database, start: datetime) -> None:
    products, prices = catalogue.rows()
    async with database.writing() as tx:
        # One after the other: a product is there before what refers to it.
        for rows in (products, prices, promotions.rows(start, {product.code: product.id for product in products})):
            tx.session.add_all(rows)
            await tx.session.flush()


async def _count_as_sent(database: Database, before: datetime) -> None:
    async with database.writing() as tx:
        old = sa.update(Mail).where(col(Mail.created_at) < before)
        await tx.session.execute(old.values(sent_at=Mail.created_at, details={}))
