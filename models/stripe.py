"""What we keep of Stripe's: which of its customers stands for which account."""

from uuid import UUID

from sqlmodel import Field, SQLModel


class StripeCustomer(SQLModel, table=True):
    """One for real money, one for test mode."""

    __tablename__ = "stripe_customers"

    account_id: UUID = Field(primary_key=True, foreign_key="accounts.id")
    live: bool = Field(primary_key=True)
    reference: str = Field(max_length=255, unique=True)
