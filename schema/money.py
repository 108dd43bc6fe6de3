"""Money as clients see it."""

import decimal
from typing import Annotated, Self

import strawberry

from models.money import Money as Amount
from schema.fields import field


@strawberry.type(description="An amount of money.")
class Money:
    amount: decimal.Decimal = strawberry.field(description="Always with the currency's own number of digits.")
    currency: str = strawberry.field(description="ISO 4217.")
    value: strawberry.Private[Amount]

    @field("For people, as their locale writes it.")
    def formatted(
        self, locale: Annotated[str, strawberry.argument(description="BCP 47; an unknown locale is read as en.")] = "en"
    ) -> str:
        return self.value.formatted(locale)

    @classmethod
    def of(cls, currency: str, minor: int) -> Self:
        value = Amount(currency, minor)
        return cls(amount=value.amount, currency=currency, value=value)


def percent(hundredths: int) -> decimal.Decimal:
    """Hundredths of a percent as percent, without idle zeros: 2000 is 20, 550 is 5.5."""
    whole = decimal.Decimal(hundredths).scaleb(-2)
    return whole.quantize(decimal.Decimal(1)) if whole == whole.to_integral_value() else whole.normalize()
