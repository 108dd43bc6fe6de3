"""The catalogue as clients see it."""

from typing import Any, Self

import strawberry

from reading.paging import Page
from schema.connections import PageInfo
from schema.context import Info
from schema.fields import field
from schema.ids import global_id
from schema.money import Money
from schema.node import Node


@strawberry.type(description="Something that can be ordered.")
class Product(Node):
    row: strawberry.Private[Any]
    code: str = strawberry.field(description="What orders name it by.")
    name: str = strawberry.field(description="For people.")
    description: str = strawberry.field(description="What it is, in a sentence or two.")
    withdrawable: bool = strawberry.field(
        description="Whether a consumer may withdraw from it; if not, they must waive that right to order it."
    )

    @field("In the viewer's currency, without VAT; null where it is not sold in it. In euro where nobody is signed in.")
    async def price(self, info: Info) -> Money | None:
        currency, principal = "EUR", info.context.principal
        if principal is not None and not principal.is_staff:  # who have no currency of their own
            account = await info.context.loaders.accounts.load(principal.account_id)
            currency = account.currency or currency
        prices = await info.context.loaders.prices.load(self.row.id)
        return Money.of(currency, prices[currency]) if currency in prices else None

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(
            id=global_id("Product", row.id),
            row=row,
            code=row.code,
            name=row.name,
            description=row.description,
            withdrawable=row.withdrawable,
        )


@strawberry.type(description="A product in a page of the catalogue.")
class ProductEdge:
    cursor: str = strawberry.field(description="Where it stands in the catalogue.")
    node: Product = strawberry.field(description="The product.")


@strawberry.type(description="A page of the catalogue.")
class ProductConnection:
    edges: list[ProductEdge] = strawberry.field(description="The products of this page, each with its cursor.")
    nodes: list[Product] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")

    @classmethod
    def of(cls, page: Page) -> Self:
        nodes = [Product.of(row) for row in page.rows]
        edges = [ProductEdge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)]
        return cls(edges=edges, nodes=nodes, page_info=PageInfo.of(page))
