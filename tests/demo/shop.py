"""A demo shop for tests: filled once, and all of its rows at hand."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from demo.filling import SPAN, fill
from gateways.payments.sandbox import Sandbox
from models.account import Account
from models.change import Change
from models.database import Database
from models.document import Invoice, Upload
from models.held import HeldPayment
from models.mail import Mail
from models.migrating import upgrade
from models.order import Order, OrderLine, OrderReduction, OrderTax
from models.payment import Payment, PaymentMethod, PrepaidAccount, Refund
from models.product import Price, Product, Voucher
from ordering.terms import BankAccount, SellerDetails, Terms
from ordering.working_days import WorkingDays

ORDERS: Final = 46
SEED: Final = 7
START: Final = datetime(2026, 7, 1, tzinfo=UTC)
END: Final = START + SPAN
TERMS: Final = Terms(
    SellerDetails("Example Hosting", ("1 Example Street",), "FR", "FR88100000009", "orders@example.com"),
    WorkingDays("FR"),
    BankAccount("Example Hosting", "FR7600000000000000000000097", "EXMPFRP0"),
)
Row = TypeVar("Row", bound=SQLModel)
Answer = TypeVar("Answer")


@dataclass
class Shop:
    """Its rows, by order where they belong to one; `changes` in the order of the log."""

    uploads_folder: Path
    accounts: dict[UUID, Account]
    orders: dict[UUID, Order]
    changes: Sequence[Change]
    products: Sequence[Product]
    prices: Sequence[Price]
    vouchers: Sequence[Voucher]
    methods: Sequence[PaymentMethod]
    prepaid: Sequence[PrepaidAccount]
    mails: Sequence[Mail]
    uploads: Sequence[Upload]
    invoices: Sequence[Invoice]
    held: Sequence[HeldPayment]
    lines: dict[UUID, list[OrderLine]]
    reductions: dict[UUID, list[OrderReduction]]
    taxes: dict[UUID, list[OrderTax]]
    payments: dict[UUID, list[Payment]]
    refunds: dict[UUID, list[Refund]] = field(default_factory=dict)
    history: dict[UUID, list[Change]] = field(default_factory=dict)

    def orders_of(self, email: str) -> list[Order]:
        return [order for order in self.orders.values() if self.accounts[order.customer_id].email == email]


def run(url: str, story: Callable[[Database], Awaitable[Answer]]) -> Answer:
    """With a database whose tables are there."""

    async def told() -> Answer:
        database = Database(url)
        try:
            await upgrade(database.engine)
            return await story(database)
        finally:
            await database.close()

    return asyncio.run(told())


def open_shop(url: str, folder: Path) -> Shop:
    """A filled one; its uploads lie in the folder."""

    async def story(database: Database) -> Shop:
        await fill_shop(database, folder / "uploads")
        return await read_shop(database, folder / "uploads")

    return run(url, story)


async def fill_shop(database: Database, folder: Path, *, progress: Callable[[str], None] = lambda _line: None) -> None:
    provider = Sandbox(database, public_url="http://localhost", settles_after=timedelta(seconds=10))
    await fill(database, TERMS, provider, uploads=folder, seed=SEED, start=START, progress=progress, orders=ORDERS)


async def read_shop(database: Database, folder: Path) -> Shop:
    async with database.reading() as session:

        async def rows(table: type[Row], *order: str) -> Sequence[Row]:
            return (await session.execute(sa.select(table).order_by(*map(sa.text, order)))).scalars().all()

        payments = await rows(Payment, "created_at", "id")
        order_of = {payment.id: payment.order_id for payment in payments}
        changes = await rows(Change, "position")
        return Shop(
            uploads_folder=folder,
            accounts={account.id: account for account in await rows(Account)},
            orders={order.id: order for order in await rows(Order, "created_at", "id")},
            changes=changes,
            products=await rows(Product),
            prices=await rows(Price),
            vouchers=await rows(Voucher, "code"),
            methods=await rows(PaymentMethod, "created_at", "id"),
            prepaid=await rows(PrepaidAccount),
            mails=await rows(Mail, "created_at", "id"),
            uploads=await rows(Upload),
            invoices=await rows(Invoice, "series", "number"),
            held=await rows(HeldPayment),
            lines=_grouped(await rows(OrderLine, "position"), lambda row: row.order_id),
            reductions=_grouped(await rows(OrderReduction, "line_position", "position"), lambda row: row.order_id),
            taxes=_grouped(await rows(OrderTax, "rate"), lambda row: row.order_id),
            payments=_grouped(payments, lambda row: row.order_id),
            refunds=_grouped(await rows(Refund, "created_at", "id"), lambda row: order_of[row.payment_id]),
            history=_grouped([each for each in changes if each.sequence], lambda row: row.order_id),
        )


def _grouped(rows: Sequence[Row], key: Callable[[Row], UUID]) -> dict[UUID, list[Row]]:
    groups: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups
