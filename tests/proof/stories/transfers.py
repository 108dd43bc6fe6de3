"""Transfers: announced, recorded by staff, read from bank statements, held, given up and sent back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from schema.ids import global_id
from tests.bank import Line, csv_of, reference
from tests.proof.shop import Shop
from tests.proof.stories.act import Act, to_pay

TOTAL: Final = "178.68"


def announcing(shop: Shop) -> Act:
    """It does not arrive, however much time passes: what its answer says is later not so any more."""
    order, key = shop.place(), uuid4().hex
    return Act(order, lambda: shop.announce(order, key), ends="UNPAID")


def giving_up(shop: Shop) -> Act:
    return replace(_announced(shop), do=lambda: None, ends="UNPAID")


def paying_instead_of_it(shop: Shop) -> Act:
    """By card, while the transfer is announced."""
    return to_pay(shop, _announced(shop).order)


def recording(shop: Shop) -> Act:
    act = _announced(shop)
    (payment,) = shop.books(act.order).payments
    asked = {"paymentId": global_id("Payment", payment.id)}
    return replace(act, do=lambda: shop.mutate(shop.staff, "record_bank_transfer", **asked))


def recording_by_reference(shop: Shop) -> Act:
    return _by_reference(shop, ends="CONFIRMATION")


def recording_too_little(shop: Shop) -> Act:
    """It is held."""
    return _by_reference(shop, ends="UNPAID", amount="1.00")


def recording_of_no_order(shop: Shop) -> Act:
    """Nobody has an order with that number."""
    return _by_reference(shop, ends="UNPAID", reference="0000000001")


def importing(shop: Shop) -> Act:
    """One line pays its order, one of another amount is held."""
    order = shop.place()
    return Act(order, _import(shop, Line(TOTAL, reference(order)), Line("1.00", reference(order))))


def sending_back(shop: Shop) -> Act:
    """What came by transfer is refunded by the hands of staff."""
    order = shop.place()
    _import(shop, Line(TOTAL, reference(order)))()
    shop.mutate(shop.staff, "refuse_order", orderId=order["id"], reason="Not in stock.")
    (refund,) = shop.books(order).refunds
    asked = {"refundId": global_id("Refund", refund.id)}
    return Act(order, lambda: shop.mutate(shop.staff, "mark_refund_sent", **asked), ends="CANCELLED")


def settling_held(shop: Shop) -> Act:
    """Two parts of what an order costs."""
    order = shop.place()
    _import(shop, Line("100.00", reference(order)), Line("78.68", reference(order)))()
    asked = {"heldPaymentIds": _held(shop, order), "orderId": order["id"], "acceptDifference": False}
    return Act(order, lambda: shop.mutate(shop.staff, "settle_held_payments", **asked))


def returning_held(shop: Shop) -> Act:
    return _resolving(shop, "return_held_payment", "Too little.")


def dismissing_held(shop: Shop) -> Act:
    return _resolving(shop, "dismiss_held_payment", "A mistake of the bank's.")


def _announced(shop: Shop) -> Act:
    """An order whose customer has announced a transfer; nothing is done to it yet."""
    order = shop.place()
    shop.announce(order, uuid4().hex)
    return Act(order, lambda: None)


def _by_reference(shop: Shop, ends: str, **fields: str) -> Act:
    order = shop.place()
    asked: dict[str, Any] = {"reference": reference(order), "idempotencyKey": uuid4().hex, **fields}
    do = lambda: shop.door.ask(shop.staff, "record_bank_transfer_by_reference", **asked)  # noqa: E731
    return Act(order, do, ends, keyed=True)


def _resolving(shop: Shop, how: str, reason: str) -> Act:
    """One euro, which is held alone."""
    order = shop.place()
    _import(shop, Line("1.00", reference(order)))()
    (held,) = _held(shop, order)
    return Act(order, lambda: shop.mutate(shop.staff, how, heldPaymentId=held, reason=reason), ends="UNPAID")


def _import(shop: Shop, *lines: Line) -> Callable[[], Any]:
    upload = shop.door.upload(shop.staff, csv_of(lines))
    return lambda: shop.mutate(shop.staff, "import_bank_statement", uploadId=upload)


def _held(shop: Shop, order: dict[str, Any]) -> list[str]:
    return [global_id("HeldPayment", each.id) for each in shop.books(order).held]
