"""The log: one row for every committed change of an order, in the order in which they were committed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import MINOR, TIMESTAMP, enum_type
from models.order import OrderStatus


class ChangeKind(StrEnum):
    """TRANSITION has from, to and sequence; the others change what an order shows, not its status."""

    TRANSITION = "TRANSITION"
    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    LATE_PAYMENT_REFUNDED = "LATE_PAYMENT_REFUNDED"
    DOCUMENTS = "DOCUMENTS"


class ActorKind(StrEnum):
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    SYSTEM = "SYSTEM"
    PAYMENT_PROVIDER = "PAYMENT_PROVIDER"


class Change(SQLModel, table=True):
    """`position` is taken as the transaction's last write, under a lock held to its commit."""

    __tablename__ = "changes"
    __table_args__ = (
        # One customer's changes are caught up with without looking at the others'.
        sa.Index(None, "customer_id", "position"),
        sa.UniqueConstraint("order_id", "version"),
        sa.UniqueConstraint("order_id", "sequence"),
        sa.CheckConstraint("(kind = 'TRANSITION') = (to_status IS NOT NULL)", name="transition_has_target"),
        sa.CheckConstraint("(kind = 'TRANSITION') = (sequence IS NOT NULL)", name="transition_has_sequence"),
        sa.CheckConstraint("(from_status IS NULL) = (sequence IS NULL OR sequence = 1)", name="first_has_no_source"),
    )

    position: int = Field(
        sa_column=sa.Column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False)
    )
    order_id: UUID = Field(foreign_key="orders.id")
    #: Whose order, so that a change reaches those whom it concerns without looking at the order.
    customer_id: UUID
    version: int
    kind: ChangeKind = Field(sa_type=enum_type(ChangeKind))
    at: datetime = Field(sa_type=TIMESTAMP)
    actor: ActorKind = Field(sa_type=enum_type(ActorKind))
    actor_id: UUID | None = None

    sequence: int | None = None
    from_status: OrderStatus | None = Field(default=None, sa_type=enum_type(OrderStatus, "from_status"))
    to_status: OrderStatus | None = Field(default=None, sa_type=enum_type(OrderStatus, "to_status"))
    #: Shown to the customer.
    reason: str | None = Field(default=None, max_length=1000)
    #: The order's total, so that counts can be kept by the log alone.
    currency: str = Field(max_length=3)
    total: int = Field(sa_type=MINOR)


class LogHead(SQLModel, table=True):
    """The one row whose lock puts commits in order. `epoch` names this log: another one after a restore."""

    __tablename__ = "log_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    epoch: str = Field(max_length=32)
    position: int = Field(sa_type=sa.BigInteger)
    #: Nothing at or before this position is kept.
    kept_after: int = Field(default=0, sa_type=sa.BigInteger)
