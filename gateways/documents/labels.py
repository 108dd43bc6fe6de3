"""What people call statuses and kinds of payment, still in English: to be translated where it is shown."""

from collections.abc import Mapping
from typing import Final

from models.order import OrderStatus
from models.payment import PaymentMethodKind
from texts import mark

STATUS_LABELS: Final[Mapping[OrderStatus, str]] = {
    OrderStatus.UNPAID: mark("Unpaid"),
    OrderStatus.CONFIRMATION: mark("Confirmation"),
    OrderStatus.DOCUMENTS_REQUESTED: mark("Documents requested"),
    OrderStatus.BEING_PROCESSED: mark("Being processed"),
    OrderStatus.COMPLETE: mark("Complete"),
    OrderStatus.EXPIRED: mark("Expired"),
    OrderStatus.CANCELLED: mark("Cancelled"),
}

METHOD_LABELS: Final[Mapping[PaymentMethodKind, str]] = {
    PaymentMethodKind.CARD: mark("Payment card"),
    PaymentMethodKind.SEPA_DIRECT_DEBIT: mark("SEPA direct debit"),
    PaymentMethodKind.PAYPAL: mark("PayPal"),
    PaymentMethodKind.BANK_TRANSFER: mark("Bank transfer"),
    PaymentMethodKind.PREPAID_ACCOUNT: mark("Prepaid account"),
    PaymentMethodKind.DEFERRED_PAYMENT: mark("Deferred payment"),
}
