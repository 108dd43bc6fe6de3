"""Random lives of orders: what random actors do with them, through the front door, beside a plain model of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.answers import failures
from tests.bank import Line, counts, csv_of, imported, reference
from tests.behind import unchanged
from tests.model import CUSTOMER_MAY, LEADS_TO, STAFF_MAY, TOKENS, Attempt, ModelOrder
from tests.witness import Witness

BASKETS = (["server"], ["book"], ["gift"], ["domain", "promoted"])
DOCUMENTS = {action: action.lower() + ("_from_order" if action == "WITHDRAW" else "_order") for action in LEADS_TO} | {
    "PROVIDE_DOCUMENTS": "provide_documents",
    "REQUEST_DOCUMENTS": "request_documents",
}
WAYS = [(False, each) for each in CUSTOMER_MAY if each in LEADS_TO] + [(True, each) for each in STAFF_MAY]
MOST_ORDERS = 4
#: Longer than anything that is due again waits.
A_WHILE = timedelta(minutes=20)
some_order = st.integers(0, MOST_ORDERS - 1)


class Lives(Witness):
    """Each rule does one thing, tells the model, and has what came of it compared."""

    # ------------------------------------------------------------ what the customer does

    @initialize()
    def begin(self) -> None:
        for _ in range(2):
            self.take(self.customer.place("server"))
        self.pay(0, ("CARD", "sandbox_card"), stale=False)

    @precondition(lambda self: len(self.orders) < MOST_ORDERS)
    @rule(basket=st.sampled_from(BASKETS))
    def place(self, basket: list[str]) -> None:
        waived = "domain" in basket
        refused = self.customer.run("place_order", lines=[{"productCode": code} for code in basket])["errors"]
        if waived:
            assert [error["path"] for error in refused] == [["waiveWithdrawal"]]
            self.take(self.customer.place(*basket, waiveWithdrawal=True))
        else:
            assert refused == []
            self.take(self.customer.run("my_orders", first=1)["nodes"][0])

    @rule(index=some_order, token=st.sampled_from(sorted(TOKENS)), stale=st.booleans())
    def pay(self, index: int, token: tuple[str, str], stale: bool) -> None:
        order = self.pick(index)
        expected = self.expected(order, "PAY", self.customer)
        if expected is None and order.transfer_announced and token[0] == "BANK_TRANSFER":
            expected = "PAYMENT_IN_PROGRESS"
        known = {"expectedVersion": order.version - 1 if stale else order.version}
        payload = self.customer.pay({"id": order.id}, token[1], token[0], **known)
        codes = [error["code"] for error in payload["errors"]]
        if stale:
            assert codes == ["VERSION_CONFLICT"]
        elif expected is not None:
            assert codes == [expected]
        elif not order.release():
            assert codes == ["ALREADY_PAID"]
        else:
            outcome = TOKENS[token]
            assert codes == (["PAYMENT_DECLINED"] if outcome == "FAILED" else [])
            url = payload["payment"]["nextActionUrl"]
            order.attempts.append(
                Attempt(token[0], "PENDING", self.clock, payload["payment"]["id"], urlsplit(url or "").path)
            )
            order.settle(order.attempts[-1], outcome)
        self.check(order, changed=not stale and expected is None)

    @precondition(lambda self: any(attempt.path for order in self.orders for attempt in order.attempts))
    @rule(index=some_order, approve=st.booleans(), heard=st.booleans())
    def answer_the_bank(self, index: int, approve: bool, heard: bool) -> None:
        asked = [(order, each) for order in self.orders for each in order.attempts if each.path]
        order, attempt = asked[index % len(asked)]
        waits = attempt.status == "ACTION_REQUIRED"
        if waits and attempt.answered is None:
            attempt.answered = approve
        if heard:
            self.api.http.post(attempt.path, data={"answer": "approve" if approve else "refuse"})
            if waits:
                order.settle(attempt, "SUCCEEDED" if attempt.answered else "FAILED")
        else:
            sandbox = self.api.running.sandbox
            self.api.running.do(sandbox.complete_action(attempt.path.rpartition("/")[2], approve=approve))
        self.check(order, changed=waits and heard)

    @precondition(lambda self: any(order.status in CUSTOMER_MAY["REORDER"] for order in self.orders))
    @rule(index=some_order)
    def reorder(self, index: int) -> None:
        order = self.pick(index)
        expected = self.expected(order, "REORDER", self.customer)
        payload = self.customer.run("reorder", orderId=order.id)
        assert [error["code"] for error in payload["errors"]] == ([expected] if expected else [])
        self.check(order, changed=False)
        if expected is None and len(self.orders) < MOST_ORDERS:
            self.take(payload["order"])

    # ------------------------------------------------------------ what both may do

    @rule(index=some_order, which=st.integers(0, 8))
    def go_on(self, index: int, which: int) -> None:
        """A step towards delivery where there is one; left to chance alone, hardly any order would get far."""
        order, now = self.pick(index), datetime.now(UTC) + self.clock
        onwards = [way for way in WAYS if LEADS_TO[way[1]] != "CANCELLED"]
        allowed = [way for way in onwards if not order.why_not(way[1], staff=way[0], clock=self.clock, now=now)]
        if allowed:
            self.act(order, allowed[which % len(allowed)], stale=False)
        elif order.status == "UNPAID":
            self.pay(index, ("CARD", "sandbox_card"), stale=False)

    @rule(index=some_order, way=st.sampled_from(WAYS), stale=st.booleans())
    def try_anything(self, index: int, way: tuple[bool, str], stale: bool) -> None:
        self.act(self.pick(index), way, stale=stale and way[1] != "PROVIDE_DOCUMENTS")

    def act(self, order: ModelOrder, way: tuple[bool, str], *, stale: bool) -> None:
        by_staff, action = way
        person = self.staff if by_staff else self.customer
        expected = self.expected(order, action, person)
        expected = "VERSION_CONFLICT" if stale else expected
        payload = person.run(DOCUMENTS[action], **self.fields(order, action, stale=stale))
        codes = [error["code"] for error in payload["errors"]]
        if expected is None and action == "CANCEL" and not order.release():
            assert codes == ["ILLEGAL_TRANSITION"]  # what was to be cancelled proved to be paid
        else:
            assert codes == ([expected] if expected else [])
            if expected is None:
                self.moved(order, action)
        self.check(order, changed=expected is None)

    @precondition(lambda self: any(each.attempts for each in self.orders))
    @rule(index=some_order, part=st.sampled_from([None, 1, 700, 10**7]))
    def refund(self, index: int, part: int | None) -> None:
        tried = [each for each in self.orders if each.attempts]
        order = tried[index % len(tried)]
        attempt = next((each for each in order.attempts if each.status == "SUCCEEDED"), order.attempts[-1])
        expected = self.expected(order, "REFUND", self.staff)
        left = order.paid - order.back
        amount = None if part is None else f"{part // 100}.{part % 100:02}"
        payload = self.staff.run("refund_payment", paymentId=attempt.id, amount=amount)
        wanted = left if part is None else part
        if expected is None and wanted > left:
            expected = "REFUND_NOT_POSSIBLE"
        assert [error["code"] for error in payload["errors"]] == ([expected] if expected else [])
        order.back += 0 if expected else wanted
        self.check(order, changed=expected is None)

    @precondition(lambda self: any(each.kind == "BANK_TRANSFER" for order in self.orders for each in order.attempts))
    @rule(index=some_order)
    def record_transfer(self, index: int) -> None:
        found = [(order, each) for order in self.orders for each in order.attempts if each.kind == "BANK_TRANSFER"]
        order, attempt = found[index % len(found)]
        waits = attempt.status in ("PENDING", "FAILED", "CANCELLED")
        payload = self.staff.run("record_bank_transfer", paymentId=attempt.id)
        assert [error["code"] for error in payload["errors"]] == ([] if waits else ["ALREADY_PAID"])
        if waits:
            order.arrive(attempt)
        self.check(order, changed=waits)

    @rule(index=some_order, exact=st.booleans())
    def import_transfer(self, index: int, exact: bool) -> None:
        """A statement names the order, with the exact amount or a cent too much."""
        order = self.pick(index)
        attempt = order.attempt_of_transfer()
        settles = exact and attempt is not None and order.status == "UNPAID"
        amount = order.total if exact and order.total else order.total + 1
        line = Line(f"{amount // 100}.{amount % 100:02}", reference({"number": order.number}))
        assert imported(self.staff, csv_of([line])) == counts(settled=int(settles), held=int(not settles))
        if settles and attempt is not None:
            if not attempt.id:  # nobody had announced it
                attempt.since = self.clock
                attempt.id = self.customer.run("order_payments", number=order.number)["payments"][-1]["id"]
                order.attempts.append(attempt)
            order.settle(attempt, "SUCCEEDED")
        self.check(order, changed=settles)

    # ------------------------------------------------------------ what nobody may do

    @rule(index=some_order, action=st.sampled_from(sorted(LEADS_TO)))
    def meddle(self, index: int, action: str) -> None:
        order = self.pick(index)
        with unchanged(self.api, {"id": order.id}):
            fields = self.fields(order, action)
            if action in STAFF_MAY and action != "CANCEL":
                assert failures(self.customer, DOCUMENTS[action], **fields) == ["FORBIDDEN"]
                return
            payload = self.other.run(DOCUMENTS[action], **fields)
            assert (payload["order"], [error["code"] for error in payload["errors"]]) == (None, ["NOT_FOUND"])
            paying = self.other.pay({"id": order.id})
            assert (paying["order"], [error["code"] for error in paying["errors"]]) == (None, ["NOT_FOUND"])

    # ------------------------------------------------------------ what time does

    @rule(hours=st.sampled_from([1, 5, 13, 25, 49, 8 * 24]))
    def wait(self, hours: int) -> None:
        self.advance(timedelta(hours=hours))
        for order in self.orders:
            self.check(order, changed=False)

    @rule()
    def relay(self) -> None:
        self.advance(A_WHILE)
        self.api.running.relay_once()
        for order in self.orders:
            order.relay(self.clock)
            self.check(order)

    def fields(self, order: ModelOrder, action: str, *, stale: bool = False) -> dict[str, Any]:
        """The input of an action."""
        if action == "PROVIDE_DOCUMENTS":
            return {"orderId": order.id, "documents": [{"uploadId": self.customer.upload(), "kind": "IDENTITY"}]}
        more: dict[str, dict[str, Any]] = {
            "REQUEST_DOCUMENTS": {"documents": ["IDENTITY"]},
            "REFUSE": {"reason": "No."},
            "COMPLETE": {"accessDetails": "root"},
        }
        version = {"expectedVersion": order.version - 1} if stale else {}
        return {"orderId": order.id, **more.get(action, {}), **version}
