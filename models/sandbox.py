"""What the embedded sandbox provider knows: its own books, apart from ours as a real provider's would be."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import MINOR, TIMESTAMP, enum_type


class SandboxStatus(StrEnum):
    PROCESSING = "PROCESSING"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class SandboxCharge(SQLModel, table=True):
    """One charge, found again by its idempotency key."""

    __tablename__ = "sandbox_charges"
    __table_args__ = (sa.CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded_within_amount"),)

    id: str = Field(max_length=64, primary_key=True)
    idempotency_key: str = Field(max_length=255, unique=True)
    token: str = Field(max_length=255)
    amount: int = Field(sa_type=MINOR)
    currency: str = Field(max_length=3)
    status: SandboxStatus = Field(sa_type=enum_type(SandboxStatus))
    refunded: int = Field(default=0, sa_type=MINOR)
    failure_code: str | None = Field(default=None, max_length=64)
    return_url: str | None = Field(default=None, max_length=2000)
    created_at: datetime = Field(sa_type=TIMESTAMP)


class SandboxSetup(SQLModel, table=True):
    """A method that is being saved, or has been."""

    __tablename__ = "sandbox_setups"

    id: str = Field(max_length=64, primary_key=True)
    token: str = Field(max_length=255)
    status: SandboxStatus = Field(sa_type=enum_type(SandboxStatus))
    failure_code: str | None = Field(default=None, max_length=64)
    return_url: str | None = Field(default=None, max_length=2000)
    created_at: datetime = Field(sa_type=TIMESTAMP)


class SandboxRefund(SQLModel, table=True):
    """One refund, found again by its idempotency key."""

    __tablename__ = "sandbox_refunds"

    id: str = Field(max_length=64, primary_key=True)
    idempotency_key: str = Field(max_length=255, unique=True)
    charge_id: str = Field(foreign_key="sandbox_charges.id", index=True)
    amount: int = Field(sa_type=MINOR)
    created_at: datetime = Field(sa_type=TIMESTAMP)
