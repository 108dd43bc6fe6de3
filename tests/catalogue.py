"""What the shop of the tests sells: one product for each thing that matters."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from models.database import Database
from models.product import Price, Product, ProductCategory, Promotion, TaxCategory, Voucher

#: In minor units, the same number in every currency; yen have no smaller unit.
CURRENCIES = ("EUR", "GBP", "USD", "PLN", "JPY")

SETUP_FEE, SERVER, DOMAIN, BOOK, GIFT, PROMOTED = 4900, 9990, 1500, 1990, 0, 2000


async def fill_catalogue(database: Database) -> None:
    """server (with a set-up fee), domain (no withdrawal), book (reduced VAT), gift (free), promoted (10 % off), and
    unsold (not in the catalogue); vouchers TENPERCENT, FIVEOFF (EUR), LASTONE (once), OLD (over), BIG (1000.00 up)."""
    setup_id = uuid7()
    products = [
        _product("setup", ProductCategory.SETUP, id=setup_id, listed=False),
        _product("server", ProductCategory.SERVER, setup_product_id=setup_id, period_days=30, delivery_minutes=120),
        _product("domain", ProductCategory.DOMAIN, withdrawable=False, period_days=365),
        _product("book", ProductCategory.PUBLICATION, tax_category=TaxCategory.PUBLICATION),
        _product("gift", ProductCategory.STORAGE),
        _product("promoted", ProductCategory.EMAIL, period_days=365),
        _product("unsold", ProductCategory.LICENCE, listed=False),
    ]
    prices = {
        "setup": SETUP_FEE,
        "server": SERVER,
        "domain": DOMAIN,
        "book": BOOK,
        "gift": GIFT,
        "promoted": PROMOTED,
        "unsold": 100,
    }
    async with database.writing() as tx:
        if (await tx.session.execute(sa.select(col(Product.id)).limit(1))).first():  # by a server before
            return
        long_ago = tx.now - timedelta(days=400)
        tx.session.add_all(products)
        await tx.session.flush()
        for product in products:
            for currency in CURRENCIES:
                tx.session.add(Price(product_id=product.id, currency=currency, amount=prices[product.code]))
        promoted = next(product for product in products if product.code == "promoted")
        tx.session.add(
            Promotion(id=uuid7(), label="Launch", product_id=promoted.id, percentage=1000, starts_at=long_ago)
        )
        yesterday = tx.now - timedelta(days=1)
        tx.session.add_all(
            [
                Voucher(id=uuid7(), code="TENPERCENT", label="Ten percent", percentage=1000, starts_at=long_ago),
                Voucher(id=uuid7(), code="FIVEOFF", label="Five", amount=500, currency="EUR", starts_at=long_ago),
                Voucher(id=uuid7(), code="LASTONE", label="Once", percentage=500, starts_at=long_ago, usage_limit=1),
                Voucher(id=uuid7(), code="OLD", label="Over", percentage=500, starts_at=long_ago, ends_at=yesterday),
                Voucher(id=uuid7(), code="BIG", label="Big", percentage=500, minimum=100_000, starts_at=long_ago),
            ]
        )


def _product(code: str, category: ProductCategory, **values: Any) -> Product:
    given: dict[str, Any] = {"id": uuid7(), "delivery_minutes": 10, **values}
    return Product(code=code, name=code.capitalize(), description=f"A {code}.", category=category, **given)
