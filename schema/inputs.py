"""Inputs: what clients send, with what it is for."""

import decimal
from datetime import datetime

import strawberry

from schema.enums import Direction, DocumentKind, HeldReason, OrderSortField, OrderStatus, PaymentMethodKind

_KEY = "Chosen by the client, new for each intention, 1 to 255 characters: the same key never does a thing twice."
_VERSION = "Refuses the change where the order has moved on from this version."
_ORDER = "Which order."
UNSET = strawberry.UNSET


@strawberry.input(description="Which orders: all that is given must hold.")
class OrderFilter:
    status: list[OrderStatus] | None = strawberry.field(
        default=UNSET, description="In one of these; an empty list matches nothing."
    )
    created_from: datetime | None = strawberry.field(default=UNSET, description="Placed at this moment or later.")
    created_to: datetime | None = strawberry.field(default=UNSET, description="Placed before this moment.")
    number: str | None = strawberry.field(
        default=UNSET, description="With this number, or beginning with it; or the reference of its bank transfer."
    )
    customer_id: strawberry.ID | None = strawberry.field(default=UNSET, description="Of this customer.")
    search: str | None = strawberry.field(
        default=UNSET, description="Text in a line's description, or what `number` takes."
    )


@strawberry.input(description="How a list of orders is sorted.")
class OrderSort:
    field: OrderSortField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Who signs in.")
class SignInInput:
    email: str = strawberry.field(description="The account's address.")
    password: str = strawberry.field(description="The account's password.")


@strawberry.input(description="What is ordered, and how many of it.")
class OrderLineInput:
    product_code: str = strawberry.field(description="The product's code.")
    quantity: int = strawberry.field(default=1, description="1 to 1000.")


@strawberry.input(description="A basket to make an order of.")
class PlaceOrderInput:
    lines: list[OrderLineInput] = strawberry.field(description="1 to 50. Set-up fees come along by themselves.")
    voucher_code: str | None = strawberry.field(default=UNSET, description="A voucher to use.")
    waive_withdrawal: bool = strawberry.field(
        default=False, description="Give up the right to withdraw; consumers must, for products that do not allow it."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="A method that is not saved yet.")
class NewPaymentMethodInput:
    kind: PaymentMethodKind = strawberry.field(description="Which kind.")
    provider_token: str | None = strawberry.field(
        default=UNSET, description="What the provider's form in the browser handed out. Never a card number."
    )
    save: bool = strawberry.field(default=False, description="Save it to the account once it has paid.")


@strawberry.input(one_of=True, description="What to pay with: exactly one of these.")
class PaymentSourceInput:
    saved_method_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="A method saved to the account."
    )
    new_method: NewPaymentMethodInput | None = strawberry.field(default=UNSET, description="Another one.")


@strawberry.input(description="An order to pay, and what with.")
class PayOrderInput:
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    source: PaymentSourceInput = strawberry.field(
        description="What to pay with. There is no other choice made for you."
    )
    return_url: str | None = strawberry.field(
        default=UNSET, description="Where the customer comes back to from the provider's page; one of our own origins."
    )
    expected_version: int | None = strawberry.field(default=UNSET, description=_VERSION)
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="An unpaid order to end.")
class CancelOrderInput:
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    reason: str | None = strawberry.field(default=UNSET, description="Shown in the order's history.")
    expected_version: int | None = strawberry.field(default=UNSET, description=_VERSION)


@strawberry.input(description="An order that has ended, to place again.")
class ReorderInput:
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="An order that staff have verified.")
class ConfirmOrderInput:
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    expected_version: int | None = strawberry.field(default=UNSET, description=_VERSION)


@strawberry.input(description="What staff need to verify an order.")
class RequestDocumentsInput:
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    documents: list[DocumentKind] = strawberry.field(description="Which kinds; at least one.")
    message: str | None = strawberry.field(default=UNSET, description="To the customer, by mail and in the history.")
    expected_version: int | None = strawberry.field(default=UNSET, description=_VERSION)


@strawberry.input(description="A file that was uploaded before, over POST /uploads.")
class ProvidedDocumentInput:
    upload_id: strawberry.ID = strawberry.field(description="What the upload was answered with.")
    kind: DocumentKind = strawberry.field(description="What it is.")


@strawberry.input(description="Supporting documents for an order.")
class ProvideDocumentsInput:
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    documents: list[ProvidedDocumentInput] = strawberry.field(description="1 to 10, of each kind that was asked for.")


@strawberry.input(description="An order that staff do not accept or cannot deliver.")
class RefuseOrderInput:
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    reason: str = strawberry.field(description="Shown to the customer.")
    expected_version: int | None = strawberry.field(default=UNSET, description=_VERSION)


@strawberry.input(description="An order that has been delivered.")
class CompleteOrderInput:
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    access_details: str | None = strawberry.field(
        default=UNSET, description="Mailed to the customer once, kept nowhere."
    )
    expected_version: int | None = strawberry.field(default=UNSET, description=_VERSION)


@strawberry.input(description="An order to step back from.")
class WithdrawFromOrderInput:
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    reason: str | None = strawberry.field(default=UNSET, description="Nobody has to give one.")
    expected_version: int | None = strawberry.field(default=UNSET, description=_VERSION)


@strawberry.input(description="Money to give back.")
class RefundPaymentInput:
    payment_id: strawberry.ID = strawberry.field(description="Of which payment.")
    amount: decimal.Decimal | None = strawberry.field(default=UNSET, description="Null: all that is left.")
    reason: str | None = strawberry.field(default=UNSET, description="Shown to the customer.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="A payment to ask the payment provider about.")
class CheckPaymentInput:
    payment_id: strawberry.ID = strawberry.field(description="Which payment.")


@strawberry.input(description="A refund.")
class RefundInput:
    refund_id: strawberry.ID = strawberry.field(description="Which refund.")


@strawberry.input(description="A failed refund to try again.")
class RetryRefundInput:
    refund_id: strawberry.ID = strawberry.field(description="Which refund.")
    by_transfer: bool = strawberry.field(
        default=False, description="Staff send it by bank transfer this time: see `markRefundSent`."
    )


@strawberry.input(description="A failed refund to let be.")
class DismissRefundInput:
    refund_id: strawberry.ID = strawberry.field(description="Which refund.")
    reason: str = strawberry.field(description="Where it was dealt with; stands in the order's history.")
    given_otherwise: bool = strawberry.field(
        default=True,
        description="Whether the customer was given the money in another way, so that it is not left to refund any "
        "more and a credit note says so. False: nothing was owed, the refund was a mistake.",
    )


@strawberry.input(description="An event of the payment provider to look at anew.")
class ApplyHeldEventInput:
    event_id: strawberry.ID = strawberry.field(description="Which event.")


@strawberry.input(description="An event of the payment provider that staff have dealt with.")
class ResolveHeldEventInput:
    event_id: strawberry.ID = strawberry.field(description="Which event.")
    note: str = strawberry.field(description="What it was, and what was done.")


@strawberry.input(description="A method to save to the account.")
class AddPaymentMethodInput:
    kind: PaymentMethodKind = strawberry.field(description="Which kind.")
    provider_token: str | None = strawberry.field(
        default=UNSET, description="What the provider's form in the browser handed out. Never a card number."
    )
    description: str | None = strawberry.field(default=UNSET, description="The customer's own words for it.")
    make_default: bool = strawberry.field(default=False, description="Offer it first from now on.")
    return_url: str | None = strawberry.field(
        default=UNSET, description="Where to send the customer after strong authentication; a page of the server's."
    )


@strawberry.input(description="A saved method.")
class PaymentMethodInput:
    payment_method_id: strawberry.ID = strawberry.field(description="Which one.")


@strawberry.input(description="Which held payments.")
class HeldPaymentFilter:
    resolved: bool | None = strawberry.field(
        default=False, description="Those that staff have resolved, or those that wait for it; null: both."
    )
    reason: list[HeldReason] | None = strawberry.field(
        default=UNSET, description="For one of these reasons; an empty list matches nothing."
    )
    order_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Of this order, as it seems or as it was settled."
    )


@strawberry.input(description="A bank statement that was uploaded before, over POST /uploads.")
class ImportBankStatementInput:
    upload_id: strawberry.ID = strawberry.field(description="What the upload was answered with.")


@strawberry.input(description="Held payments that pay an order.")
class SettleHeldPaymentsInput:
    held_payment_ids: list[strawberry.ID] = strawberry.field(description="1 to 20, which together pay the order.")
    order_id: strawberry.ID = strawberry.field(description=_ORDER)
    accept_difference: bool = strawberry.field(
        default=False, description="Take less for the whole total, or refund what is above it."
    )


@strawberry.input(description="A held payment to send back.")
class ReturnHeldPaymentInput:
    held_payment_id: strawberry.ID = strawberry.field(description="Which one.")
    reason: str | None = strawberry.field(default=UNSET, description="Shown to the customer, where one is known.")


@strawberry.input(description="A held payment that concerns no order.")
class DismissHeldPaymentInput:
    held_payment_id: strawberry.ID = strawberry.field(description="Which one.")
    reason: str = strawberry.field(description="For staff: what it is, or where it was dealt with.")


@strawberry.input(description="A bank transfer that has arrived.")
class RecordBankTransferInput:
    payment_id: strawberry.ID = strawberry.field(description="Of which payment.")


@strawberry.input(description="A bank transfer that staff see on the account.")
class RecordBankTransferByReferenceInput:
    reference: str = strawberry.field(
        description="The creditor reference that came with it, or the order's number, spaced in any way."
    )
    amount: decimal.Decimal | None = strawberry.field(
        default=UNSET, description="How much has arrived. Null: exactly the order's total."
    )
    currency: str | None = strawberry.field(default=UNSET, description="ISO 4217. Null: the order's.")
    another: bool = strawberry.field(
        default=False, description="It is not the transfer of the same amount that is recorded for the order already."
    )
    idempotency_key: str = strawberry.field(description=_KEY)
