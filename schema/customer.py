"""What an account shows by itself; `schema.order` adds a customer's orders."""

from typing import Any, Self

import strawberry

from schema.context import Info
from schema.enums import AccountType
from schema.fields import field
from schema.ids import global_id
from schema.node import Node
from schema.payment_method import PaymentMethod


@strawberry.type
class CustomerFields(Node):
    row: strawberry.Private[Any]
    email: str = strawberry.field(description="Where mails go.")
    name: str = strawberry.field(description="The person's name.")
    organisation: str | None = strawberry.field(description="The organisation's name, where it is one.")
    account_type: AccountType = strawberry.field(description="Who they are; it decides what they may pay with.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    currency: str = strawberry.field(description="What they are charged in. ISO 4217.")

    @field("Without removed ones.")
    async def payment_methods(self, info: Info) -> list[PaymentMethod]:
        return [PaymentMethod.of(row) for row in await info.context.loaders.saved_methods.load(self.row.id)]

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(
            id=global_id("Customer", row.id),
            row=row,
            email=row.email,
            name=row.name,
            organisation=row.organisation,
            account_type=row.account_type,
            country=row.country,
            currency=row.currency,
        )


@strawberry.type(description="Someone who serves customers.")
class Staff(Node):
    email: str = strawberry.field(description="The account's address.")
    name: str = strawberry.field(description="The person's name.")

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(id=global_id("Staff", row.id), email=row.email, name=row.name)
