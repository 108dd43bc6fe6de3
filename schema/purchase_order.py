"""The purchase order: what was ordered, at what price, until when and how it can be paid."""

import decimal
from datetime import datetime
from typing import Any, Self

import strawberry

from models.account import Profile
from ordering.actions import why_not
from ordering.eligibility import available_kinds
from ordering.expiring import has_expired
from ordering.sources import Payer
from ordering.taking import facts_of
from ordering.transfers import awaits_transfer
from schema.bank_transfer import BankTransferInstructions
from schema.catalogue import Product
from schema.context import Context, Info
from schema.document import Document
from schema.enums import OrderAction, ReductionKind
from schema.fields import field
from schema.ids import global_id
from schema.money import Money, percent
from schema.node import Node
from schema.payment_method import AvailablePaymentMethod, SavedPaymentMethodOption


@strawberry.type(description="What is taken off a price.")
class Reduction:
    kind: ReductionKind = strawberry.field(description="What it comes from.")
    label: str = strawberry.field(description="For people.")
    code: str | None = strawberry.field(description="The voucher's code, where there is one.")
    amount: Money = strawberry.field(description="Positive.")
    percentage: decimal.Decimal | None = strawberry.field(description="In percent; null for a fixed amount.")

    @classmethod
    def of(cls, row: Any, currency: str) -> Self:
        return cls(
            kind=row.kind,
            label=row.label,
            code=row.code,
            amount=Money.of(currency, row.amount),
            percentage=None if row.percentage is None else percent(row.percentage),
        )


@strawberry.type(description="The VAT of one rate.")
class TaxAmount:
    rate: decimal.Decimal = strawberry.field(description='In percent: "20", "5.5"; "0" where none is charged.')
    base: Money = strawberry.field(description="What it is charged on. The bases add up to totalWithoutTax.")
    amount: Money = strawberry.field(description="The VAT itself.")


@strawberry.type(description="A product in an order, in some quantity.")
class PurchaseOrderLine:
    row: strawberry.Private[Any]
    currency: strawberry.Private[str]
    position: int = strawberry.field(description="From 1.")
    description: str = strawberry.field(description="What the product was called when it was ordered.")
    quantity: int = strawberry.field(description="How many.")

    @field("The product, as it is now.")
    async def product(self, info: Info) -> Product:
        return Product.of(await info.context.loaders.products.load(self.row.product_id))

    @field("Of one piece, without VAT.")
    def unit_price(self) -> Money:
        return Money.of(self.currency, self.row.unit_price)

    @field("Of this line.")
    async def reductions(self, info: Info) -> list[Reduction]:
        rows = await info.context.loaders.reductions.load(self.row.order_id)
        return [Reduction.of(row, self.currency) for row in rows if row.line_position == self.row.position]

    @field("quantity x unitPrice - reductions, without VAT.")
    def total_without_tax(self) -> Money:
        return Money.of(self.currency, self.row.total_without_tax)

    @field('In percent: "20", "5.5"; "0" where none.')
    def tax_rate(self) -> decimal.Decimal:
        return percent(self.row.tax_rate)


@strawberry.type(description="Whom an order is billed to: a snapshot taken when it was placed.")
class BillingDetails:
    name: str = strawberry.field(description="The person's name.")
    organisation: str | None = strawberry.field(description="The organisation's name, where it is one.")
    vat_number: str | None = strawberry.field(description="With its country's prefix.")
    address_lines: list[str] = strawberry.field(description="Street and number, and what else comes before the city.")
    postal_code: str = strawberry.field(description="As the country writes it.")
    city: str = strawberry.field(description="The city.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    email: str = strawberry.field(description="Where mails about the order go.")


@strawberry.type(
    description="The commercial document: what was ordered, at what price, until when it can be paid, and how."
)
class PurchaseOrder(Node):
    row: strawberry.Private[Any]

    @field("The order's number.")
    def number(self) -> str:
        return str(self.row.number)

    @field("When the order was placed.")
    def created_at(self) -> datetime:
        return self.row.created_at  # type: ignore[no-any-return] # rows are not typed

    @field("Until when it can be paid.")
    def expires_at(self) -> datetime:
        return self.row.expires_at  # type: ignore[no-any-return] # rows are not typed

    @field("expiresAt has passed without payment (a paid order never expires).")
    async def expired(self, info: Info) -> bool:
        loaders = info.context.loaders
        return has_expired(self.row, await loaders.payments.load(self.row.id), now=await loaders.now())

    @field("What was ordered.")
    async def lines(self, info: Info) -> list[PurchaseOrderLine]:
        return [
            PurchaseOrderLine(
                row=line,
                currency=self.row.currency,
                position=line.position,
                description=line.description,
                quantity=line.quantity,
            )
            for line in await info.context.loaders.lines.load(self.row.id)
        ]

    @field("Sum of quantity x unitPrice, without VAT and before any reduction.")
    def subtotal(self) -> Money:
        return Money.of(self.row.currency, self.row.subtotal)

    @field("On the whole order; a line's own stand on the line.")
    async def reductions(self, info: Info) -> list[Reduction]:
        rows = await info.context.loaders.reductions.load(self.row.id)
        return [Reduction.of(row, self.row.currency) for row in rows if row.line_position == 0]

    @field(
        "Sum of the lines' totalWithoutTax less the order's own reductions, which are spread over the rates in "
        "proportion."
    )
    def total_without_tax(self) -> Money:
        return Money.of(self.row.currency, self.row.total_without_tax)

    @field("VAT by rate.")
    async def taxes(self, info: Info) -> list[TaxAmount]:
        currency = self.row.currency
        return [
            TaxAmount(rate=percent(row.rate), base=Money.of(currency, row.base), amount=Money.of(currency, row.amount))
            for row in await info.context.loaders.taxes.load(self.row.id)
        ]

    @field("Including VAT: totalWithoutTax + the sum of taxes, exactly.")
    def total(self) -> Money:
        return Money.of(self.row.currency, self.row.total)

    @field(
        "Null unless the viewer is the customer who placed the order, or staff. A snapshot taken when it was placed."
    )
    def billing_details(self, info: Info) -> BillingDetails | None:
        return BillingDetails(**self.row.billing) if is_private_to(info.context, self.row.customer_id) else None

    @field(
        "Methods saved to the customer's account, each with whether it can pay this order and, if not, why. "
        "Empty for others."
    )
    async def saved_payment_methods(self, info: Info) -> list[SavedPaymentMethodOption]:
        context = info.context
        if not is_private_to(context, self.row.customer_id):
            return []
        payer, now = await self._payer(context), await context.loaders.now()
        payments = await context.loaders.payments.load(self.row.id)
        # Nothing can pay an order that is not to be paid: expired, paid already, or with a payment under way.
        refusal = why_not(OrderAction.PAY, facts_of(self.row, payments), now=now)
        return [
            SavedPaymentMethodOption.of(
                row,
                refusal
                or payer.why_not(row.kind, self.row, today=now.date(), status=row.status, expires_on=row.expires_on),
                context,
            )
            for row in await context.loaders.saved_methods.load(self.row.customer_id)
        ]

    @field(
        "Kinds of payment offered for this order: those authorised in the account's country, or tied to the account "
        "type."
    )
    async def available_payment_methods(self, info: Info) -> list[AvailablePaymentMethod]:
        payer = await self._payer(info.context)
        offers = available_kinds(country=payer.country, account_type=payer.account_type, currency=self.row.currency)
        return [AvailablePaymentMethod.of(offer) for offer in offers]

    @field("Where to transfer the money, while an announced bank transfer is awaited.")
    async def bank_transfer(self, info: Info) -> BankTransferInstructions | None:
        awaited = awaits_transfer(await info.context.loaders.payments.load(self.row.id))
        return BankTransferInstructions.of(self.row, info.context) if awaited else None

    @field("The document as a page.")
    def html(self, info: Info) -> Document:
        return Document.of(info.context, f"/orders/{self.row.number}.html", "text/html")

    @field("The document for printing and filing.")
    def pdf(self, info: Info) -> Document:
        return Document.of(info.context, f"/orders/{self.row.number}.pdf", "application/pdf")

    async def _payer(self, context: Context) -> Payer:
        account = await context.loaders.accounts.load(self.row.customer_id)
        balances = await context.loaders.balances.load(self.row.customer_id)
        profile = Profile(account.account_type, account.country, account.currency)
        has_paid = await context.loaders.paid_before.load(self.row.customer_id)
        return Payer.of(profile, context.services.provider, balance=balances.get(self.row.currency), has_paid=has_paid)

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(id=global_id("PurchaseOrder", row.id), row=row)


def is_private_to(context: Context, customer_id: Any) -> bool:
    """Whether the viewer may see what concerns this customer alone."""
    principal = context.principal
    return principal is not None and (principal.is_staff or principal.account_id == customer_id)
