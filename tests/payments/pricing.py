"""Products for one test in currencies that the tests' shop does not sell in otherwise."""

from uuid import UUID

from uuid_utils.compat import uuid7

from models.product import Price, Product, ProductCategory
from tests.api import Api


def sell(api: Api, currency: str, minor: int) -> str:
    """The code of a new product that costs so much, before taxes."""
    product_id = uuid7()
    api.running.do(_add(api, product_id, currency, minor))
    return f"only-{product_id}"


async def _add(api: Api, product_id: UUID, currency: str, minor: int) -> None:
    async with api.running.database.writing() as tx:
        tx.session.add(
            Product(
                id=product_id,
                code=f"only-{product_id}",
                name="Only",
                description="Sold in one currency.",
                category=ProductCategory.STORAGE,
                delivery_minutes=10,
            )
        )
        await tx.session.flush()
        tx.session.add(Price(product_id=product_id, currency=currency, amount=minor))
