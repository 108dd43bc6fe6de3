"""Orders and the purchase order that each one carries: lines, reductions, taxes, billing details."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import MINOR, TIMESTAMP, enum_type


class OrderStatus(StrEnum):
    UNPAID = "UNPAID"
    CONFIRMATION = "CONFIRMATION"
    DOCUMENTS_REQUESTED = "DOCUMENTS_REQUESTED"
    BEING_PROCESSED = "BEING_PROCESSED"
    COMPLETE = "COMPLETE"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class ReductionKind(StrEnum):
    PROMOTION = "PROMOTION"
    VOUCHER = "VOUCHER"


_version = sa.Column("version", sa.Integer, nullable=False)

#: Each sort of the list of orders; the id behind it makes every place in it unique.
SORTS = {
    "created": ("created_at", "id"),
    "updated": ("updated_at", "id"),
    "total": ("currency", "total", "id"),
    "number": ("number",),
}


class Order(SQLModel, table=True):
    """Amounts in minor units of `currency`. Every UPDATE names the version it was read at (compare-and-set)."""

    __tablename__ = "orders"
    __table_args__ = (
        sa.CheckConstraint("number BETWEEN 1000000000 AND 9999999999", name="number_has_ten_digits"),
        sa.CheckConstraint("version >= 1", name="version_is_positive"),
        sa.CheckConstraint("total_without_tax >= 0 AND tax >= 0", name="amounts_are_not_negative"),
        sa.CheckConstraint("total = total_without_tax + tax", name="total_adds_up"),
        sa.CheckConstraint("subtotal >= total_without_tax", name="reductions_reduce"),
        # A page in each sort, for staff and for one customer, of all or of one status, is read off one index.
        *(
            sa.Index(f"ix_orders_{'_'.join((*scope, name))}", *scope, *columns)
            for scope in ((), ("status",), ("customer_id",), ("customer_id", "status"))
            for name, columns in SORTS.items()
            if scope or name != "number"
        ),
        sa.Index("ix_orders_expiring", "expires_at", postgresql_where=sa.text("status = 'UNPAID'"),
                 sqlite_where=sa.text("status = 'UNPAID'")),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": _version, "version_id_generator": False}

    id: UUID = Field(primary_key=True)
    #: Random, so that it tells nothing of how many orders there are.
    number: int = Field(sa_type=sa.BigInteger, unique=True)
    customer_id: UUID = Field(foreign_key="accounts.id")
    status: OrderStatus = Field(sa_type=enum_type(OrderStatus))
    version: int = Field(sa_column=_version)
    created_at: datetime = Field(sa_type=TIMESTAMP)
    updated_at: datetime = Field(sa_type=TIMESTAMP)
    expires_at: datetime = Field(sa_type=TIMESTAMP)

    currency: str = Field(max_length=3)
    subtotal: int = Field(sa_type=MINOR)
    total_without_tax: int = Field(sa_type=MINOR)
    tax: int = Field(sa_type=MINOR)
    total: int = Field(sa_type=MINOR)
    #: Why no VAT is charged, where the law asks that the document says so.
    reverse_charge: bool = False
    voucher_id: UUID | None = Field(default=None, foreign_key="vouchers.id")
    #: Name, organisation, VAT number and address as they were when the order was placed.
    billing: dict[str, Any] = Field(sa_type=sa.JSON)

    withdrawal_waived: bool = False
    withdrawable_until: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    #: Of its slowest product.
    delivery_minutes: int
    reminded_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)


class OrderLine(SQLModel, table=True):
    """`tax_rate` in hundredths of a percent: 2000 is 20 %."""

    __tablename__ = "order_lines"
    __table_args__ = (
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000", name="quantity_is_sane"),
        sa.CheckConstraint("unit_price >= 0 AND total_without_tax >= 0", name="amounts_are_not_negative"),
        sa.CheckConstraint("total_without_tax <= quantity * unit_price", name="reductions_reduce"),
        sa.CheckConstraint("tax_rate BETWEEN 0 AND 10000", name="tax_rate_is_sane"),
    )

    order_id: UUID = Field(foreign_key="orders.id", primary_key=True)
    position: int = Field(primary_key=True)
    product_id: UUID = Field(foreign_key="products.id")
    description: str = Field(max_length=1000)
    quantity: int
    unit_price: int = Field(sa_type=MINOR)
    total_without_tax: int = Field(sa_type=MINOR)
    tax_rate: int
    #: What the price pays for, in days; None for ever.
    period_days: int | None = None


class OrderReduction(SQLModel, table=True):
    """Of one line, or of the whole order where `line_position` is 0; `percentage` in hundredths of a percent."""

    __tablename__ = "order_reductions"
    __table_args__ = (sa.CheckConstraint("amount > 0", name="amount_is_positive"),)

    order_id: UUID = Field(foreign_key="orders.id", primary_key=True)
    line_position: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    kind: ReductionKind = Field(sa_type=enum_type(ReductionKind))
    label: str = Field(max_length=200)
    code: str | None = Field(default=None, max_length=64)
    amount: int = Field(sa_type=MINOR)
    percentage: int | None = None


class OrderTax(SQLModel, table=True):
    """`rate` in hundredths of a percent; the bases of an order add up to its total without tax."""

    __tablename__ = "order_taxes"
    __table_args__ = (sa.CheckConstraint("base >= 0 AND amount >= 0", name="amounts_are_not_negative"),)

    order_id: UUID = Field(foreign_key="orders.id", primary_key=True)
    rate: int = Field(primary_key=True)
    base: int = Field(sa_type=MINOR)
    amount: int = Field(sa_type=MINOR)
