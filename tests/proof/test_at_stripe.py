"""Paying once with Stripe, through however many server processes, and what becomes of money that nobody waits for."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from models.payment import PaymentStatus
from tests.proof.door import payload_of
from tests.proof.shop import Shop

GOOD, ASKING = "pm_card_visa", "pm_card_authenticationRequired"


def test_case_01_fifty_parallel_payments_over_two_servers_charge_once(shop: Shop) -> None:
    """Nobody should serve SQLite with two (its writers wait for each other, and followers hear late of what the other
    server did), but nothing keeps them from it, and money must be right all the same."""
    order = shop.place()
    with ExitStack() as stack, ThreadPoolExecutor(50) as pool:
        doors = [shop.url, stack.enter_context(shop.second_server())]
        asked = [
            pool.submit(shop.pay, order, GOOD, f"key {order['id']} {i}", url=doors[i % len(doors)]) for i in range(50)
        ]
        payloads = [each.result() for each in asked]

    assert len([payload for payload in payloads if not payload["errors"]]) == 1
    codes = {error["code"] for payload in payloads for error in payload["errors"]}
    assert codes <= {"PAYMENT_IN_PROGRESS", "ALREADY_PAID"}
    shop.settle(order)
    assert shop.status(order) == "CONFIRMATION"
    assert shop.broken(order) == []


def test_case_02_the_same_key_fifty_times_at_once_is_one_payment(shop: Shop) -> None:
    order = shop.place()

    def pay(door: str) -> bytes:
        answer = shop.pay_in_bytes(order, GOOD, order["id"], url=door)
        assert answer is not None
        return answer

    with ExitStack() as stack, ThreadPoolExecutor(50) as pool:
        doors = [shop.url, stack.enter_context(shop.second_server())]
        parallel = list(pool.map(pay, doors * 25))
        later = [pay(door) for door in doors * 5]

    first = later[0]
    assert payload_of(first)["payment"]["status"] == "SUCCEEDED"
    assert later == [first] * 10
    others = [payload_of(each)["errors"] for each in parallel if each != first]
    assert all([error["code"] for error in errors] == ["IDEMPOTENCY_IN_PROGRESS"] for errors in others)
    shop.settle(order)
    assert shop.broken(order) == []


def test_case_07_the_customer_approves_while_the_order_expires(shop: Shop) -> None:
    """Whoever is first, the money is either for the order or not taken."""
    assert shop.peer is not None
    for _ in range(5):
        order = shop.place()
        shop.pay(order, ASKING)
        waiting = shop.attempt(order, PaymentStatus.ACTION_REQUIRED)
        assert waiting is not None
        reference = waiting.provider_reference or ""
        shop.peer.webhooks("after")
        with ThreadPoolExecutor(1) as pool:
            approving = pool.submit(shop.answer_bank, reference, approve=True)
            shop.time_is_over(order)
            approving.result()
        shop.settle(order)
        assert shop.status(order) in {"CONFIRMATION", "EXPIRED"}
        assert shop.broken(order) == []


def test_case_64_a_payment_whose_webhook_never_comes_is_found(shop: Shop) -> None:
    order = shop.place()
    shop.pay(order, ASKING)
    waiting = shop.attempt(order, PaymentStatus.ACTION_REQUIRED)
    assert waiting is not None

    shop.answer_bank(waiting.provider_reference or "", approve=True)
    shop.wait_for(order, "CONFIRMATION")

    shop.settle(order)
    assert shop.broken(order) == []


def test_case_16_a_charge_whose_answer_was_lost_and_that_is_sent_again_at_once_is_one(shop: Shop) -> None:
    """Too soon to be looked for: only its key says that it is the same."""
    assert shop.peer is not None
    order = shop.place()
    shop.peer.fault("after", drop=True, times=3)
    assert shop.pay(order, GOOD)["payment"]["status"] == "PENDING"

    shop.wait_for(order, "CONFIRMATION")

    sent = [call["key"] for call in shop.peer.state()["calls"] if call["attempt"] is not None]
    assert len(sent) == 4
    shop.settle(order)
    assert shop.broken(order) == []


def test_case_17_ten_refunds_at_once_give_back_what_was_paid_and_no_more(shop: Shop) -> None:
    """Ten times fifty is more than was paid."""
    order = shop.place()
    payment = shop.pay(order, GOOD)["payment"]["id"]
    with ThreadPoolExecutor(10) as pool:
        asked = [
            pool.submit(
                shop.mutate,
                shop.staff,
                "refund_payment",
                paymentId=payment,
                amount="50.00",
                idempotencyKey=f"{order['id']} {i}",
            )
            for i in range(10)
        ]
        payloads = [each.result() for each in asked]

    refused = [payload["errors"][0]["code"] for payload in payloads if payload["errors"]]
    assert refused == ["REFUND_NOT_POSSIBLE"] * 7
    shop.settle(order)
    assert shop.broken(order) == []
