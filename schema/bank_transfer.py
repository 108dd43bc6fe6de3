"""Where the money of a bank transfer goes, as clients see it."""

from datetime import datetime
from typing import Any, Self

import strawberry

from ordering.references import instructions_for
from schema.context import Context
from schema.money import Money


@strawberry.type(description="What to give to one's bank to pay an order by transfer.")
class BankTransferInstructions:
    reference: str = strawberry.field(
        description="A structured creditor reference (ISO 11649), the only text to send: the order is found by it."
    )
    account_holder: str = strawberry.field(description="Who receives it.")
    iban: str = strawberry.field(description="The account, without spaces.")
    bic: str = strawberry.field(description="The account's bank.")
    amount: Money = strawberry.field(description="Exactly this much.")
    due_at: datetime = strawberry.field(description="When it has to be there, or the order expires.")

    @classmethod
    def of(cls, order: Any, context: Context) -> Self:
        told = instructions_for(order, context.services.terms.bank)
        return cls(
            reference=told.reference,
            account_holder=told.holder,
            iban=told.iban,
            bic=told.bic,
            amount=Money.of(told.amount.currency, told.amount.minor),
            due_at=told.due_at,
        )
