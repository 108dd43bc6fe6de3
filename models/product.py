"""The catalogue: what can be ordered, at which price, with which promotions and vouchers."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import MINOR, TIMESTAMP, enum_type


class ProductCategory(StrEnum):
    SERVER = "SERVER"
    DOMAIN = "DOMAIN"
    EMAIL = "EMAIL"
    STORAGE = "STORAGE"
    LICENCE = "LICENCE"
    PUBLICATION = "PUBLICATION"
    SETUP = "SETUP"


class TaxCategory(StrEnum):
    """STANDARD: electronically supplied services. PUBLICATION: e-books, which many countries tax at less."""

    STANDARD = "STANDARD"
    PUBLICATION = "PUBLICATION"


class Product(SQLModel, table=True):
    """`setup_product_id`: charged beside it, once for each piece, as a line of its own."""

    __tablename__ = "products"
    __table_args__ = (sa.CheckConstraint("delivery_minutes >= 0", name="delivery_takes_time"),)

    id: UUID = Field(primary_key=True)
    code: str = Field(max_length=64, unique=True)
    name: str = Field(max_length=200)
    description: str = Field(max_length=1000)
    category: ProductCategory = Field(sa_type=enum_type(ProductCategory))
    tax_category: TaxCategory = Field(default=TaxCategory.STANDARD, sa_type=enum_type(TaxCategory))
    withdrawable: bool = True
    #: What one price pays for: 30 for a month, 365 for a year, None for ever.
    period_days: int | None = None
    #: How long delivery usually takes once an order is confirmed.
    delivery_minutes: int
    #: Offered on its own; set-up fees are not.
    listed: bool = True
    setup_product_id: UUID | None = Field(default=None, foreign_key="products.id")


class Price(SQLModel, table=True):
    """Of one piece, without VAT."""

    __tablename__ = "prices"
    __table_args__ = (sa.CheckConstraint("amount >= 0", name="amount_is_not_negative"),)

    product_id: UUID = Field(foreign_key="products.id", primary_key=True)
    currency: str = Field(max_length=3, primary_key=True)
    amount: int = Field(sa_type=MINOR)


class Promotion(SQLModel, table=True):
    """Takes a percentage off a product's lines while it runs; `percentage` in hundredths of a percent."""

    __tablename__ = "promotions"
    __table_args__ = (sa.CheckConstraint("percentage BETWEEN 1 AND 10000", name="percentage_is_sane"),)

    id: UUID = Field(primary_key=True)
    label: str = Field(max_length=200)
    product_id: UUID = Field(foreign_key="products.id", index=True)
    percentage: int
    starts_at: datetime = Field(sa_type=TIMESTAMP)
    ends_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)


class Voucher(SQLModel, table=True):
    """Off a whole order: either `percentage` (hundredths of a percent) or a fixed `amount` of `currency`."""

    __tablename__ = "vouchers"
    __table_args__ = (
        sa.CheckConstraint("(percentage IS NULL) <> (amount IS NULL)", name="percentage_or_amount"),
        sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="amount_has_currency"),
        sa.CheckConstraint("percentage BETWEEN 1 AND 10000", name="percentage_is_sane"),
        sa.CheckConstraint("amount > 0", name="amount_is_positive"),
        sa.CheckConstraint("used >= 0 AND (usage_limit IS NULL OR used <= usage_limit)", name="within_limit"),
        sa.CheckConstraint("code = upper(code)", name="code_is_upper"),
    )

    id: UUID = Field(primary_key=True)
    code: str = Field(max_length=64, unique=True)
    label: str = Field(max_length=200)
    percentage: int | None = None
    amount: int | None = Field(default=None, sa_type=MINOR)
    currency: str | None = Field(default=None, max_length=3)
    #: Of the basket without VAT, in the voucher's or else the order's currency.
    minimum: int = Field(default=0, sa_type=MINOR)
    starts_at: datetime = Field(sa_type=TIMESTAMP)
    ends_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    usage_limit: int | None = None
    used: int = 0
