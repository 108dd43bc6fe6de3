"""Refusals by a rule, as data in a mutation's payload."""

from collections.abc import Callable
from typing import Any

import strawberry

from ordering.lifecycle import IllegalTransition
from ordering.paying import PaymentDeclined
from ordering.refusals import Refusal, VersionConflict
from schema.enums import OrderAction, OrderStatus
from schema.order import Order

#: Values of a refusal that are texts themselves.
_TEXTS = ("why", "what", "reason")


@strawberry.interface(
    description="A refusal that the client can act on. Codes: INVALID_INPUT, NOT_FOUND, FORBIDDEN, ILLEGAL_TRANSITION, "
    "VERSION_CONFLICT, ORDER_EXPIRED, ALREADY_PAID, PAYMENT_IN_PROGRESS, PAYMENT_METHOD_NOT_USABLE, "
    "PAYMENT_METHOD_IN_USE, PAYMENT_DECLINED, REFUND_NOT_POSSIBLE, IDEMPOTENCY_MISMATCH, IDEMPOTENCY_IN_PROGRESS, "
    "VOUCHER_NOT_USABLE, PRODUCT_NOT_AVAILABLE, WITHDRAWAL_NOT_POSSIBLE, BAD_CREDENTIALS, HELD_PAYMENT_RESOLVED, "
    "AMOUNT_DIFFERS, NOTHING_TO_ASK, REFUND_NOT_OUTSTANDING, REFUND_OWED, TRANSFER_HELD, EVENT_NOT_HELD."
)
class UserError:
    code: str = strawberry.field(description="Stable and upper-case: for programs.")
    message: str = strawberry.field(description="For people, in their language.")
    path: list[str] | None = strawberry.field(description="Leads into the input; positions in lists as text.")


@strawberry.type(description="A refusal that its code says all about.")
class SimpleError(UserError):
    pass


@strawberry.type(description="The order's status forbids it.")
class IllegalTransitionError(UserError):
    status: OrderStatus = strawberry.field(description="The status that the order is in.")
    allowed: list[OrderAction] = strawberry.field(description="What this viewer may do with it now.")


@strawberry.type(description="The order has changed since the client last saw it.")
class VersionConflictError(UserError):
    order: Order = strawberry.field(description="As it is now.")


@strawberry.type(description="The payment provider did not accept the payment.")
class PaymentDeclinedError(UserError):
    decline_code: str | None = strawberry.field(description="The provider's own word for why.")
    retryable: bool = strawberry.field(description="Whether the same method may succeed later.")


def user_error(refusal: Refusal, say: Callable[..., str], order: Order | None) -> UserError:
    """`order`: the one concerned, as it is now, where the viewer may see it."""
    values = {name: say(value) if name in _TEXTS else value for name, value in refusal.values.items()}
    common: dict[str, Any] = {
        "code": refusal.code,
        "message": say(refusal.message, **values),
        "path": refusal.path,
    }
    match refusal:
        case IllegalTransition():
            allowed = [OrderAction(action) for action in values["allowed"]]
            return IllegalTransitionError(**common, status=OrderStatus(values["status"]), allowed=allowed)
        case PaymentDeclined():
            return PaymentDeclinedError(
                **common, decline_code=values["decline_code"], retryable=bool(values["retryable"])
            )
        case VersionConflict() if order is not None:
            return VersionConflictError(**common, order=order)
    return SimpleError(**common)
