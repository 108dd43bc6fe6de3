"""Accounts: customers who order and staff who serve them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import TIMESTAMP, enum_type

_DISABLED = sa.text("disabled_at IS NOT NULL")


class AccountKind(StrEnum):
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"


class AccountType(StrEnum):
    INDIVIDUAL = "INDIVIDUAL"
    COMPANY = "COMPANY"
    ASSOCIATION = "ASSOCIATION"
    ADMINISTRATION = "ADMINISTRATION"


class Account(SQLModel, table=True):
    """A customer has a type, country, currency and address; staff have none."""

    __tablename__ = "accounts"
    __table_args__ = (
        sa.CheckConstraint(
            "kind = 'STAFF' OR (account_type IS NOT NULL AND country IS NOT NULL AND currency IS NOT NULL)",
            name="customer_is_complete",
        ),
        sa.CheckConstraint("email = lower(email)", name="email_is_lower"),
        sa.UniqueConstraint("issuer", "subject"),
        # Few are, and every process looks for the latest of them twice a second.
        sa.Index("ix_accounts_disabled_at", "disabled_at", postgresql_where=_DISABLED, sqlite_where=_DISABLED),
    )

    id: UUID = Field(primary_key=True)
    kind: AccountKind = Field(sa_type=enum_type(AccountKind))
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=200)
    language: str = Field(default="en", max_length=35)  # BCP 47; mails are written in it
    created_at: datetime = Field(sa_type=TIMESTAMP)
    disabled_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    password_hash: str | None = Field(default=None, max_length=255)
    #: Who vouches for this account, where an external issuer does.
    issuer: str | None = Field(default=None, max_length=255)
    subject: str | None = Field(default=None, max_length=255)
    #: Of demo data: signs in nowhere but in demo mode.
    demo: bool = False

    organisation: str | None = Field(default=None, max_length=200)
    account_type: AccountType | None = Field(default=None, sa_type=enum_type(AccountType))
    country: str | None = Field(default=None, max_length=2)
    currency: str | None = Field(default=None, max_length=3)
    vat_number: str | None = Field(default=None, max_length=20)
    address_lines: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    postal_code: str = Field(default="", max_length=20)
    city: str = Field(default="", max_length=100)

    @property
    def profile(self) -> "Profile":
        """What every customer has. Raises ValueError for staff, who place no orders."""
        if self.account_type is None or self.country is None or self.currency is None:
            raise ValueError("not a customer")
        return Profile(self.account_type, self.country, self.currency)


@dataclass(frozen=True, slots=True)
class Profile:
    """`country`: ISO 3166-1 alpha-2; `currency`: ISO 4217."""

    account_type: AccountType
    country: str
    currency: str


class Session(SQLModel, table=True):
    """One sign-in; tokens and cookies name it, so that ending it ends them."""

    __tablename__ = "sessions"

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="accounts.id", index=True)
    created_at: datetime = Field(sa_type=TIMESTAMP)
    expires_at: datetime = Field(sa_type=TIMESTAMP, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=TIMESTAMP, index=True)
