"""Paying an order: with each kind of method, and what is refused without anything having happened."""

from datetime import timedelta
from typing import Any

import pytest

from models.account import AccountType
from tests.answers import refused, shown
from tests.api import Api
from tests.behind import traces, unchanged

TOTAL = {"amount": "178.68", "currency": "EUR"}
IN_PROGRESS = refused("PAYMENT_IN_PROGRESS", "A payment of this order is under way; wait for its outcome.")
ALREADY_PAID = refused("ALREADY_PAID", "The order has been paid already.")


def attempt(kind: str, status: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "status": status, "nextActionUrl": None, "failureReason": None, "amount": TOTAL, **more}


def nameless(payload: dict[str, Any]) -> dict[str, Any]:
    """Without the payment's id, which nobody can know before."""
    assert payload["payment"].pop("id")
    return payload


def test_a_card_pays_at_once(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")

    paid = nameless(customer.pay(order))

    assert paid == {
        "order": shown(order, "CONFIRMATION", 3),
        "payment": attempt("CARD", "SUCCEEDED"),
        "errors": [],
    }
    left = traces(api, order)
    left.check()
    assert left.transitions == [
        (None, "UNPAID", "CUSTOMER"),
        ("UNPAID", "CONFIRMATION", "PAYMENT_PROVIDER"),
    ]
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")
    assert left.charged == [("SUCCEEDED", 17868)]


@pytest.mark.parametrize(
    ("token", "code", "reason", "retryable"),
    [
        ("sandbox_card_declined", "card_declined", "The card was declined.", False),
        ("sandbox_card_no_funds", "insufficient_funds", "There was not enough money on the account.", True),
        ("sandbox_sepa", "unknown_token", "The payment method is not known to the payment provider.", False),
    ],
)
def test_case_16_a_declined_card_leaves_the_order_to_be_paid(
    api: Api, token: str, code: str, reason: str, retryable: bool
) -> None:
    customer = api.customer()
    order = customer.place("server")

    declined = nameless(customer.pay(order, token, idempotencyKey="one"))

    assert declined == {
        "order": shown(order, "UNPAID", 3),
        "payment": attempt("CARD", "FAILED", failureReason=reason),
        "errors": [
            refused(
                "PAYMENT_DECLINED",
                "The payment was declined. Use another payment method, or ask your bank.",
                "source",
                kind="PaymentDeclinedError",
                declineCode=code,
                retryable=retryable,
            )
        ],
    }
    with unchanged(api, order):
        assert nameless(customer.pay(order, token, idempotencyKey="one")) == declined
    assert customer.pay(order)["order"] == shown(order, "CONFIRMATION", 5)
    traces(api, order).check()


def test_a_direct_debit_waits_for_the_bank(api: Api) -> None:
    customer = api.customer()
    customer.place_and_pay("book")  # a first order cannot be paid so
    order = customer.place("server")

    waiting = nameless(customer.pay(order, "sandbox_sepa", "SEPA_DIRECT_DEBIT"))

    assert waiting == {
        "order": shown(order, "UNPAID", 2),
        "payment": attempt("SEPA_DIRECT_DEBIT", "PENDING"),
        "errors": [],
    }
    with unchanged(api, order):
        assert customer.pay(order) == {"order": shown(order, "UNPAID", 2), "payment": None, "errors": [IN_PROGRESS]}
    api.running.move_clock(timedelta(minutes=2))
    api.running.relay_once()
    left = traces(api, order)
    left.check()
    assert left.order[:2] == ("CONFIRMATION", 3)
    assert left.charged == [("SUCCEEDED", 17868)]


def test_case_16_an_answer_that_is_lost_is_asked_for_again(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")

    unknown = nameless(customer.pay(order, "sandbox_card_timeout", idempotencyKey="lost"))

    assert unknown == {"order": shown(order, "UNPAID", 2), "payment": attempt("CARD", "PENDING"), "errors": []}
    with unchanged(api, order):
        assert nameless(customer.pay(order, "sandbox_card_timeout", idempotencyKey="lost")) == unknown
        assert customer.pay(order)["errors"] == [IN_PROGRESS]
    api.running.move_clock(timedelta(minutes=1))
    api.running.relay_once()
    left = traces(api, order)
    left.check()
    assert left.order[:2] == ("CONFIRMATION", 3)
    assert left.charged == [("SUCCEEDED", 17868)]
    assert left.mails.count("PAYMENT_RECEIVED") == 1


def test_prepaid_money_is_taken_with_the_payment(api: Api) -> None:
    customer = api.customer(prepaid=20_000)
    order, second = customer.place("server"), customer.place("server")

    paid = nameless(customer.pay(order, "", "PREPAID_ACCOUNT"))

    assert paid == {
        "order": shown(order, "CONFIRMATION", 3),
        "payment": attempt("PREPAID_ACCOUNT", "SUCCEEDED"),
        "errors": [],
    }
    with unchanged(api, second):
        assert customer.pay(second, "", "PREPAID_ACCOUNT") == {
            "order": shown(second, "UNPAID", 1),
            "payment": None,
            "errors": [
                refused(
                    "PAYMENT_METHOD_NOT_USABLE",
                    "This payment method cannot pay this order: "
                    "The balance of the prepaid account is less than the order's total.",
                    *("source", "newMethod", "kind"),
                )
            ],
        }
    left = traces(api, order)
    left.check()
    assert left.charges == ()


def test_a_deferred_payment_is_for_administrations(api: Api) -> None:
    office, person = api.customer(account_type=AccountType.ADMINISTRATION), api.customer()
    order, other = office.place("server"), person.place("server")

    assert nameless(office.pay(order, "", "DEFERRED_PAYMENT")) == {
        "order": shown(order, "CONFIRMATION", 3),
        "payment": attempt("DEFERRED_PAYMENT", "SUCCEEDED"),
        "errors": [],
    }
    with unchanged(api, other):
        (error,) = person.pay(other, "", "DEFERRED_PAYMENT")["errors"]
    assert error["code"] == "PAYMENT_METHOD_NOT_USABLE"
    assert error["message"].endswith("This kind of payment is not offered to this type of account.")


def test_a_zero_total_settles_itself(api: Api) -> None:
    customer = api.customer()
    order = customer.place("gift")

    assert (order["status"], order["version"], order["total"]["amount"]) == ("CONFIRMATION", 2, "0.00")
    left = traces(api, order)
    left.check()
    assert left.transitions == [(None, "UNPAID", "CUSTOMER"), ("UNPAID", "CONFIRMATION", "SYSTEM")]
    with unchanged(api, order):
        assert customer.pay(order) == {
            "order": shown(order, "CONFIRMATION", 2),
            "payment": None,
            "errors": [ALREADY_PAID],
        }
