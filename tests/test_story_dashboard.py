"""The story of a dashboard: it follows all orders and their counts on one socket while other clients work."""

import json
from collections.abc import Callable
from typing import Any

from websockets.sync.client import ClientConnection

from tests.api import QUERIES, Api, Person

Counts = dict[str, int]


class Dashboard:
    """Two subscriptions of a member of staff on one socket."""

    def __init__(self, staff: Person, socket: ClientConnection) -> None:
        self._socket = socket
        self.transitions: list[dict[str, Any]] = []
        self.counts: list[Counts] = []
        self._subscribe("changes", "order_changes", after=staff.position())
        self._subscribe("counts", "counts_live")
        self.until(lambda: bool(self.counts))

    def until(self, holds: Callable[[], bool]) -> None:
        """Takes in what comes until that holds; fails the test when nothing comes any more."""
        while not holds():
            message = json.loads(self._socket.recv(timeout=20))
            assert message["type"] == "next", message
            data = message["payload"]["data"]
            if message["id"] == "counts":
                self.counts.append({each["status"]: each["count"] for each in data["orderCounts"]})
            else:
                self.transitions.append(data["statusTransitions"])

    def _subscribe(self, id: str, name: str, **variables: Any) -> None:
        payload = {"query": (QUERIES / f"{name}.graphql").read_text(), "variables": variables}
        self._socket.send(json.dumps({"id": id, "type": "subscribe", "payload": payload}))


def test_follows_transitions_and_counts_while_customers_order(api: Api) -> None:
    staff, one, other = api.staff(), api.customer(), api.customer()
    with staff.socket() as socket:
        dashboard = Dashboard(staff, socket)
        before = dashboard.counts[0]

        paid, unpaid = one.place_and_pay("server"), other.place("book")
        staff.run("confirm_order", orderId=paid["id"])

        expected = {**before, "UNPAID": before["UNPAID"] + 1, "BEING_PROCESSED": before["BEING_PROCESSED"] + 1}
        dashboard.until(lambda: len(dashboard.transitions) == 4 and dashboard.counts[-1] == expected)

    assert [(each["order"]["number"], each["to"], each["actor"]) for each in dashboard.transitions] == [
        (paid["number"], "UNPAID", "CUSTOMER"),
        (paid["number"], "CONFIRMATION", "PAYMENT_PROVIDER"),
        (unpaid["number"], "UNPAID", "CUSTOMER"),
        (paid["number"], "BEING_PROCESSED", "STAFF"),
    ]
    # Counts come at most once a second, and still agree with what counting anew says.
    assert len(dashboard.counts) <= 4
    counted = staff.run("order_counts")
    assert {each["status"]: each["count"] for each in counted} == expected


def test_customers_see_nothing_of_others(api: Api) -> None:
    one, other, staff = api.customer(), api.customer(), api.staff()
    with one.follow("order_changes") as changes, one.follow("counts_live") as counts:
        assert sum(each["count"] for each in counts.next()) == 0

        staff.run("confirm_order", orderId=other.place_and_pay("server")["id"])
        own = one.place("book")

        # The others' came first, and would have been seen first.
        assert changes.next()["order"]["number"] == own["number"]
        assert {each["status"]: each["count"] for each in counts.next() if each["count"]} == {"UNPAID": 1}


def test_one_can_follow_one_order_and_some_statuses_only(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, another = customer.place("server"), customer.place("book")
    with customer.follow("order_changes", orderId=order["id"], status=["CONFIRMATION", "BEING_PROCESSED"]) as feed:
        for each in (another, order):
            customer.pay(each)
            staff.run("confirm_order", orderId=each["id"])

        seen = [feed.next() for _ in range(2)]

    assert [(each["order"]["number"], each["to"]) for each in seen] == [
        (order["number"], "CONFIRMATION"),
        (order["number"], "BEING_PROCESSED"),
    ]
