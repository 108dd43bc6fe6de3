"""Paying an order: with each kind of method, and what is refused without anything having happened."""

from datetime import timedelta
from typing import Any

import pytest

from models.account import AccountType
from tests.answers import failures, invalid, not_found, refused, shown
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


def test_what_is_paid_is_not_paid_again(api: Api) -> None:
    customer = api.customer()
    order = customer.place_and_pay("server")
    with unchanged(api, order):
        again = customer.pay(order)
    assert again == {"order": shown(order, "CONFIRMATION", 3), "payment": None, "errors": [ALREADY_PAID]}


def test_another_customers_order_is_as_unknown_as_none(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        for unknown in (order, {"id": "T3JkZXI6bm90aGluZw"}):
            assert other.pay(unknown) == {"order": None, "payment": None, "errors": [not_found("order", "orderId")]}


@pytest.mark.parametrize(
    ("method", "message", "field"),
    [
        ({"kind": "CARD"}, "A provider token goes with card, direct debit and PayPal, and with no other kind.", None),
        (
            {"kind": "BANK_TRANSFER", "providerToken": "sandbox_card"},
            "A provider token goes with card, direct debit and PayPal, and with no other kind.",
            None,
        ),
        ({"kind": "BANK_TRANSFER", "save": True}, "This kind of payment method cannot be saved.", "save"),
        ({"kind": "CARD", "providerToken": "t" * 256}, "This text is too long.", None),
    ],
)
def test_a_method_that_makes_no_sense_is_refused(
    api: Api, method: dict[str, Any], message: str, field: str | None
) -> None:
    customer = api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        payload = customer.run("pay_order", orderId=order["id"], source={"newMethod": method})
    error = invalid(message, "source", "newMethod", field or "providerToken")
    assert payload == {"order": shown(order, "UNPAID", 1), "payment": None, "errors": [error]}


def test_the_customer_is_sent_to_our_own_pages_only(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        for url in ("https://evil.example/", api.url.replace("http:", "ftp:"), api.url + ".evil.example", "//x"):
            payload = customer.pay(order, returnUrl=url)
            assert payload["errors"] == [invalid("The address to come back to is not one of ours.", "returnUrl")]


def test_case_13_what_it_costs_is_never_taken_from_the_client(api: Api) -> None:
    """There is no input for an amount, a currency or a rate: one that is sent is refused before anything is done."""
    customer = api.customer()
    order = customer.place("server")
    method = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}
    with unchanged(api, order):
        for extra in ({"amount": "0.01"}, {"currency": "JPY"}, {"total": {"amount": "0.01", "currency": "EUR"}}):
            fields = {"orderId": order["id"], "source": method, "idempotencyKey": "k", **extra}
            assert failures(customer, "pay_order", **fields) == ["BAD_USER_INPUT"]
        for extra in ({"unitPrice": "0.01"}, {"taxRate": "0"}):
            lines = [{"productCode": "server", **extra}]
            assert failures(customer, "place_order", lines=lines, idempotencyKey="k") == ["BAD_USER_INPUT"]
    assert len(customer.run("my_orders")["nodes"]) == 1


def test_an_order_is_paid_with_one_method(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    both = {"savedMethodId": "x", "newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}
    with unchanged(api, order):
        for source in ({}, both, {"newMethod": None}):
            fields = {"orderId": order["id"], "source": source, "idempotencyKey": "k"}
            assert failures(customer, "pay_order", **fields) == ["BAD_USER_INPUT"]
