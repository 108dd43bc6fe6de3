"""Enumerations as clients see them: each value with its meaning."""

from enum import StrEnum
from typing import TypeVar

import strawberry

from models.account import AccountType
from models.change import ActorKind, ChangeKind
from models.document import DocumentKind
from models.held import HeldReason, HeldResolution
from models.order import OrderStatus, ReductionKind
from models.payment import Mismatch, PaymentMethodKind, PaymentMethodStatus, PaymentStatus, RefundStatus
from ordering.actions import OrderAction
from ordering.tracking import TrackingStepName, TrackingStepStatus
from reading.differences import DifferenceKind
from reading.orders import OrderSortField

__all__ = [
    "AccountType",
    "ActorKind",
    "ChangeKind",
    "DifferenceKind",
    "Direction",
    "DocumentKind",
    "HeldReason",
    "HeldResolution",
    "Mismatch",
    "OrderAction",
    "OrderSortField",
    "OrderStatus",
    "PaymentMethodKind",
    "PaymentMethodStatus",
    "PaymentStatus",
    "ReductionKind",
    "RefundStatus",
    "TrackingStepName",
    "TrackingStepStatus",
]

_Enum = TypeVar("_Enum", bound=type[StrEnum])


class Direction(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


def _describe(enum: _Enum, description: str, **meanings: str) -> _Enum:
    """Makes it a GraphQL enumeration, in place: every value must have a meaning, and no other."""
    strawberry.enum(enum, description=description)
    definition = enum.__strawberry_definition__  # type: ignore[attr-defined] # put there by the line above
    for value in definition.values:
        value.description = meanings.pop(value.name)
    if meanings:
        raise ValueError(f"{enum.__name__} has no {sorted(meanings)}")
    return enum


_describe(
    OrderStatus,
    "Where an order is in its life.",
    UNPAID="Payment has not been received; the order expires on the purchase order's expiration date.",
    CONFIRMATION="Being verified by internal services, on working days.",
    DOCUMENTS_REQUESTED="Verification waits for supporting documents from the customer.",
    BEING_PROCESSED="Being delivered.",
    COMPLETE="Delivered; access details have been sent where there are any.",
    EXPIRED="Never paid in time. Final: place the order again.",
    CANCELLED="Ended by the customer, by staff or by withdrawal. Final.",
)
_describe(
    OrderAction,
    "What a viewer may do with an order.",
    PAY="Pay it: `payOrder`.",
    CANCEL="End it before it is paid: `cancelOrder`.",
    PROVIDE_DOCUMENTS="Send what staff asked for: `provideDocuments`.",
    WITHDRAW="Use a consumer's right to step back: `withdrawFromOrder`.",
    REORDER="Place it again at today's prices, once it has ended: `reorder`.",
    CONFIRM="Staff: it is verified, begin delivery: `confirmOrder`.",
    REQUEST_DOCUMENTS="Staff: verification needs supporting documents: `requestDocuments`.",
    REFUSE="Staff: do not accept or cannot deliver it; refunds what was paid: `refuseOrder`.",
    COMPLETE="Staff: it is delivered: `completeOrder`.",
    REFUND="Staff: give back money: `refundPayment`.",
)
_describe(
    ReductionKind,
    "What a reduction comes from.",
    PROMOTION="A promotion that runs on the product.",
    VOUCHER="A voucher's code that was entered.",
)
_describe(
    TrackingStepName,
    "The four steps of an order, in order.",
    VALIDATING="The order is paid for and verified.",
    VALIDATED="The order is confirmed.",
    DELIVERING="The products are being delivered.",
    AVAILABLE="The products are available.",
)
_describe(
    TrackingStepStatus,
    "How far a step is.",
    TODO="Not begun.",
    DOING="Under way.",
    DONE="Over.",
    ERROR="The order ended here, before its end.",
)
_describe(
    ActorKind,
    "Who made a change.",
    CUSTOMER="The customer.",
    STAFF="A member of staff.",
    SYSTEM="The system itself, when time ran out.",
    PAYMENT_PROVIDER="The payment provider, or money arriving.",
)
_describe(
    ChangeKind,
    "What kind of thing was done with an order.",
    TRANSITION="It went to another status.",
    PAYMENT="Something about an attempt to pay it.",
    REFUND="Something about a refund.",
    LATE_PAYMENT_REFUNDED="Money came when the order no longer waited for it, and goes back.",
    DOCUMENTS="Something about supporting documents.",
)
_describe(
    PaymentMethodKind,
    "Kinds of payment.",
    CARD="A payment card.",
    SEPA_DIRECT_DEBIT="A debit from a bank account in euro, under a mandate.",
    PAYPAL="A PayPal account.",
    BANK_TRANSFER="A transfer that the customer's bank makes; it takes days to arrive.",
    PREPAID_ACCOUNT="Money that the customer paid in advance.",
    DEFERRED_PAYMENT="Payment after delivery, granted to public administrations.",
)
_describe(
    PaymentMethodStatus,
    "Whether a saved method can be used.",
    VALIDATING="The provider is still checking it.",
    VALID="It can be used.",
    EXPIRED="Its time is over.",
    REJECTED="The provider did not accept it.",
    REMOVED="The customer has removed it.",
)
_describe(
    PaymentStatus,
    "How an attempt to pay stands.",
    PENDING="The outcome is not known yet.",
    ACTION_REQUIRED="The customer must go to `nextActionUrl`.",
    SUCCEEDED="The money was received.",
    FAILED="It was declined.",
    CANCELLED="It was ended before it came to anything.",
    PARTIALLY_REFUNDED="Some of the money went back.",
    REFUNDED="All of the money went back.",
)
_describe(
    HeldReason,
    "Why a payment is held for staff.",
    UNKNOWN_REFERENCE="It has no reference of an order, or a wrong one.",
    SEVERAL_REFERENCES="It has the references of several orders.",
    WRONG_CURRENCY="It is in another currency than its order.",
    UNDERPAID="It is less than its order's total.",
    OVERPAID="It is more than its order's total.",
    ALREADY_PAID="Its order has been paid already.",
    ORDER_ENDED="Its order has expired or been cancelled.",
    PAYMENT_IN_PROGRESS="Another attempt to pay its order is under way.",
    REVERSAL="It is money that we had paid and that came back.",
)
_describe(
    HeldResolution,
    "What staff did with a held payment.",
    SETTLED="It pays an order.",
    RETURNED="It is sent back to the account that it came from.",
    DISMISSED="It is no payment of an order, or was dealt with elsewhere.",
)
_describe(
    RefundStatus,
    "How a refund stands.",
    PENDING="It is owed and not paid out yet.",
    SUCCEEDED="It was paid out.",
    FAILED="It was not paid out, or came back.",
)
_describe(
    Mismatch,
    "Why no rule may act on what the payment provider tells.",
    UNKNOWN_CHARGE="No attempt belongs to the charge, or the provider no longer knows it.",
    UNKNOWN_REFUND="Nobody asked for the refund here, or the provider no longer knows it.",
    OTHER_ATTEMPT="It names another attempt, or the attempt has another charge.",
    OTHER_AMOUNT="It is about another amount.",
    OTHER_CURRENCY="It is about another currency.",
    REFUNDED_TOO_MUCH="A refund that had failed here was paid out, beside another one: more went back than was paid.",
    DISPUTED="The payer's bank wants the money back, or has decided about that: see to it at the payment provider.",
    UNKNOWN_TYPE="Nothing here knows what to do about a message of this type.",
    OTHER_MODE="It is of test mode where the server's key is of live mode, or the other way round.",
    UNREADABLE="The provider signed it, and it cannot be read.",
)
_describe(
    DifferenceKind,
    "How two sets of books differ.",
    UNKNOWN_CHARGE="The provider took money that no attempt asked for.",
    UNKNOWN_REFUND="The provider gave back money that nobody asked for here.",
    NOT_BOOKED="The provider has moved money that is not in the ledger, or not yet.",
    NOT_AT_PROVIDER="The ledger has money that the provider has not moved.",
    OTHER_AMOUNT="Both have it, with different amounts.",
    CHARGED_TWICE="The provider charged one attempt twice.",
    BOOKS_DISAGREE="A payment, or what it says was refunded, is not what the ledger has.",
    ORDER_DISAGREES="The order is paid, but not once and with its total; or it is not, and keeps money.",
)
_describe(
    AccountType,
    "Who a customer is.",
    INDIVIDUAL="A natural person, with a consumer's rights.",
    COMPANY="A company.",
    ASSOCIATION="An association.",
    ADMINISTRATION="A public administration.",
)
_describe(
    DocumentKind,
    "Kinds of supporting documents.",
    IDENTITY="Proof of identity.",
    PROOF_OF_ADDRESS="Proof of address.",
    COMPANY_REGISTRATION="An extract from the register of companies, or its like.",
    PAYMENT_PROOF="Proof that a payment was made.",
    OTHER="Something else, as the message says.",
)
_describe(
    OrderSortField,
    "What a list of orders is sorted by.",
    CREATED_AT="When the order was placed.",
    UPDATED_AT="When it last changed.",
    TOTAL="By currency, then by amount including VAT.",
    NUMBER="By number, as a number.",
)
_describe(Direction, "Which way a list is sorted.", ASC="Smallest or oldest first.", DESC="Largest or newest first.")
