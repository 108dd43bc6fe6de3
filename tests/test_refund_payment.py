"""Refunding a payment: in part or whole, never more than was paid, once for each key."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateways.payments import ProviderRefusal, ProviderUnavailable
from models.account import AccountType
from tests.answers import failures, invalid, not_found, plain, refused
from tests.api import Api, Person
from tests.behind import traces, unchanged

NOTHING_LEFT = plain(
    refused("REFUND_NOT_POSSIBLE", "Nothing is left that could be refunded, or less than that.", "amount")
)
NO_AMOUNT = plain(invalid("This is no amount of the payment's currency.", "amount"))
MISMATCH = "IDEMPOTENCY_MISMATCH"


def paid(customer: Person, *codes: str) -> tuple[dict[str, Any], str]:
    """An order and the id of its one payment."""
    order = customer.place_and_pay(*codes)
    (payment,) = customer.run("order_payments", number=order["number"])["payments"]
    return order, payment["id"]


def given_back(payment_id: str, status: str, refunded: str, amount: str = "178.68") -> dict[str, Any]:
    return {
        "id": payment_id,
        "status": status,
        "amount": {"amount": amount, "currency": "EUR"},
        "refunded": {"amount": refunded, "currency": "EUR"},
    }


def test_a_part_and_then_the_rest(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = paid(customer)

    part = staff.run("refund_payment", paymentId=payment, amount="78.68", reason="Late.")
    assert part == {"payment": given_back(payment, "PARTIALLY_REFUNDED", "78.68"), "errors": []}
    with unchanged(api, order):
        more = staff.run("refund_payment", paymentId=payment, amount="100.01")
        assert more == {"payment": part["payment"], "errors": [NOTHING_LEFT]}
    rest = staff.run("refund_payment", paymentId=payment)
    assert rest == {"payment": given_back(payment, "REFUNDED", "178.68"), "errors": []}

    left = traces(api, order)
    left.check()
    assert left.refunds == (("SUCCEEDED", 7868), ("SUCCEEDED", 10000))
    assert left.charged == [("SUCCEEDED", 0)]
    assert left.mails[2:] == ("REFUNDED", "REFUNDED")
    assert left.order[:2] == ("CONFIRMATION", 7)  # giving money back does not move an order
    with unchanged(api, order):
        none = staff.run("refund_payment", paymentId=payment)
        assert [error["code"] for error in none["errors"]] == ["REFUND_NOT_POSSIBLE"]


def test_case_17_the_same_key_gives_back_once(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = paid(customer)

    def refund(_: int) -> Any:
        return staff.run("refund_payment", paymentId=payment, amount="10.00", idempotencyKey=f"once {payment}")

    with ThreadPoolExecutor(10) as pool:
        payloads = list(pool.map(refund, range(10)))

    assert {error["code"] for payload in payloads for error in payload["errors"]} <= {"IDEMPOTENCY_IN_PROGRESS"}
    assert refund(0) == {"payment": given_back(payment, "PARTIALLY_REFUNDED", "10.00"), "errors": []}
    with unchanged(api, order):
        other = staff.run("refund_payment", paymentId=payment, amount="11.00", idempotencyKey=f"once {payment}")
    assert [error["code"] for error in other["errors"]] == [MISMATCH]
    left = traces(api, order)
    left.check()
    assert left.charged == [("SUCCEEDED", 16868)]


def test_staff_and_the_relay_do_not_ask_for_the_same_refund_at_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = paid(customer)
    refund, asked = api.running.sandbox.refund, list[str]()

    async def meanwhile(**about: Any) -> Any:
        asked.append(about["idempotency_key"])
        if len(asked) == 1:
            await api.running.relay.run_once()
        return await refund(**about)

    monkeypatch.setattr(api.running.sandbox, "refund", meanwhile)
    assert staff.run("refund_payment", paymentId=payment)["errors"] == []
    assert len(asked) == 1
    left = traces(api, order)
    left.check()
    assert left.refunds == (("SUCCEEDED", 17868),)


def test_a_refund_whose_asker_has_died_is_paid_out_by_the_relay(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = paid(customer)

    async def died(*_: Any, **__: Any) -> None:
        """Between the promise and the call."""

    with monkeypatch.context() as patched:
        patched.setattr("ordering.refunding.settle_refund", died)
        staff.run("refund_payment", paymentId=payment)
    api.running.move_clock(timedelta(seconds=31))
    api.running.relay_once()
    left = traces(api, order)
    left.check()
    assert left.refunds == (("SUCCEEDED", 17868),)


def test_case_17_different_keys_never_give_back_more_than_was_paid(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = paid(customer)

    def refund(_: int) -> Any:
        return staff.run("refund_payment", paymentId=payment, amount="50.00")

    with ThreadPoolExecutor(8) as pool:
        payloads = list(pool.map(refund, range(8)))

    codes = [error["code"] for payload in payloads for error in payload["errors"]]
    assert codes == ["REFUND_NOT_POSSIBLE"] * 5
    left = traces(api, order)
    left.check()
    assert left.charged == [("SUCCEEDED", 2868)]


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "-Infinity", "1E+2", "1e999999", "", " 1", "1,5", "+1", "\u0661", 1, 1.5]
)
def test_case_14_what_is_no_decimal_is_refused_before_anything(api: Api, amount: Any) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = paid(customer)
    with unchanged(api, order):
        fields = {"paymentId": payment, "amount": amount, "idempotencyKey": "k"}
        assert failures(staff, "refund_payment", **fields) == ["BAD_USER_INPUT"]
        literal = f'mutation {{ refundPayment(input: {{paymentId: "{payment}", amount: {amount!r}, '
        literal = literal.replace("'", '"') + 'idempotencyKey: "k"}) { errors { code } } }'
        assert [error["extensions"]["code"] for error in staff.send(literal)["errors"]] == ["BAD_USER_INPUT"]
        fields["amount"] = "1" + "0" * 18
        assert failures(staff, "refund_payment", **fields) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("amount", ["-1", "0", "-0", "0.00", "0.001", "178.681", "999999999999999999"])
def test_case_14_what_is_no_amount_is_refused_by_the_rule(api: Api, amount: str) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = paid(customer)
    with unchanged(api, order):
        payload = staff.run("refund_payment", paymentId=payment, amount=amount)
    assert payload == {"payment": given_back(payment, "SUCCEEDED", "0.00"), "errors": [NO_AMOUNT]}


def test_case_14_yen_have_no_smaller_unit(api: Api) -> None:
    customer, staff = api.customer(country="JP", currency="JPY"), api.staff()
    order, payment = paid(customer, "promoted")
    with unchanged(api, order):
        for amount in ("1.5", "0.01"):
            payload = staff.run("refund_payment", paymentId=payment, amount=amount)
            assert payload["errors"] == [NO_AMOUNT]
    payload = staff.run("refund_payment", paymentId=payment, amount="1.0")
    assert payload["payment"]["refunded"] == {"amount": "1", "currency": "JPY"}


def test_there_must_be_a_payment_that_brought_money(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    customer.pay(order, "sandbox_card_declined")
    (declined,) = customer.run("order_payments", number=order["number"])["payments"]
    with unchanged(api, order):
        payload = staff.run("refund_payment", paymentId=declined["id"])
        assert [error["code"] for error in payload["errors"]] == ["REFUND_NOT_POSSIBLE"]
        for unknown in ("", order["id"], "UGF5bWVudDpub3RoaW5n"):
            payload = staff.run("refund_payment", paymentId=unknown)
            assert payload == {"payment": None, "errors": [plain(not_found("payment", "paymentId"))]}


def test_one_that_the_provider_refuses_is_told_and_counts_for_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = paid(customer)

    async def refuse(**asked: Any) -> str:
        raise ProviderRefusal("charge_disputed")

    monkeypatch.setattr(api.running.parts.provider, "refund", refuse)
    with capture_logs() as logged:
        payload = staff.run("refund_payment", paymentId=payment, amount="10.00", idempotencyKey=f"no {payment}")
    refusal = plain(refused("REFUND_NOT_POSSIBLE", "The payment provider refuses this refund.", "paymentId"))
    assert payload == {"payment": given_back(payment, "SUCCEEDED", "0.00"), "errors": [refusal]}
    assert [(each["log_level"], each["code"]) for each in logged if "refund" in each] == [("error", "charge_disputed")]
    with unchanged(api, order):
        again = staff.run("refund_payment", paymentId=payment, amount="10.00", idempotencyKey=f"no {payment}")
    assert again == payload
    left = traces(api, order)
    left.check()
    assert left.refunds == (("FAILED", 1000),)
    assert "REFUNDED" not in left.mails


def test_a_deferred_payment_has_collected_nothing_to_write_of(api: Api) -> None:
    customer, staff = api.customer(account_type=AccountType.ADMINISTRATION), api.staff()
    order = customer.place("server")
    payment = customer.pay(order, "", "DEFERRED_PAYMENT")["payment"]["id"]
    assert staff.run("refund_payment", paymentId=payment)["payment"]["status"] == "REFUNDED"
    left = traces(api, order)
    left.check()
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")


def test_a_refund_is_tried_again_until_the_provider_answers(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = paid(customer)
    provider, refund = api.running.parts.provider, api.running.parts.provider.refund

    async def lost(**asked: Any) -> str:
        await refund(**asked)
        raise ProviderUnavailable("the answer was lost on the way")

    monkeypatch.setattr(provider, "refund", lost)
    promised = staff.run("refund_payment", paymentId=payment, amount="10.00")
    assert promised == {"payment": given_back(payment, "PARTIALLY_REFUNDED", "10.00"), "errors": []}
    assert traces(api, order).refunds == (("PENDING", 1000),)
    monkeypatch.undo()
    api.running.move_clock(timedelta(minutes=1))
    api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.refunds == (("SUCCEEDED", 1000),)
    assert left.charged == [("SUCCEEDED", 16868)]
    assert left.mails[2:] == ("REFUNDED",)
