"""The stand-in for Stripe itself: what it adds to localstripe, and that it fails as it is told to."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx2
import pytest

from tests.peers.processes import eventually
from tests.peers.stripe import KEY, StripePeer


@pytest.fixture(scope="module")
def peer() -> Iterator[StripePeer]:
    with StripePeer() as stripe:
        yield stripe


@pytest.fixture
def stripe(peer: StripePeer) -> Iterator[httpx2.Client]:
    peer.reset(books=True)
    peer.deliver_to()
    with httpx2.Client(base_url=peer.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=10) as client:
        yield client


def pay(client: httpx2.Client, key: str = "a key", amount: int = 100, token: str = "pm_card_visa") -> Any:
    form = {"amount": str(amount), "currency": "eur", "payment_method": token, "metadata[attempt]": key}
    return client.post("/v1/payment_intents", data=form, headers={"Idempotency-Key": key})


def test_a_key_gives_the_first_answer_again_and_takes_nothing_else(stripe: httpx2.Client) -> None:
    first, again, other = pay(stripe), pay(stripe), pay(stripe, amount=200)

    assert first.json()["id"] == again.json()["id"]
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert len(stripe.get("/v1/payment_intents").json()["data"]) == 1


def test_what_was_done_under_a_key_is_told_though_its_first_answer_is_late(
    stripe: httpx2.Client, peer: StripePeer
) -> None:
    peer.fault("after", hold="gate")
    first = Thread(target=lambda: pay(stripe))
    first.start()
    peer.wait_for_gate("gate")

    assert pay(stripe).json()["status"] == "succeeded"

    peer.open_gate("gate")
    first.join()


@pytest.mark.parametrize(("when", "charges"), [("before", 0), ("after", 1)])
def test_an_answer_is_dropped_with_or_without_the_deed(
    stripe: httpx2.Client, peer: StripePeer, when: str, charges: int
) -> None:
    peer.fault(when, drop=True)

    with pytest.raises(httpx2.TransportError):
        pay(stripe)

    assert len(peer.things("payment_intents")) == charges


def test_an_error_may_stay_under_its_key(stripe: httpx2.Client, peer: StripePeer) -> None:
    peer.fault("before", status=500, remember=True)
    peer.fault("before", status=429)

    assert [pay(stripe).status_code for _ in range(3)] == [500, 429, 500]
    assert pay(stripe, "another key").status_code == 200


def test_a_decline_brings_its_intent(stripe: httpx2.Client) -> None:
    declined = pay(stripe, token="pm_card_visa_chargeDeclinedInsufficientFunds")

    error = declined.json()["error"]
    assert (declined.status_code, error["type"], error["decline_code"]) == (402, "card_error", "insufficient_funds")
    assert error["payment_intent"]["status"] == "requires_payment_method"


def test_a_customer_answers_on_its_page_and_comes_back(stripe: httpx2.Client) -> None:
    form = {"amount": "100", "currency": "eur", "payment_method": "pm_card_authenticationRequired"}
    waiting = stripe.post("/v1/payment_intents", data={**form, "return_url": "http://shop.example/back?a=1"}).json()
    page = waiting["next_action"]["redirect_to_url"]["url"]
    assert "Approve" in httpx2.get(page).text

    answered = httpx2.post(page, data={"answer": "approve"})

    back = f"http://shop.example/back?a=1&payment_intent={waiting['id']}&redirect_status=succeeded"
    assert (answered.status_code, answered.headers["location"]) == (303, back)
    assert stripe.get(f"/v1/payment_intents/{waiting['id']}").json()["status"] == "succeeded"


def test_lists_have_pages_and_times(stripe: httpx2.Client) -> None:
    made = [pay(stripe, str(number)).json() for number in range(3)]
    ids = {one["id"] for one in made}

    first = stripe.get("/v1/payment_intents", params={"limit": 2}).json()
    rest = stripe.get("/v1/payment_intents", params={"limit": 2, "starting_after": first["data"][-1]["id"]}).json()

    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert {one["id"] for one in [*first["data"], *rest["data"]]} == ids
    later = stripe.get("/v1/payment_intents", params={"created[gte]": made[-1]["created"] + 60}).json()
    assert later["data"] == []


def test_an_event_is_tried_until_it_is_taken(stripe: httpx2.Client, peer: StripePeer) -> None:
    answers = iter([500, 404])

    class Shop(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(next(answers, 200))
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the test looks at what was tried."""

    with HTTPServer(("127.0.0.1", 0), Shop) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        peer.deliver_to(f"http://127.0.0.1:{server.server_port}/")
        pay(stripe)

        def taken() -> set[str]:
            return {one["event"] for one in peer.state()["webhooks"]["tried"] if one["status"] == 200}

        eventually(lambda: len(taken()) == 3, what="all three are taken")
        server.shutdown()
    tried = [one["status"] for one in peer.state()["webhooks"]["tried"]]
    assert (tried.count(500), tried.count(404), tried.count(200)) == (1, 1, 3)


def test_a_fault_that_nobody_knows_is_refused(peer: StripePeer) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        peer.fault("sometimes")
    with pytest.raises(ValueError, match="explode"):
        peer.fault("after", explode=True)
