"""Strong authentication: the customer goes to the bank's page, and comes back having paid, or not, or never."""

from asyncio import to_thread
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import sqlalchemy as sa

from gateways.payments import Charge, ProviderUnavailable
from models.payment import Payment, PaymentStatus
from models.sandbox import SandboxCharge, SandboxStatus
from schema.ids import uuid_of
from tests.answers import refused, shown
from tests.api import Api, Person
from tests.behind import traces, unchanged

TOKEN = "sandbox_card_authentication"


@pytest.fixture
def bank(api: Api) -> Iterator[httpx2.Client]:
    """A browser that has no account here: the sandbox's page is the bank's."""
    with httpx2.Client(base_url=api.url, timeout=30) as browser:
        yield browser


def begin(customer: Person, order: dict[str, Any], token: str = TOKEN, kind: str = "CARD", **fields: Any) -> str:
    """The path of the bank's page."""
    payload = customer.pay(order, token, kind, **fields)
    assert payload["errors"] == []
    assert payload["payment"]["status"] == "ACTION_REQUIRED"
    url = str(payload["payment"]["nextActionUrl"])
    assert url.startswith(f"{customer.api.url}/sandbox/ch_")
    return urlsplit(url).path


def attempts(customer: Person, order: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    payments = customer.run("order_payments", number=order["number"])["payments"]
    return [(each["status"], each["nextActionUrl"], each["failureReason"]) for each in payments]


@pytest.mark.parametrize(("token", "kind"), [(TOKEN, "CARD"), ("sandbox_paypal", "PAYPAL")])
def test_what_the_bank_approves_is_paid(api: Api, bank: httpx2.Client, token: str, kind: str) -> None:
    customer = api.customer()
    order = customer.place("server")
    path = begin(customer, order, token, kind, returnUrl=f"{api.url}/back?from=bank")
    assert traces(api, order).order[:2] == ("UNPAID", 3)

    page = bank.get(path)
    answer = bank.post(path, data={"answer": "approve"})

    assert page.status_code == 200
    assert "€178.68" in page.text
    assert (answer.status_code, answer.headers["location"]) == (303, f"{api.url}/back?from=bank")
    assert attempts(customer, order) == [("SUCCEEDED", None, None)]
    left = traces(api, order)
    left.check()
    assert left.order[:2] == ("CONFIRMATION", 4)
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")
    with unchanged(api, order):
        bank.post(path, data={"answer": "refuse"})
        bank.post(path, data={"answer": "approve"})


def test_what_the_bank_refuses_can_be_paid_otherwise(api: Api, bank: httpx2.Client) -> None:
    customer = api.customer()
    order = customer.place("server")
    bank.post(begin(customer, order), data={"answer": "refuse"})

    assert attempts(customer, order) == [("FAILED", None, "The payment was not approved.")]
    assert customer.pay(order)["order"] == shown(order, "CONFIRMATION", 6)
    left = traces(api, order)
    left.check()
    assert left.charged == [("FAILED", 17868), ("SUCCEEDED", 17868)]


def test_another_key_replaces_an_attempt_that_waits_for_the_customer(api: Api, bank: httpx2.Client) -> None:
    customer = api.customer()
    order = customer.place("server")
    path = begin(customer, order, idempotencyKey="first")
    first = customer.pay(order, TOKEN, idempotencyKey="first")

    second = customer.pay(order, idempotencyKey="second", expectedVersion=3)

    assert second["errors"] == []
    assert attempts(customer, order) == [("CANCELLED", None, None), ("SUCCEEDED", None, None)]
    with unchanged(api, order):  # the page of the one that was replaced does nothing any more
        assert "The payment has been cancelled." in bank.post(path, data={"answer": "approve"}).text
        again = customer.pay(order, TOKEN, idempotencyKey="first")
    assert again["payment"] == {**first["payment"], "status": "CANCELLED", "nextActionUrl": None}
    left = traces(api, order)
    left.check()
    assert left.charged == [("CANCELLED", 17868), ("SUCCEEDED", 17868)]


def test_an_attempt_that_proves_paid_is_not_replaced(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))

    payload = customer.pay(order)

    already = refused("ALREADY_PAID", "The order has been paid already.")
    assert payload == {"order": shown(order, "CONFIRMATION", 4), "payment": None, "errors": [already]}
    left = traces(api, order)
    left.check()
    assert left.charged == [("SUCCEEDED", 17868)]


def test_the_relay_finds_what_the_bank_never_told(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))
    api.running.move_clock(timedelta(minutes=1))
    api.running.relay_once()
    left = traces(api, order)
    left.check()
    assert left.order[:2] == ("CONFIRMATION", 4)


def test_a_cancellation_does_not_overtake_an_attempt_that_is_begun_meanwhile(
    api: Api, bank: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a cancellation speaks to the provider, its customer begins another attempt, and then approves that one."""
    customer = api.customer()
    order = customer.place("server")
    begin(customer, order)
    begun: list[str] = []
    provider = api.running.parts.provider
    cancel = provider.cancel

    async def slow(reference: str) -> Charge:
        monkeypatch.undo()
        charge = await cancel(reference)
        begun.append(await to_thread(begin, customer, order))
        return charge

    monkeypatch.setattr(provider, "cancel", slow)
    cancelled = customer.run("cancel_order", orderId=order["id"])

    assert cancelled["order"]["status"] == "UNPAID"
    assert [error["code"] for error in cancelled["errors"]] == ["PAYMENT_IN_PROGRESS"]
    bank.post(begun[0], data={"answer": "approve"})
    left = traces(api, order)
    left.check()
    assert left.order[0] == "CONFIRMATION"
    assert [status for status, _, _ in attempts(customer, order)] == ["CANCELLED", "SUCCEEDED"]


def test_a_cancellation_waits_for_a_provider_that_does_not_answer(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = api.customer()
    order = customer.place("server")
    begin(customer, order)

    async def silent(reference: str) -> Charge:
        raise ProviderUnavailable(reference)

    monkeypatch.setattr(api.running.parts.provider, "cancel", silent)
    cancelled = customer.run("cancel_order", orderId=order["id"])

    assert cancelled["order"]["status"] == "UNPAID"
    assert [error["code"] for error in cancelled["errors"]] == ["PAYMENT_IN_PROGRESS"]


def test_money_that_comes_after_all_goes_back_once(api: Api) -> None:
    """The provider takes back its word that the attempt was ended, when the order has been cancelled for good."""
    customer = api.customer()
    order = customer.place("server")
    begin(customer, order)
    assert customer.run("cancel_order", orderId=order["id"])["order"]["status"] == "CANCELLED"

    async def charged_after_all() -> None:
        async with api.running.database.writing() as tx:
            order_id = uuid_of(order["id"], "Order")
            payment = (await tx.session.execute(sa.select(Payment).filter_by(order_id=order_id))).scalar_one()
            charge = await tx.session.get_one(SandboxCharge, payment.provider_reference)
            charge.status = SandboxStatus.SUCCEEDED
            payment.status, payment.provider_token, payment.next_check_at = PaymentStatus.PENDING, TOKEN, tx.now

    api.running.do(charged_after_all())
    for _ in range(2):
        api.running.relay_once()

    left = traces(api, order)
    assert left.order[0] == "CANCELLED"
    assert [status for status, _, _ in attempts(customer, order)] == ["REFUNDED"]
    assert left.mails == ("ORDER_PLACED", "ORDER_CANCELLED", "REFUNDED")


def approve_unheard(api: Api, path: str) -> None:
    """The customer approves and the provider's word of it is lost."""
    sandbox = api.running.sandbox
    api.running.do(sandbox.complete_action(path.rpartition("/")[2], approve=True))
