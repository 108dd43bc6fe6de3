"""Payments: attempts to pay an order, methods saved to an account, refunds, and money held in advance."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import MINOR, TIMESTAMP, enum_type


class PaymentMethodKind(StrEnum):
    CARD = "CARD"
    SEPA_DIRECT_DEBIT = "SEPA_DIRECT_DEBIT"
    PAYPAL = "PAYPAL"
    BANK_TRANSFER = "BANK_TRANSFER"
    PREPAID_ACCOUNT = "PREPAID_ACCOUNT"
    DEFERRED_PAYMENT = "DEFERRED_PAYMENT"


class PaymentMethodStatus(StrEnum):
    VALIDATING = "VALIDATING"
    VALID = "VALID"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    REMOVED = "REMOVED"


class PaymentStatus(StrEnum):
    PENDING = "PENDING"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


class RefundStatus(StrEnum):
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class Mismatch(StrEnum):
    """How what a provider tells does not fit what we know, or that a payer's bank wants it back: no rule may act on it,
    people have to look. From UNKNOWN_TYPE on it is the message that no rule may act on, whatever it is about."""

    UNKNOWN_CHARGE = "UNKNOWN_CHARGE"
    UNKNOWN_REFUND = "UNKNOWN_REFUND"
    OTHER_ATTEMPT = "OTHER_ATTEMPT"
    OTHER_AMOUNT = "OTHER_AMOUNT"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    REFUNDED_TOO_MUCH = "REFUNDED_TOO_MUCH"
    DISPUTED = "DISPUTED"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    OTHER_MODE = "OTHER_MODE"
    UNREADABLE = "UNREADABLE"


_OPEN = sa.text("status IN ('PENDING', 'ACTION_REQUIRED')")
_DOUBTFUL = sa.text("status = 'PENDING' OR mismatch IS NOT NULL")
_OUTSTANDING = sa.text("closed_at IS NULL")
_DEFAULT = sa.text("is_default")
_DEFAULT_SQLITE = sa.text("is_default = 1")
_CHECKED = sa.text("next_check_at IS NOT NULL")


class PaymentMethod(SQLModel, table=True):
    """`provider_token` is the provider's name for it; no card number is ever stored."""

    __tablename__ = "payment_methods"
    __table_args__ = (
        sa.Index("uq_payment_methods_default", "customer_id", unique=True,
                 postgresql_where=_DEFAULT, sqlite_where=_DEFAULT_SQLITE),
        sa.CheckConstraint("NOT is_default OR status = 'VALID'", name="default_is_valid"),
        sa.Index("ix_payment_methods_next_check", "next_check_at", postgresql_where=_CHECKED, sqlite_where=_CHECKED),
        sa.UniqueConstraint("setup_reference"),
    )  # fmt: skip

    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="accounts.id", index=True)
    kind: PaymentMethodKind = Field(sa_type=enum_type(PaymentMethodKind))
    label: str = Field(max_length=100)
    description: str | None = Field(default=None, max_length=200)
    status: PaymentMethodStatus = Field(sa_type=enum_type(PaymentMethodStatus))
    is_default: bool = False
    expires_on: date | None = None
    provider_token: str | None = Field(default=None, max_length=255)
    #: While it is VALIDATING: the provider's name for saving it, where its owner must go for that, when the provider
    #: is next asked, and how often it has been; and whether it is to be the default one then.
    setup_reference: str | None = Field(default=None, max_length=255)
    next_action_url: str | None = Field(default=None, max_length=2000)
    next_check_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    checks: int = 0
    wanted_as_default: bool = False
    created_at: datetime = Field(sa_type=TIMESTAMP)


class Payment(SQLModel, table=True):
    """One attempt; stored before the provider is called, so that nothing can be paid and unknown."""

    __tablename__ = "payments"
    __table_args__ = (
        sa.Index("uq_payments_open", "order_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
        sa.CheckConstraint("amount > 0", name="amount_is_positive"),
        sa.CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded_within_amount"),
        sa.UniqueConstraint("provider_reference"),
        sa.Index("ix_payments_open_next_check", "next_check_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        sa.Index(None, "created_at", "id"),
        sa.Index("ix_payments_doubtful", "created_at", "id", postgresql_where=_DOUBTFUL, sqlite_where=_DOUBTFUL),
    )

    id: UUID = Field(primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    kind: PaymentMethodKind = Field(sa_type=enum_type(PaymentMethodKind))
    method_id: UUID | None = Field(default=None, foreign_key="payment_methods.id", index=True)
    amount: int = Field(sa_type=MINOR)
    refunded: int = Field(default=0, sa_type=MINOR)
    #: The sum of its refunds'.
    given_otherwise: int = Field(default=0, sa_type=MINOR, sa_column_kwargs={"server_default": "0"})
    currency: str = Field(max_length=3)
    status: PaymentStatus = Field(sa_type=enum_type(PaymentStatus))
    #: What the provider was, or is to be, given to charge; erased once the attempt has ended.
    provider_token: str | None = Field(default=None, max_length=255)
    #: The provider's name for the attempt, once it has answered.
    provider_reference: str | None = Field(default=None, max_length=255)
    save_method: bool = False
    return_url: str | None = Field(default=None, max_length=2000)
    next_action_url: str | None = Field(default=None, max_length=2000)
    failure_code: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(sa_type=TIMESTAMP)
    settled_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    #: When the provider is next asked how an open attempt stands, and how often it has been.
    next_check_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    checks: int = 0
    #: What the provider last told of it, where that does not fit; nothing was done about it.
    mismatch: Mismatch | None = Field(default=None, sa_type=enum_type(Mismatch))


class Refund(SQLModel, table=True):
    """Money going back; stored before the provider is called, and asked again until it is certain.

    Closed once nobody has to do anything about it any more: a failed one, when staff have tried again or let it be."""

    __tablename__ = "refunds"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_is_positive"),
        sa.CheckConstraint("status <> 'SUCCEEDED' OR closed_at IS NOT NULL", name="succeeded_is_closed"),
        sa.UniqueConstraint("provider_reference"),
        sa.UniqueConstraint("replaces"),
        sa.Index("ix_refunds_outstanding", "created_at", "id",
                 postgresql_where=_OUTSTANDING, sqlite_where=_OUTSTANDING),
    )  # fmt: skip

    id: UUID = Field(primary_key=True)
    payment_id: UUID = Field(foreign_key="payments.id", index=True)
    amount: int = Field(sa_type=MINOR)
    status: RefundStatus = Field(sa_type=enum_type(RefundStatus), index=True)
    reason: str | None = Field(default=None, max_length=1000)
    #: Of what was paid above the order's total: it takes nothing off an invoice.
    overpaid: bool = False
    #: Staff send it: the money came by bank transfer, or its provider failed to pay it out.
    by_transfer: bool = False
    provider_reference: str | None = Field(default=None, max_length=255)
    failure_code: str | None = Field(default=None, max_length=64)
    #: What the customer was given of it in another way, where it had failed and staff have let it be.
    given_otherwise: int = Field(default=0, sa_type=MINOR, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = Field(sa_type=TIMESTAMP)
    settled_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    #: When the provider is next asked; None where it need not be, or where people pay it out.
    next_try_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    tries: int = 0
    closed_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    #: The failed one that this one makes good.
    replaces: UUID | None = Field(default=None, foreign_key="refunds.id")


class PrepaidAccount(SQLModel, table=True):
    """Money that a customer paid in advance."""

    __tablename__ = "prepaid_accounts"
    __table_args__ = (sa.CheckConstraint("balance >= 0", name="balance_is_not_negative"),)

    customer_id: UUID = Field(foreign_key="accounts.id", primary_key=True)
    currency: str = Field(max_length=3, primary_key=True)
    balance: int = Field(sa_type=MINOR)
