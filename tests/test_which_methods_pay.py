"""Which methods can pay an order: whose they are, where they are offered, and why the others cannot."""

from datetime import timedelta
from typing import Any

import pytest

from models.account import AccountType
from models.payment import PaymentMethod
from schema.ids import uuid_of
from tests.answers import not_found, refused, shown
from tests.api import Api
from tests.behind import unchanged
from tests.test_payment_methods import add, options, saved


async def expire(api: Api, method: dict[str, Any]) -> None:
    """Its last day was yesterday."""
    async with api.running.database.writing() as tx:
        stored = await tx.session.get_one(PaymentMethod, uuid_of(method["id"], "PaymentMethod"))
        stored.expires_on = tx.now.date() - timedelta(days=1)


def test_case_15_another_ones_method_is_as_unknown_as_none(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    theirs = add(other)
    removed = add(customer)
    customer.run("remove_payment_method", paymentMethodId=removed["id"])
    order = customer.place("server")
    error = not_found("payment method", "source", "savedMethodId")
    with unchanged(api, order):
        for unknown in (theirs["id"], removed["id"], "UGF5bWVudE1ldGhvZDpub3RoaW5n", order["id"], ""):
            payload = customer.run("pay_order", orderId=order["id"], source={"savedMethodId": unknown})
            assert payload == {"order": shown(order, "UNPAID", 1), "payment": None, "errors": [error]}
    for name in ("set_default_payment_method", "remove_payment_method"):
        answers = [customer.run(name, paymentMethodId=each) for each in (theirs["id"], "nothing")]
        assert answers[0] == answers[1]
        assert answers[0]["paymentMethod"] is None
    assert len(saved(other)) == 1


def test_a_card_that_has_run_out_does_not_pay(api: Api) -> None:
    customer = api.customer()
    card = add(customer)
    api.running.do(expire(api, card))
    order = customer.place("server")
    assert options(customer, order)[card["id"]][:2] == (False, "METHOD_EXPIRED")
    with unchanged(api, order):
        payload = customer.run("pay_order", orderId=order["id"], source={"savedMethodId": card["id"]})
    assert [error["code"] for error in payload["errors"]] == ["PAYMENT_METHOD_NOT_USABLE"]


def test_each_method_says_why_it_cannot_pay_this_order(api: Api) -> None:
    customer = api.customer()
    card, debit = add(customer), add(customer, "sandbox_sepa", "SEPA_DIRECT_DEBIT")
    order = customer.place("server")
    first = "This kind of payment is not possible for an account's first order."
    assert options(customer, order) == {card["id"]: (True, None, None), debit["id"]: (False, "FIRST_ORDER", first)}

    with unchanged(api, order):  # and no other method is taken in its place
        payload = customer.run("pay_order", orderId=order["id"], source={"savedMethodId": debit["id"]})
    assert payload["errors"] == [
        refused(
            "PAYMENT_METHOD_NOT_USABLE",
            f"This payment method cannot pay this order: {first}",
            *("source", "savedMethodId"),
        )
    ]
    customer.pay(order)
    second = customer.place("server")
    assert options(customer, second)[debit["id"]] == (True, None, None)


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, ["CARD", "SEPA_DIRECT_DEBIT", "PAYPAL", "PREPAID_ACCOUNT", "BANK_TRANSFER"]),
        ({"country": "US", "currency": "USD"}, ["CARD", "PAYPAL", "PREPAID_ACCOUNT", "BANK_TRANSFER"]),
        ({"country": "PL", "currency": "PLN"}, ["CARD", "PAYPAL", "PREPAID_ACCOUNT", "BANK_TRANSFER"]),
        (
            {"account_type": AccountType.ADMINISTRATION},
            ["CARD", "SEPA_DIRECT_DEBIT", "PREPAID_ACCOUNT", "DEFERRED_PAYMENT", "BANK_TRANSFER"],
        ),
    ],
)
def test_what_is_offered_depends_on_country_and_account_type(
    api: Api, fields: dict[str, Any], kinds: list[str]
) -> None:
    customer = api.customer(**fields)
    order = customer.place("server")
    offered = customer.run("purchase_order", number=order["number"])["purchaseOrder"]["availablePaymentMethods"]
    assert [each["kind"] for each in offered] == kinds
    for kind in {"SEPA_DIRECT_DEBIT", "PAYPAL"} - set(kinds):
        token = {"SEPA_DIRECT_DEBIT": "sandbox_sepa", "PAYPAL": "sandbox_paypal"}[kind]
        with unchanged(api, order):
            payload = customer.run("add_payment_method", kind=kind, providerToken=token)
            assert payload["paymentMethod"] is None
            assert payload["errors"][0]["code"] == "PAYMENT_METHOD_NOT_USABLE"
            assert customer.pay(order, token, kind)["errors"][0]["code"] == "PAYMENT_METHOD_NOT_USABLE"


@pytest.mark.parametrize(
    ("kind", "token", "path"),
    [
        ("CARD", None, "providerToken"),
        ("CARD", "unheard_of", "providerToken"),
        ("CARD", "sandbox_sepa", "providerToken"),
        ("BANK_TRANSFER", None, "kind"),
        ("PREPAID_ACCOUNT", "sandbox_card", "kind"),
    ],
)
def test_what_cannot_be_saved(api: Api, kind: str, token: str | None, path: str) -> None:
    customer = api.customer()
    payload = customer.run("add_payment_method", kind=kind, providerToken=token)
    assert payload["paymentMethod"] is None
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID_INPUT", [path])]
    assert saved(customer) == []


def test_nothing_pays_an_order_that_is_not_to_be_paid(api: Api) -> None:
    customer = api.customer()
    customer.run("add_payment_method", kind="CARD", providerToken="sandbox_card")
    paid, held, awaited, expired, open_one = (customer.place("server") for _ in range(5))

    def usable(order: dict[str, Any]) -> list[tuple[bool, str | None]]:
        shown = customer.run("purchase_order", number=order["number"])["purchaseOrder"]
        return [(each["usable"], each["code"]) for each in shown["savedPaymentMethods"]]

    customer.pay(paid)
    customer.pay(held, "sandbox_card_timeout")
    customer.pay(awaited, "", "BANK_TRANSFER")
    assert usable(open_one) == usable(awaited) == [(True, None)]
    assert usable(paid) == [(False, "ALREADY_PAID")]
    assert usable(held) == [(False, "PAYMENT_IN_PROGRESS")]
    api.running.move_clock(timedelta(hours=24))
    assert usable(expired) == [(False, "ORDER_EXPIRED")]
