"""Payloads: what mutations answer. `errors` is empty where all went well."""

from datetime import datetime
from typing import Annotated

import strawberry

from schema.customer import Staff
from schema.held_event import HeldEvent
from schema.held_payment import HeldPayment
from schema.order import Customer, Order, Payment
from schema.payment_method import PaymentMethod
from schema.refund import Refund
from schema.user_errors import UserError

_ERRORS = "Why it was refused; empty where it was not."
_ORDER = "The order as it is now, also beside errors, where the viewer may see it."

Viewer = Annotated[Customer | Staff, strawberry.union("Viewer", description="Who is asking.")]


@strawberry.type(description="The answer to signing in, or to renewing a token.")
class SignInPayload:
    token: str | None = strawberry.field(default=None, description="To send as `Authorization: Bearer …`.")
    expires_at: datetime | None = strawberry.field(default=None, description="Renew the token before.")
    viewer: Viewer | None = strawberry.field(default=None, description="Who has signed in.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to signing out.")
class SignOutPayload:
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to placing an order.")
class PlaceOrderPayload:
    order: Order | None = strawberry.field(default=None, description="The new order.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to paying an order.")
class PayOrderPayload:
    order: Order | None = strawberry.field(default=None, description=_ORDER)
    payment: Payment | None = strawberry.field(default=None, description="The attempt, whatever came of it.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to changing an order.")
class OrderPayload:
    order: Order | None = strawberry.field(default=None, description=_ORDER)
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to refunding a payment, or to recording that one arrived.")
class RefundPaymentPayload:
    payment: Payment | None = strawberry.field(default=None, description="The payment as it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(
    description="The answer to recording a bank transfer by its reference: either `payment` or `heldPayment`."
)
class RecordedTransferPayload:
    payment: Payment | None = strawberry.field(default=None, description="The payment that has settled the order.")
    held_payment: HeldPayment | None = strawberry.field(
        default=None, description="Where it does not settle the order: see its `reason`, and `settleHeldPayments`."
    )
    order: Order | None = strawberry.field(default=None, description=_ORDER)
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to importing a bank statement: what became of its lines.")
class ImportBankStatementPayload:
    settled: int = strawberry.field(default=0, description="Paid their order.")
    held: int = strawberry.field(default=0, description="Wait for staff: see `heldPayments`.")
    known: int = strawberry.field(default=0, description="Had been imported before; nothing was done again.")
    ignored: int = strawberry.field(default=0, description="Are no money received: what was paid out, or not booked.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to resolving held payments.")
class HeldPaymentsPayload:
    held_payments: list[HeldPayment] = strawberry.field(default_factory=list, description="As they are now.")
    order: Order | None = strawberry.field(default=None, description="The order concerned, where one is known.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to asking the payment provider about a payment.")
class CheckPaymentPayload:
    payment: Payment | None = strawberry.field(default=None, description="The payment as it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to seeing a refund through.")
class RefundPayload:
    refund: Refund | None = strawberry.field(
        default=None, description="The refund as it is now; where it was tried again, the new one."
    )
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to applying an event again.")
class ApplyHeldEventPayload:
    event: HeldEvent | None = strawberry.field(
        default=None, description="The event as it is now: resolved, or with the reason why it still waits."
    )
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to resolving an event.")
class ResolveHeldEventPayload:
    event: HeldEvent | None = strawberry.field(default=None, description="The event as it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The answer to changing a saved method.")
class PaymentMethodPayload:
    payment_method: PaymentMethod | None = strawberry.field(default=None, description="The method as it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)
