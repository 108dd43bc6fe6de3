"""What is compared with the plain model in every life: what is forecast, what is stored, and what the stream tells."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis.stateful import RuleBasedStateMachine
from sqlmodel import col

from models.change import Change
from models.order import Order
from tests.api import Api, Person
from tests.behind import traces
from tests.model import CUSTOMER_MAY, LEADS_TO, STAFF_MAY, ModelOrder
from tests.running import Running

STAFF_ACTIONS = [*STAFF_MAY, "REFUND"]


class Witness(RuleBasedStateMachine):
    """One customer's orders; another customer and staff have their hands in them. The clock only goes forward."""

    def __init__(self, running: Running) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.api = self.stack.enter_context(Api(running))
        running.set_clock_back()
        self.stack.callback(running.set_clock_back)
        self.customer, self.other = self.api.customer(prepaid=10**9), self.api.customer()
        self.staff = self.api.staff()
        self.feed = self.stack.enter_context(self.customer.follow("order_changes"))
        self.clock = timedelta()
        self.orders: list[ModelOrder] = []

    def take(self, placed: dict[str, Any]) -> None:
        seen = self.customer.run("order_actions", number=placed["number"])
        until = seen["withdrawableUntil"]
        order = ModelOrder(
            id=placed["id"],
            number=placed["number"],
            total=traces(self.api, placed).order[2],
            placed=self.clock,
            withdrawable_until=datetime.fromisoformat(until) if until else None,
        )
        if order.total == 0:
            order.status, order.version = "CONFIRMATION", 2
        self.orders.append(order)
        self.check(order)

    def moved(self, order: ModelOrder, action: str) -> None:
        order.status = LEADS_TO[action]
        order.due = self.clock + timedelta(hours=48) if action == "REQUEST_DOCUMENTS" else None
        if action == "REFUSE" or (action == "WITHDRAW" and not order.delivered):
            order.back = order.paid
        elif action == "WITHDRAW":  # how much is left of the time is another test's concern
            given_back = sum(back for *_, back in traces(self.api, {"id": order.id}).payments)
            assert order.back <= given_back <= order.paid
            order.back = given_back
        order.delivered |= action == "COMPLETE"

    def advance(self, by: timedelta) -> None:
        self.clock += by
        self.api.running.move_clock(by)

    def pick(self, index: int) -> ModelOrder:
        return self.orders[index % len(self.orders)]

    def expected(self, order: ModelOrder, action: str, person: Person) -> str | None:
        """Why not, as the model has it; the API's own forecast must be the same, for every action."""
        now, staff = datetime.now(UTC) + self.clock, person is self.staff
        forecast = person.run("order_actions", number=order.number)["actions"]
        actions = STAFF_ACTIONS if staff else list(CUSTOMER_MAY)
        expected = {each: order.why_not(each, staff=staff, clock=self.clock, now=now) for each in actions}
        assert {each["action"]: each["code"] for each in forecast} == expected
        assert all(each["allowed"] == (each["code"] is None) for each in forecast)
        return expected[action]

    def check(self, order: ModelOrder, *, changed: bool | None = None) -> None:
        """`changed`: whether something must have, or must not; None where it may."""
        left = traces(self.api, {"id": order.id})
        left.check()
        status, version, _ = left.order
        assert status == order.status
        assert version >= order.version
        assert changed is None or (version > order.version) == changed
        order.version = version
        assert [payment[1].removeprefix("PARTIALLY_") in (each.status, "REFUNDED") for payment, each in zip(
            left.payments, order.attempts, strict=True)] == [True] * len(order.attempts)  # fmt: skip
        assert sum(back for *_, back in left.payments) == order.back

    def teardown(self) -> None:
        """The stream has told the log: all of it, in its order, nothing twice."""
        with self.stack:
            for order in self.orders:
                self.check(order)
            log = self.api.running.do(self.log())
            told = [self.feed.next() for _ in log]
            assert [(each["order"]["number"], each["sequence"], each["to"]) for each in told] == log
            self.feed.socket.send(json.dumps({"id": "1", "type": "complete"}))

    async def log(self) -> list[tuple[str, int | None, str | None]]:
        async with self.api.running.database.reading() as session:
            mine = (
                sa.select(col(Order.number), col(Change.sequence), col(Change.to_status))
                .join(Order, col(Order.id) == col(Change.order_id))
                .where(col(Change.customer_id) == self.customer.id, col(Change.sequence).is_not(None))
            )
            rows = await session.execute(mine.order_by(col(Change.position)))
            return [(str(number), sequence, to) for number, sequence, to in rows]
