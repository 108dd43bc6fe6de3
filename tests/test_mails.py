"""Mails: each written once with the change it tells of, handed to a real mail server, again until it has them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.api import Api
from tests.peers.smtp import MailServer, Mode
from tests.posting import outbox, received, subjects, text_of
from tests.running import run_application

SECRET = "root / correct horse battery"


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def shop(post: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A shop that sends its mails to that server."""
    folder = tmp_path_factory.mktemp("posting")
    url = f"sqlite:///{folder / 'orders.sqlite3'}"
    with run_application(url, folder, SMTP_URL=post.url) as running, Api(running) as api:
        yield api


@pytest.fixture(autouse=True)
def quiet(post: MailServer, shop: Api) -> Iterator[None]:
    """Nothing is left over from other tests."""
    post.mode = Mode.ACCEPT
    shop.running.relay_once()
    post.messages.clear()
    yield
    shop.running.set_clock_back()


def test_each_thing_that_happens_is_told_once(shop: Api, post: MailServer) -> None:
    customer, staff = shop.customer(), shop.staff()
    expired, order = customer.place("book"), customer.place("server")
    customer.pay(order)
    staff.run("request_documents", orderId=order["id"], documents=["IDENTITY"], message="Both sides.")
    documents = [{"uploadId": customer.upload(), "kind": "IDENTITY"}]
    customer.run("provide_documents", orderId=order["id"], documents=documents)
    staff.run("confirm_order", orderId=order["id"])
    staff.run("complete_order", orderId=order["id"], accessDetails=SECRET)
    shop.running.move_clock(timedelta(hours=22))
    shop.running.relay_once()
    shop.running.move_clock(timedelta(hours=2))
    shop.running.relay_once()
    customer.run("withdraw_from_order", orderId=order["id"], reason="Too slow.")
    for _ in range(3):
        shop.running.relay_once()

    number, lapsed = order["number"], expired["number"]
    assert subjects(post, customer) == sorted(
        [
            f"Your purchase order {number}",
            f"We have received your payment for order {number}",
            f"Action required: documents for your order {number}",
            f"Your order {number} is complete",
            f"Your order {number} has been cancelled",
            # Of thirty days two have begun.
            f"Refund of €170.69 for your order {number}",
            f"Your purchase order {lapsed}",
            f"Your order {lapsed} expires soon",
            f"Your order {lapsed} has expired",
        ]
    )
    assert len({message["Message-ID"] for message in received(post, customer)}) == 9
    told = "\n".join(map(text_of, received(post, customer)))
    assert "Both sides." in told
    assert "Too slow." in told


def test_access_details_are_in_one_mail_and_then_nowhere(shop: Api, post: MailServer) -> None:
    customer, staff = shop.customer(), shop.staff()
    order = customer.place_and_pay("server")
    staff.run("confirm_order", orderId=order["id"])
    staff.run("complete_order", orderId=order["id"], accessDetails=SECRET)
    assert outbox(shop, order)[-1].details == {"access_details": SECRET}

    shop.running.relay_once()

    holding = [message for message in received(post, customer) if SECRET in text_of(message)]
    assert [str(message["Subject"]) for message in holding] == [f"Your order {order['number']} is complete"]
    assert all(part.is_multipart() or SECRET in part.get_content() for part in holding[0].walk())
    assert [(mail.details, mail.sent_at is not None) for mail in outbox(shop, order)] == [({}, True)] * 3


def test_a_mail_that_was_perhaps_delivered_is_sent_again_under_the_same_name(shop: Api, post: MailServer) -> None:
    customer = shop.customer()
    order = customer.place("server")
    post.mode = Mode.DROP
    shop.running.relay_once()
    assert [(mail.sent_at, mail.tries) for mail in outbox(shop, order)] == [(None, 1)]
    shop.running.relay_once()  # it waits before it tries again
    assert [mail.tries for mail in outbox(shop, order)] == [1]
    post.mode = Mode.ACCEPT
    shop.running.move_clock(timedelta(seconds=6))
    shop.running.relay_once()

    first, second = received(post, customer)
    assert first["Message-ID"] == second["Message-ID"]
    assert text_of(first) == text_of(second)
    assert [mail.tries for mail in outbox(shop, order)] == [2]


def test_case_65_a_server_that_is_busy_is_asked_again_ever_more_rarely(shop: Api, post: MailServer) -> None:
    customer = shop.customer()
    order = customer.place("server")
    post.mode = Mode.REFUSE
    for seconds in (5, 10, 20, 40, 80):
        asked = shop.running.do(shop.running.database.moment())
        shop.running.relay_once()
        answered = shop.running.do(shop.running.database.moment())
        (mail,) = outbox(shop, order)
        assert asked <= mail.next_try_at - timedelta(seconds=seconds) <= answered
        shop.running.move_clock(mail.next_try_at - answered)
    assert customer.pay(order)["order"]["status"] == "CONFIRMATION"  # the order does not wait for its mails
    post.mode = Mode.ACCEPT
    shop.running.relay_once()
    assert len(received(post, customer)) == 2


def test_case_66_a_mail_that_is_refused_is_given_up_at_once_and_holds_up_no_other(shop: Api, post: MailServer) -> None:
    customer = shop.customer()
    first, second = customer.place("server"), customer.place("server")
    post.mode = Mode.REJECT
    shop.running.relay_once()
    given_up = [*outbox(shop, first), *outbox(shop, second)]
    assert [(mail.tries, mail.dead_at is not None, mail.details) for mail in given_up] == [(1, True, {})] * 2
    post.mode = Mode.ACCEPT
    customer.pay(first)
    shop.running.move_clock(timedelta(hours=1))
    shop.running.relay_once()
    assert subjects(post, customer) == [f"We have received your payment for order {first['number']}"]


def test_mails_are_in_the_customers_language(shop: Api, post: MailServer) -> None:
    customer = shop.customer(language="fr")
    order = customer.place("server")
    shop.running.relay_once()
    (message,) = received(post, customer)
    assert message["Content-Language"] == "fr"
    assert str(message["Subject"]) != f"Your purchase order {order['number']}"
    assert order["number"] in str(message["Subject"])


def test_without_a_mail_server_they_go_to_the_local_mailbox(api: Api) -> None:
    customer = api.customer()
    order = customer.place_and_pay("server")
    for _ in range(2):
        api.running.relay_once()
    mailbox = api.running.parts.mailbox
    assert mailbox is not None
    mine = [mail.subject for mail in mailbox.newest(1000) if customer.account.email in mail.to]
    assert sorted(mine) == [
        f"We have received your payment for order {order['number']}",
        f"Your purchase order {order['number']}",
    ]
