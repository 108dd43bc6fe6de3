"""Case 57: a payment that is with the provider when the server is told to end; charged once, whatever comes of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import sqlalchemy as sa

from models.account import AccountKind
from models.database import Database
from tests.fleet import Fleet
from tests.peers.processes import eventually
from tests.peers.stripe import StripePeer

pytestmark = pytest.mark.timeout(180)

KEY = "paid at the end"
SOURCE = {"newMethod": {"kind": "CARD", "providerToken": "pm_card_visa"}}
ORDER = "query($id: ID!) { node(id: $id) { ... on Order { status payments { id status } } } }"


@pytest.fixture
def stripe() -> Iterator[StripePeer]:
    with StripePeer() as peer:
        peer.webhooks("never")
        yield peer


class Customer:
    """One customer with one order, and what they send to the only server."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        (self._server,) = fleet.servers
        _, self._token = fleet.account(AccountKind.CUSTOMER)
        placed = self._mutate("place_order", lines=[{"productCode": "book"}], idempotencyKey=uuid4().hex)
        self.order = str(placed["order"]["id"])

    def pay(self) -> Any:
        return self._mutate("pay_order", orderId=self.order, source=SOURCE, idempotencyKey=KEY)

    def look(self) -> Any:
        return self._fleet.send(self._server, self._token, ORDER, {"id": self.order})

    def _mutate(self, name: str, **fields: Any) -> Any:
        return self._fleet.mutate(self._server, self._token, name, **fields)


@contextmanager
def told_to_end(fleet: Fleet, stripe: StripePeer, customer: Customer) -> Iterator[tuple[Any, Any]]:
    """While Stripe has charged and not answered: what the customer is answered, and the exit status, to come."""
    stripe.fault("after", hold="answer")
    with ThreadPoolExecutor() as pool:
        paid = pool.submit(customer.pay)
        stripe.wait_for_gate("answer")
        ended = pool.submit(fleet.servers[0].stop)
        eventually(lambda: fleet.servers[0].status("/readyz") != 200, what="no longer ready")
        try:
            yield paid, ended
        finally:
            stripe.open_gate("answer")


def test_case_57_the_answer_still_reaches_the_client(new_database: str, stripe: StripePeer, tmp_path: Path) -> None:
    with Fleet(new_database, tmp_path, count=1, **stripe.environment) as fleet:
        customer = Customer(fleet)
        with told_to_end(fleet, stripe, customer) as (paid, ended):
            assert not paid.done()
            stripe.open_gate("answer")
            assert paid.result(timeout=30)["payment"]["status"] == "SUCCEEDED"
            assert ended.result(timeout=30) == 0

    assert _charged(stripe) == ["succeeded"]


def test_case_57_what_takes_too_long_is_settled_after_the_restart(
    new_database: str, stripe: StripePeer, tmp_path: Path
) -> None:
    with Fleet(new_database, tmp_path, count=1, SHUTDOWN_SECONDS="1", **stripe.environment) as fleet:
        customer = Customer(fleet)
        with told_to_end(fleet, stripe, customer) as (paid, ended):
            assert ended.result(timeout=30) == 0
            # Cut off, or told that something is wrong; never that it was paid or declined.
            assert isinstance(paid.exception(timeout=30), httpx2.TransportError | AssertionError | ValueError)
        fleet.do(_half_a_minute_later(new_database))
        fleet.servers[0].start()
        eventually(lambda: customer.look()["status"] == "CONFIRMATION", what="the relay has asked", seconds=60)
        (payment,) = customer.look()["payments"]
        again = customer.pay()

    assert payment["status"] == "SUCCEEDED"
    assert (again["payment"]["id"], again["errors"]) == (payment["id"], [])
    assert _charged(stripe) == ["succeeded"]


def _charged(stripe: StripePeer) -> list[str]:
    return [intent["status"] for intent in stripe.things("payment_intents")]


async def _half_a_minute_later(url: str) -> None:
    """The relay leaves an attempt alone for as long as the call may still be under way."""
    database = Database(url.replace("sqlite:", "sqlite+aiosqlite:"))
    async with database.writing() as tx:
        await tx.session.execute(sa.text("UPDATE payments SET next_check_at = created_at WHERE status = 'PENDING'"))
    await database.close()
