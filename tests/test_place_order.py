"""Placing an order: what it costs, what is refused, and that the same key never places it twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.api import Api


def test_makes_an_unpaid_order_that_expires_in_a_day(api: Api) -> None:
    customer = api.customer()

    payload = customer.run("place_order", lines=[{"productCode": "server", "quantity": 2}])

    order = payload["order"]
    assert payload["errors"] == []
    assert order["status"] == "UNPAID"
    assert order["version"] == 1
    assert order["number"].isdigit()
    # Two servers and two set-up fees, with 20 % VAT.
    assert order["total"] == {"amount": "357.36", "currency": "EUR"}
    shown = customer.run("purchase_order", number=order["number"])["purchaseOrder"]
    assert [(line["product"]["code"], line["quantity"], line["unitPrice"]["amount"]) for line in shown["lines"]] == [
        ("server", 2, "99.90"),
        ("setup", 2, "49.00"),
    ]
    assert not shown["expired"]


def test_same_key_places_once_whoever_is_first(api: Api) -> None:
    customer = api.customer()

    def place(_: int) -> str:
        payload = customer.run("place_order", lines=[{"productCode": "book"}], idempotencyKey="the same")
        assert payload["errors"] == []
        return str(payload["order"]["id"])

    with ThreadPoolExecutor(10) as pool:
        ids = set(pool.map(place, range(20)))

    assert len(ids) == 1
    assert len(customer.run("my_orders")["nodes"]) == 1


def test_expires_when_its_time_is_over(api: Api) -> None:
    customer = api.customer()
    order = customer.place("book")
    api.running.move_clock(timedelta(hours=24))

    assert customer.pay(order)["errors"][0]["code"] == "ORDER_EXPIRED"  # before any sweeper has run
    api.running.relay_once()

    tracking = customer.run("order_tracking", number=order["number"])
    assert tracking["status"] == "EXPIRED"
    assert tracking["tracking"]["currentStep"] == "VALIDATING"
    assert [step["status"] for step in tracking["tracking"]["steps"]] == ["ERROR", "TODO", "TODO", "TODO"]
