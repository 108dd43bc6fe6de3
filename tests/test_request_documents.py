"""Asking for supporting documents: staff ask, the customer is told, and what does not come in time ends the order."""

from datetime import datetime, timedelta

from tests.answers import STAFF_MAY, done, illegal, invalid, shown
from tests.api import Api
from tests.behind import traces, unchanged


def test_the_customer_is_asked(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    kinds = ["IDENTITY", "PROOF_OF_ADDRESS", "IDENTITY"]

    payload = staff.run("request_documents", orderId=order["id"], documents=kinds, message="Both sides, please.")

    assert payload == done(order, "DOCUMENTS_REQUESTED", 4)
    seen = customer.run("order_actions", number=order["number"])
    request = seen["documentRequest"]
    due, asked = (datetime.fromisoformat(request.pop(name)) for name in ("dueAt", "requestedAt"))
    assert due - asked == timedelta(hours=48)
    assert request == {"documents": ["IDENTITY", "PROOF_OF_ADDRESS"], "message": "Both sides, please."}
    assert [each["action"] for each in seen["actions"] if each["allowed"]] == ["PROVIDE_DOCUMENTS", "WITHDRAW"]
    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("CONFIRMATION", "DOCUMENTS_REQUESTED", "STAFF")
    assert left.mails[2:] == ("DOCUMENTS_REQUESTED",)


def test_only_what_is_being_verified_is_asked_about(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    unpaid, asked, confirmed = customer.place("server"), customer.place_and_pay(), customer.place_and_pay()
    staff.run("request_documents", orderId=asked["id"], documents=["OTHER"])
    staff.run("confirm_order", orderId=confirmed["id"])
    found = {"UNPAID": (unpaid, 1), "DOCUMENTS_REQUESTED": (asked, 4), "BEING_PROCESSED": (confirmed, 4)}
    with unchanged(api, unpaid, asked, confirmed):
        for status, (order, version) in found.items():
            assert staff.run("request_documents", orderId=order["id"], documents=["OTHER"]) == {
                "order": shown(order, status, version),
                "errors": [illegal(status, *STAFF_MAY[status])],
            }


def test_something_must_be_asked_for(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    with unchanged(api, order):
        nothing = staff.run("request_documents", orderId=order["id"], documents=[])
        assert nothing["errors"] == [invalid("Say which documents are needed.", "documents")]
        long = staff.run("request_documents", orderId=order["id"], documents=["OTHER"], message="m" * 1001)
        assert long["errors"] == [invalid("This text is too long.", "message")]


def test_what_comes_too_late_ends_the_order_and_the_money_goes_back(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    staff.run("request_documents", orderId=order["id"], documents=["IDENTITY"])
    api.running.move_clock(timedelta(hours=47))
    api.running.relay_once()
    assert traces(api, order).order[:2] == ("DOCUMENTS_REQUESTED", 4)

    api.running.move_clock(timedelta(hours=1))
    for _ in range(2):
        api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("DOCUMENTS_REQUESTED", "CANCELLED", "SYSTEM")
    assert left.charged == [("SUCCEEDED", 0)]
    assert left.refunds == (("SUCCEEDED", 17868),)
    assert left.mails[3:] == ("ORDER_CANCELLED", "REFUNDED")
    tracking = customer.run("order_tracking", number=order["number"])["tracking"]
    assert tracking["history"]["nodes"][-1]["reason"] == "The documents that we asked for did not arrive in time."
    assert customer.run("order_actions", number=order["number"])["documentRequest"] is None


def test_they_can_be_asked_for_again(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    for version in (4, 6):
        asked = staff.run("request_documents", orderId=order["id"], documents=["OTHER"])
        assert asked == done(order, "DOCUMENTS_REQUESTED", version)
        documents = [{"uploadId": customer.upload(), "kind": "OTHER"}]
        provided = customer.run("provide_documents", orderId=order["id"], documents=documents)
        assert provided == done(order, "CONFIRMATION", version + 1)
    api.running.move_clock(timedelta(days=5))
    before = traces(api, order).own
    api.running.relay_once()
    assert traces(api, order).own == before
