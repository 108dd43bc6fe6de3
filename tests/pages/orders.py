"""Orders made by the real operations, for pages to show."""

from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col

from models.account import Account
from models.change import ActorKind
from models.order import Order
from models.payment import PaymentMethodKind
from models.product import Price, Product, ProductCategory, Promotion, Voucher
from ordering.actors import Actor
from ordering.completing import complete_order
from ordering.confirming import confirm_order
from ordering.idempotency import Key
from ordering.paying import PayRequest, pay_order
from ordering.placing import LineRequest, PlaceRequest, place_order
from ordering.sources import PaymentSource
from tests.pages.site import TERMS, Site

PRODUCT: Final = "server"
NAME: Final = "Dedicated <b>server</b> {{7*7}}"


def an_order(site: Site, email: str) -> Order:
    """Unpaid: two servers with a promotion of 10 %, and a voucher of 5 EUR."""
    catalogue(site)
    customer = site.house.run(_account(site, email))
    request = PlaceRequest([LineRequest(PRODUCT, 2)], voucher_code="WELCOME")
    by = Actor(ActorKind.CUSTOMER, customer)
    key = Key(customer, "place", uuid4().hex, request.as_dict())
    outcome = site.house.run(place_order(site.house.database, request, by=by, key=key, terms=TERMS))
    assert outcome.subject_id is not None
    return site.house.run(the_order(site, outcome.subject_id))


def pay(site: Site, order: Order) -> None:
    request = PayRequest(order.id, PaymentSource(kind=PaymentMethodKind.CARD, provider_token="sandbox_card"))
    by = Actor(ActorKind.CUSTOMER, order.customer_id)
    key = Key(order.customer_id, "pay", uuid4().hex, request.as_dict())
    outcome = site.house.run(pay_order(site.house.database, site.sandbox, request, by=by, key=key, terms=TERMS))
    assert outcome.refusal is None


def deliver(site: Site, order: Order) -> None:
    async def story() -> None:
        by = Actor(ActorKind.STAFF, await _account(site, "sue@example.com"))
        async with site.house.database.writing() as tx:
            await confirm_order(tx, order_id=order.id, by=by)
        async with site.house.database.writing() as tx:
            await complete_order(tx, order_id=order.id, access_details="root", by=by, terms=TERMS)

    site.house.run(story())


def catalogue(site: Site) -> None:
    product = Product(
        id=uuid4(), code=PRODUCT, name=NAME, description="A server of your own", category=ProductCategory.SERVER,
        period_days=30, delivery_minutes=30,
    )  # fmt: skip
    now = site.house.run(site.house.now())
    site.house.store(
        product,
        Price(product_id=product.id, currency="EUR", amount=8999),
        Promotion(id=uuid4(), label="Autumn", product_id=product.id, percentage=1000, starts_at=now),
        Voucher(id=uuid4(), code="WELCOME", label="Welcome", amount=500, currency="EUR", starts_at=now),
    )


async def the_order(site: Site, order_id: UUID) -> Order:
    async with site.house.database.reading() as session:
        return await session.get_one(Order, order_id)


async def _account(site: Site, email: str) -> UUID:
    async with site.house.database.reading() as session:
        found = await session.execute(sa.select(col(Account.id)).where(col(Account.email) == email))
        account: UUID = found.scalar_one()
        return account
