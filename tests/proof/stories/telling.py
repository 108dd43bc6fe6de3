"""What Stripe tells by itself, in time and too late, and what staff make of what does not fit."""

import json
import time
from typing import Any
from uuid import uuid4

from models.payment import PaymentStatus
from schema.ids import global_id
from tests.proof.shop import Shop
from tests.proof.stories.act import GOOD, Act, approve, asked, paid, stripe


def told(shop: Shop) -> Act:
    """What the customer has answered."""
    order = asked(shop)
    stripe(shop).webhooks("after")
    return Act(order, lambda: approve(shop, order))


def told_too_late(shop: Shop) -> Act:
    """The order has expired, since its attempt had ended; then Stripe tells that it was paid."""
    order = _given_up(shop)
    shop.time_is_over(order)
    shop.wait_for(order, "EXPIRED")
    shop.settle(order)
    stripe(shop).webhooks("after")
    return Act(order, lambda: approve(shop, order, PaymentStatus.CANCELLED), ends="EXPIRED")


def found_too_late(shop: Shop) -> Act:
    """The customer has cancelled the order; then staff ask what has become of the attempt, which was paid."""
    order = _given_up(shop)
    shop.mutate(shop.customer, "cancel_order", orderId=order["id"])
    shop.settle(order)
    approve(shop, order, PaymentStatus.CANCELLED)

    return Act(order, lambda: _check(shop, order, PaymentStatus.CANCELLED), ends="CANCELLED")


def found_after_all(shop: Shop) -> Act:
    """Stripe had charged it and never said so, nor did it tell by itself; the attempt was given up."""
    order = shop.place()
    stripe(shop).fault("after", drop=True, times=3)
    shop.pay(order, GOOD)
    shop.believe_failed(order)
    return Act(order, lambda: _check(shop, order, PaymentStatus.FAILED))


def applying_held(shop: Shop) -> Act:
    """Somebody had changed the amount at Stripe by hand, and has changed it back since it was told."""
    order = asked(shop)
    attempt = shop.attempt(order, PaymentStatus.ACTION_REQUIRED)
    assert attempt is not None
    reference = attempt.provider_reference or ""
    stripe(shop).change_amount(reference, attempt.amount + 1)
    stripe(shop).webhooks("after")
    approve(shop, order)
    stripe(shop).wait_until_quiet()
    stripe(shop).change_amount(reference, attempt.amount)
    events = _held(shop, order)

    def apply() -> None:
        for event in events:
            if shop.lives():
                shop.mutate(shop.staff, "apply_held_event", eventId=event)

    return Act(order, apply)


def resolving_held(shop: Shop) -> Act:
    """A warning for which there is no rule, about a charge of ours."""
    order = paid(shop)
    (charge,) = shop.books(order).charged
    about = {"id": f"issfr_{uuid4().hex}", "object": "radar.early_fraud_warning", "payment_intent": charge.reference}
    kind = "radar.early_fraud_warning.created"
    event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": kind, "created": int(time.time())}
    assert stripe(shop).send(json.dumps({**event, "data": {"object": about}})) == 200
    (held,) = _held(shop, order)
    asked = {"eventId": held, "note": "The customer has been called."}
    return Act(order, lambda: shop.mutate(shop.staff, "resolve_held_event", **asked))


def _check(shop: Shop, order: dict[str, Any], status: PaymentStatus) -> None:
    """As staff do, as long as the attempt is in that status."""
    attempt = shop.attempt(order, status)
    if attempt is not None:
        shop.mutate(shop.staff, "check_payment", paymentId=global_id("Payment", attempt.id))


def _given_up(shop: Shop) -> dict[str, Any]:
    """An order whose attempt has ended, as Stripe said; that was not so."""
    order = asked(shop)
    shop.believe_ended(order)
    return order


def _held(shop: Shop, order: dict[str, Any]) -> list[str]:
    return [global_id("HeldEvent", each.id) for each in shop.books(order).events if each.held_for is not None]
