"""Case 66: a mail that cannot be sent ends as a dead letter; until then its order's other mails wait, nobody else's."""

import asyncio
from collections.abc import Iterable, Iterator, MutableMapping
from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlmodel import col
from structlog.testing import capture_logs

from duties.post import MOST_TRIES, PostOffice
from gateways.mail import SmtpMailer
from logs import redact
from models.mail import Mail, MailKind
from relay import Relay
from schema.ids import uuid_of
from tests.api import Api
from tests.conftest import STORES
from tests.peers.smtp import MailServer, Mode
from tests.posting import arrived, outbox
from tests.running import run_application

TOKEN: Final = "the scraper's"
#: Nothing that the application writes: `mail_context` makes nothing of it.
POISON: Final = {"transfer": {"nonsense": "robin.canary@example.com"}}


class TwoAtOnce(MailServer):
    """Answers when two have handed something over: it has taken the one, and will never take the other."""

    async def _serve(self) -> None:
        self._both = asyncio.Barrier(2)
        await super()._serve()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # its name
        if await self._both.wait() == 0:
            return await super().handle_DATA(server, session, envelope)
        return "554 5.7.1 Not here"


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module", params=STORES)
def shop(request: pytest.FixtureRequest, post: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A shop that sends its mails to that server."""
    folder = tmp_path_factory.mktemp("posting")
    url = f"sqlite:///{folder / 'orders.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database("posting")
    with run_application(url, folder, SMTP_URL=post.url, METRICS_TOKEN=TOKEN) as running, Api(running) as api:
        yield api


@pytest.fixture(autouse=True)
def quiet(post: MailServer, shop: Api) -> Iterator[None]:
    """Nothing is left over from other tests."""
    shop.running.relay_once()
    post.messages.clear()
    yield
    post.mode = Mode.ACCEPT
    post.modes.clear()
    shop.running.set_clock_back()


def placed(order: dict[str, Any]) -> str:
    return f"Your purchase order {order['number']}"


def paid(order: dict[str, Any]) -> str:
    return f"We have received your payment for order {order['number']}"


def change_first(api: Api, order: dict[str, Any], **values: Any) -> None:
    """Of the order's mails the one that it was placed with."""

    async def change() -> None:
        async with api.running.database.writing() as tx:
            first = (col(Mail.order_id) == uuid_of(order["id"], "Order"), col(Mail.kind) == MailKind.ORDER_PLACED)
            await tx.session.execute(sa.update(Mail).where(*first).values(values))

    api.running.do(change())


def standing(api: Api, order: dict[str, Any]) -> list[tuple[int, bool, bool]]:
    """Of each mail of the order its tries, and whether it was sent or given up."""
    return [(mail.tries, mail.sent_at is not None, mail.dead_at is not None) for mail in outbox(api, order)]


def said_of(mail: Mail, told: Iterable[MutableMapping[str, Any]]) -> list[dict[str, Any]]:
    """Of all that the log says, what it says of this mail."""
    return [dict(each) for each in told if each.get("mail") == str(mail.id)]


def measured(api: Api) -> dict[str, int]:
    answer = api.http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    lines = [line.removeprefix("orders_").partition(" ") for line in answer.text.splitlines() if "_mails_" in line]
    return {name: int(value) for name, _, value in lines if name != "#"}


def office(api: Api, server: MailServer) -> PostOffice:
    """Of another relay."""
    texts = {"sender": "shop@example.com", "seller_name": "Shop", "public_url": api.running.url}
    return PostOffice(api.running.database, SmtpMailer(server.url), **texts)


def test_case_66_a_mail_that_waits_for_a_retry_has_its_order_wait_and_no_other(shop: Api, post: MailServer) -> None:
    customer = shop.customer()
    held, other = customer.place("server"), customer.place("server")
    post.modes[placed(held)] = Mode.REFUSE
    shop.running.relay_once()
    customer.pay(held)
    customer.pay(other)
    shop.running.relay_once()
    assert arrived(post, customer) == [placed(other), paid(other)]
    assert standing(shop, held) == [(1, False, False), (0, False, False)]

    shop.running.move_clock(timedelta(seconds=6))
    shop.running.relay_once()
    first, second = outbox(shop, held)
    assert standing(shop, held) == [(2, False, False), (0, False, False)]
    assert second.next_try_at == first.next_try_at  # until then nobody looks at either

    post.modes.clear()
    shop.running.move_clock(timedelta(seconds=17))
    shop.running.relay_once()
    assert arrived(post, customer) == [placed(other), paid(other), placed(held), paid(held)]
    assert standing(shop, held) == [(3, True, False), (1, True, False)]


def test_case_66_a_mail_that_was_given_up_holds_up_nobody(shop: Api, post: MailServer) -> None:
    customer = shop.customer()
    order = customer.place("server")
    post.modes[placed(order)] = Mode.REFUSE
    change_first(shop, order, tries=MOST_TRIES - 2)
    shop.running.relay_once()
    customer.pay(order)
    shop.running.relay_once()
    assert arrived(post, customer) == []
    assert standing(shop, order) == [(MOST_TRIES - 1, False, False), (0, False, False)]
    before = measured(shop)

    shop.running.move_clock(timedelta(hours=1, seconds=1))
    with capture_logs([redact]) as told:
        shop.running.relay_once()

    assert arrived(post, customer) == [paid(order)]
    assert standing(shop, order) == [(MOST_TRIES, False, True), (1, True, False)]
    dead = outbox(shop, order)[0]
    assert dead.details == {}
    (told_of_it,) = said_of(dead, told)
    assert "Try again later" in told_of_it.pop("reason")
    assert told_of_it == {
        "event": "a mail was given up", "log_level": "error", "mail": str(dead.id), "order": str(dead.order_id),
        "tries": MOST_TRIES,
    }  # fmt: skip
    shop.running.do(office(shop, post).send(dead.id))  # by one that had claimed it before
    assert arrived(post, customer) == [paid(order)]
    assert standing(shop, order) == [(MOST_TRIES, False, True), (1, True, False)]
    after = measured(shop)
    assert after["mails_given_up"] == before["mails_given_up"] + 1
    assert after["mails_waiting"] == before["mails_waiting"] - 2


def test_case_66_a_mail_that_cannot_be_written_is_counted_and_given_up(shop: Api, post: MailServer) -> None:
    customer = shop.customer()
    poisoned, other = customer.place("server"), customer.place("server")
    change_first(shop, poisoned, details=POISON)
    customer.pay(poisoned)
    customer.pay(other)
    first, _ = outbox(shop, poisoned)
    with capture_logs([redact]) as told:
        for tried in (1, 2, 3):
            shop.running.relay_once()
            assert standing(shop, poisoned) == [(tried, False, False), (0, False, False)]
            shop.running.move_clock(
                outbox(shop, poisoned)[0].next_try_at - shop.running.do(shop.running.database.moment())
            )
    assert arrived(post, customer) == [placed(other), paid(other)]
    assert [(each["event"], each["log_level"]) for each in said_of(first, told)] == [
        ("a mail could not be written; it will be tried again", "error")
    ] * 3

    change_first(shop, poisoned, tries=MOST_TRIES - 1)
    with capture_logs([redact]) as told:
        shop.running.relay_once()

    dead, _ = outbox(shop, poisoned)
    assert standing(shop, poisoned) == [(MOST_TRIES, False, True), (1, True, False)]
    assert (dead.details, dead.last_error) == ({}, "TypeError")
    assert arrived(post, customer) == [placed(other), paid(other), paid(poisoned)]
    assert [(each["event"], each["log_level"]) for each in said_of(dead, told)][-1] == ("a mail was given up", "error")
    assert "canary" not in str(told)


def test_case_66_two_relays_at_once_neither_reorder_nor_undo_what_the_other_has_done(shop: Api) -> None:
    """One has lost its lease while it was sending, and does not know yet."""
    customer = shop.customer()
    order = customer.place_and_pay("server")
    with TwoAtOnce() as server:
        relays = [Relay(shop.running.database, [office(shop, server).round()]) for _ in range(2)]

        async def work() -> list[int]:
            return await asyncio.gather(*(relay.run_once() for relay in relays))

        for done in (1, 1, 0):
            assert shop.running.do(work()) == [done, done]

    assert arrived(server, customer) == [placed(order), paid(order)]
    assert [(sent, dead) for _, sent, dead in standing(shop, order)] == [(True, False)] * 2
