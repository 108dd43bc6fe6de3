"""The story of one order, as its customer and staff live it: placed, paid, confirmed, delivered, followed live."""

from tests.api import Api


def test_from_the_basket_to_the_access_details(api: Api) -> None:
    customer, staff = api.customer(), api.staff()

    with customer.follow("order_changes") as feed:
        order = customer.place("server")
        customer.pay(order)
        staff.run("confirm_order", orderId=order["id"])
        staff.run("complete_order", orderId=order["id"], accessDetails="root / s3cret")
        seen = [feed.next() for _ in range(4)]

    assert [(event["sequence"], event["from"], event["to"], event["actor"]) for event in seen] == [
        (1, None, "UNPAID", "CUSTOMER"),
        (2, "UNPAID", "CONFIRMATION", "PAYMENT_PROVIDER"),
        (3, "CONFIRMATION", "BEING_PROCESSED", "STAFF"),
        (4, "BEING_PROCESSED", "COMPLETE", "STAFF"),
    ]
    paid = customer.run("order_payments", number=order["number"])
    assert [payment["status"] for payment in paid["payments"]] == ["SUCCEEDED"]
    assert customer.get(paid["invoice"]["url"]).headers["content-type"] == "application/pdf"
