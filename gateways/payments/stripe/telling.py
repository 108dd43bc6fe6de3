"""Stripe's objects in the words of the door."""

import calendar
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Final

import stripe

from gateways.payments import Charge, ChargeStatus, MethodDetails, MethodSetup, ProviderRefund, SetupStatus
from gateways.payments.stripe.amounts import from_stripe
from models.payment import PaymentMethodKind, RefundStatus

#: What it calls the kinds of methods that it can charge.
TYPES: Final = MappingProxyType(
    {
        PaymentMethodKind.CARD: "card",
        PaymentMethodKind.SEPA_DIRECT_DEBIT: "sepa_debit",
        PaymentMethodKind.PAYPAL: "paypal",
    }
)
#: An intent without a method that works, or not confirmed yet: what failed, which we never try again.
FAILED: Final = frozenset({"requires_payment_method", "requires_confirmation"})

_CHARGES: Final = MappingProxyType(
    {
        "succeeded": ChargeStatus.SUCCEEDED,
        "requires_action": ChargeStatus.ACTION_REQUIRED,
        "canceled": ChargeStatus.CANCELLED,
    }
)
_REFUNDS: Final = MappingProxyType(
    {
        "succeeded": RefundStatus.SUCCEEDED,
        "failed": RefundStatus.FAILED,
        "canceled": RefundStatus.FAILED,
    }
)
_SETUPS: Final = MappingProxyType(
    {
        "succeeded": SetupStatus.SUCCEEDED,
        "requires_action": SetupStatus.ACTION_REQUIRED,
        "processing": SetupStatus.PENDING,
    }
)
#: Its codes that we have words of our own for.
_CODES: Final = MappingProxyType(
    {
        "generic_decline": "card_declined",
        "payment_intent_authentication_failure": "authentication_failed",
        "setup_intent_authentication_failure": "authentication_failed",
        "authentication_required": "authentication_failed",
        "debit_not_authorized": "card_declined",
    }
)
_BRANDS: Final = MappingProxyType({"amex": "American Express", "mastercard": "Mastercard", "visa": "Visa"})


def tell_charge(intent: stripe.PaymentIntent) -> Charge:
    """How a charge stands, of an intent whose payment method is expanded."""
    status = _CHARGES.get(intent.status, ChargeStatus.FAILED if intent.status in FAILED else ChargeStatus.PENDING)
    failure = None
    if status in (ChargeStatus.FAILED, ChargeStatus.CANCELLED) and intent.last_payment_error is not None:
        status, failure = ChargeStatus.FAILED, _code(intent.last_payment_error)
    paid = intent.amount_received if status is ChargeStatus.SUCCEEDED else intent.amount
    method = intent.payment_method
    return Charge(
        reference=intent.id,
        status=status,
        amount=from_stripe(intent.currency, paid),
        attempt=attempt_of(intent),
        next_action_url=_address(intent.next_action) if status is ChargeStatus.ACTION_REQUIRED else None,
        failure_code=failure,
        method=tell_method(method) if isinstance(method, stripe.PaymentMethod) else None,
    )


def tell_refund(refund: stripe.Refund) -> ProviderRefund:
    status = _REFUNDS.get(refund.status or "", RefundStatus.PENDING)
    code = getattr(refund, "failure_reason", None) or "refund_failed"
    return ProviderRefund(
        reference=refund.id,
        status=status,
        amount=from_stripe(refund.currency, refund.amount),
        attempt=attempt_of(refund),
        failure_code=code if status is RefundStatus.FAILED else None,
    )


def tell_setup(intent: stripe.SetupIntent) -> MethodSetup:
    """How saving a method stands, of an intent whose payment method is expanded."""
    status = _SETUPS.get(intent.status, SetupStatus.FAILED)
    method, failure = intent.payment_method, intent.last_setup_error
    return MethodSetup(
        reference=intent.id,
        status=status,
        method=tell_method(method) if isinstance(method, stripe.PaymentMethod) else MethodDetails(label=""),
        next_action_url=_address(intent.next_action) if status is SetupStatus.ACTION_REQUIRED else None,
        failure_code=_code(failure) if status is SetupStatus.FAILED else None,
    )


def tell_method(method: stripe.PaymentMethod) -> MethodDetails:
    """Only a method that belongs to a customer can be charged again."""
    token = method.id if method.customer else None
    if card := method.type == "card" and method.card:
        brand = _BRANDS.get(card.brand, card.brand.replace("_", " ").title())
        last_day = calendar.monthrange(card.exp_year, card.exp_month)[1]
        return MethodDetails(f"{brand} ending in {card.last4}", date(card.exp_year, card.exp_month, last_day), token)
    if debit := method.type == "sepa_debit" and method.sepa_debit:
        return MethodDetails(f"IBAN ending in {debit.last4}", token=token)
    return MethodDetails("PayPal" if method.type == "paypal" else method.type, token=token)


def attempt_of(thing: stripe.PaymentIntent | stripe.Refund) -> str | None:
    """The idempotency key that we left on it; None for what others did at Stripe."""
    metadata = thing.metadata
    return metadata["attempt"] if metadata is not None and "attempt" in metadata else None


def code_of(error: stripe.StripeError) -> str:
    return _code(error.error or error, "card_declined" if isinstance(error, stripe.CardError) else "invalid_request")


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _code(error: Any, otherwise: str = "card_declined") -> str:
    """The most telling of its codes, as we name it."""
    code = getattr(error, "decline_code", None) or getattr(error, "code", None) or otherwise
    if code == "resource_missing" and getattr(error, "param", None) in (None, "payment_method"):
        return "unknown_token"
    return str(_CODES.get(code, code))[:64]


def _address(action: Any) -> str | None:
    return getattr(getattr(action, "redirect_to_url", None), "url", None)
