"""An announced bank transfer: the customer is told where to, in the order, its document and a mail, and has time."""

from datetime import datetime, timedelta
from typing import Any

from stdnum import iso11649

from tests.api import Api, Person
from tests.bank import IBAN, Line, announced, csv_of, hold, imported, reference

PAYMENTS = """query ($n: String!) { order(number: $n) { payments {
  bankTransfer { reference accountHolder iban bic dueAt amount { amount currency } } } } }"""


def told(person: Person, order: dict[str, Any]) -> Any:
    """On the purchase order."""
    return person.run("purchase_order", number=order["number"])["purchaseOrder"]


def mails(api: Api, customer: Person, subject: str) -> list[str]:
    """The texts of mails with that subject."""
    api.running.relay_once()
    mailbox = api.running.parts.mailbox
    assert mailbox is not None
    mine = [mail for mail in mailbox.newest(1000) if customer.account.email in mail.to and subject in mail.subject]
    return [opened.text for mail in mine if (opened := mailbox.open(mail.id)) is not None]


def test_the_customer_is_told_where_to_while_it_is_awaited(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    assert told(customer, order)["bankTransfer"] is None
    before = datetime.fromisoformat(told(customer, order)["expiresAt"])

    payment = customer.pay(order, "", "BANK_TRANSFER")["payment"]["id"]

    shown = told(customer, order)
    assert shown["bankTransfer"] == {
        "reference": reference(order),
        "accountHolder": "Example Hosting",
        "iban": IBAN,
        "bic": "EXMPFRP0",
        "amount": {"amount": "178.68", "currency": "EUR"},
        "dueAt": shown["expiresAt"],
    }
    assert iso11649.validate(shown["bankTransfer"]["reference"])[4:] == order["number"]
    assert datetime.fromisoformat(shown["expiresAt"]) - before > timedelta(days=12)
    assert told(staff, order)["bankTransfer"] == shown["bankTransfer"]
    (beside,) = customer.send(PAYMENTS, {"n": order["number"]})["data"]["order"]["payments"]
    assert beside == {"bankTransfer": shown["bankTransfer"]}
    staff.run("record_bank_transfer", paymentId=payment)
    assert told(customer, order)["bankTransfer"] is None
    assert customer.send(PAYMENTS, {"n": order["number"]})["data"]["order"]["payments"] == [{"bankTransfer": None}]


def test_the_document_and_the_mail_say_it_too(api: Api) -> None:
    customer = api.customer(language="fr")
    order = announced(customer)
    written = iso11649.format(reference(order))

    page = customer.get(f"/orders/{order['number']}.html", **{"accept-language": "de"}).text
    (mail,) = mails(api, customer, "Votre virement pour la commande")

    for said in (written, "FR76 0000 0000 0000 0000 0000 097", "EXMPFRP0", "Example Hosting"):
        assert said in page
        assert said in mail
    assert "Wir warten auf Ihre Überweisung" in page
    assert "178,68" in mail
    assert customer.get(f"/orders/{order['number']}.pdf").content.startswith(b"%PDF")


def test_an_order_has_the_time_that_its_transfer_takes_and_no_more(api: Api) -> None:
    customer = api.customer()
    order = announced(customer)
    api.running.move_clock(timedelta(days=13, hours=23))
    api.running.relay_once()
    assert told(customer, order)["expired"] is False
    assert told(customer, order)["bankTransfer"] is not None
    api.running.move_clock(timedelta(hours=2))
    assert api.running.relay_once() > 0
    assert told(customer, order)["expired"] is True
    assert told(customer, order)["bankTransfer"] is None
    line = Line("178.68", reference(order))
    assert imported(api.staff(), csv_of([line]))["held"] == 1  # of an order that has ended: staff send it back


def test_what_is_sent_back_is_mailed_in_its_own_currency(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    payment = hold(api, Line("20.00", reference(announced(customer)), currency="USD"))
    assert staff.run("return_held_payment", heldPaymentId=payment, reason="We take euros.")["errors"] == []
    (mail,) = mails(api, customer, "Refund of $20.00")
    assert "We are sending $20.00 back by bank transfer" in mail
    assert "We take euros." in mail
