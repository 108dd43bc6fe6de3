"""VAT as customers see it: by where they live, what they are, and what they buy."""

from typing import Any
from uuid import UUID

import pytest

from models.account import Account, AccountType
from tests.api import Api

COMPANY = AccountType.COMPANY
GERMAN: dict[str, Any] = {"country": "DE", "vat_number": "DE123456788"}


def euro(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def tax(rate: str, base: str, amount: str) -> dict[str, Any]:
    return {"rate": rate, "base": euro(base), "amount": euro(amount)}


@pytest.mark.parametrize(
    ("account", "taxes", "total"),
    [
        # At home everyone pays the rates of home.
        ({"country": "FR"}, [tax("5.5", "19.90", "1.09"), tax("20", "148.90", "29.78")], "199.67"),
        (
            {"country": "FR", "account_type": COMPANY, "vat_number": "FR88100000009"},
            [tax("5.5", "19.90", "1.09"), tax("20", "148.90", "29.78")],
            "199.67",
        ),
        # A consumer elsewhere in the EU pays the rates of where they live, whatever number they give.
        (GERMAN, [tax("7", "19.90", "1.39"), tax("19", "148.90", "28.29")], "198.48"),
        # A company there accounts for it itself, if its number is one.
        ({**GERMAN, "account_type": COMPANY}, [tax("0", "168.80", "0.00")], "168.80"),
        (
            {**GERMAN, "account_type": COMPANY, "vat_number": "DE123456780"},
            [tax("7", "19.90", "1.39"), tax("19", "148.90", "28.29")],
            "198.48",
        ),
        # Outside the EU there is none.
        ({"country": "US"}, [tax("0", "168.80", "0.00")], "168.80"),
    ],
)
def test_who_pays_which_vat(api: Api, account: dict[str, Any], taxes: list[dict[str, Any]], total: str) -> None:
    customer = api.customer(**account)
    order = customer.place("server", "book")

    shown = customer.run("purchase_order", number=order["number"])["purchaseOrder"]

    assert shown["subtotal"] == euro("168.80")
    assert shown["totalWithoutTax"] == euro("168.80")
    assert shown["taxes"] == taxes
    assert {key: shown["total"][key] for key in ("amount", "currency")} == euro(total) == order["total"]
    lines = {line["product"]["code"]: line["taxRate"] for line in shown["lines"]}
    assert lines == {"server": taxes[-1]["rate"], "setup": taxes[-1]["rate"], "book": taxes[0]["rate"]}
    assert customer.pay(order)["payment"]["amount"] == euro(total)


def test_the_document_says_why_there_is_no_vat(api: Api) -> None:
    company = api.customer(**GERMAN, account_type=COMPANY, organisation="Example GmbH")
    consumer = api.customer(**GERMAN)
    pages = [person.get(f"/orders/{person.place('server')['number']}.html").text for person in (company, consumer)]
    assert ["Reverse charge" in page or "reverse charge" in page for page in pages] == [True, False]


def test_the_account_may_change_and_the_order_does_not(api: Api) -> None:
    customer = api.customer(country="FR", name="Robin Before")
    order = customer.place("server")
    api.running.do(move_to_germany(api, customer.id))

    shown = customer.run("purchase_order", number=order["number"])["purchaseOrder"]
    assert (shown["billingDetails"]["name"], shown["billingDetails"]["country"]) == ("Robin Before", "FR")
    assert [each["rate"] for each in shown["taxes"]] == ["20"]
    later = customer.run("purchase_order", number=customer.place("server")["number"])["purchaseOrder"]
    assert [each["rate"] for each in later["taxes"]] == ["19"]


async def move_to_germany(api: Api, account_id: UUID) -> None:
    async with api.running.database.writing() as tx:
        account = await tx.session.get_one(Account, account_id)
        account.country, account.name = "DE", "Robin After"
