"""The pages for people, in a real browser at a desk and on a telephone: all there, readable, nothing cut off."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.peers.programs import Server
from tests.visitor import Visitor

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]

SIZES = {"desk": (1280, 900), "telephone": (360, 740)}


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, context: BrowserContext, tmp_path: Path) -> Any:
    """At one of the sizes; must fit into it at the end, and leaves a picture to look at."""
    width, height = SIZES[request.param]
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    yield page
    page.screenshot(path=tmp_path / f"{request.param}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert _cut_off(page) == []


def test_shows_every_zone_of_a_purchase_order(demo: Server, page: Page) -> None:
    order = Visitor(demo, "customer@example.com").place(
        "dedicated-rise", "book-hosting", "mail-team-yearly", quantity=8, voucherCode="BIG100"
    )

    page.goto(f"/orders/{order['number']}.html")
    _sign_in(page, "customer@example.com")

    expect(page.get_by_role("heading", name="Purchase order", exact=True)).to_be_visible()
    expect(page.locator(".number")).to_have_text(order["number"])
    expect(page.locator(".pill")).to_have_text("Unpaid")
    expect(page.locator(".facts dt")).to_have_text(["Order number", "Created on", "Expires on"])
    expect(page.locator(".notice")).to_contain_text("choose one of the payment methods below by")
    expect(_titled(page, "Billing details")).to_contain_text("Camille Exemplaire 1 rue de l’Exemple 75001 Paris France")
    expect(_titled(page, "Seller")).to_contain_text("VAT number: FR88100000009")
    lines = page.locator(".lines tbody tr")
    expect(lines.locator(".description")).to_have_text(
        ["Rise server", "Set-up of a dedicated server", "The hosting handbook", "Team mailbox, a year"]
    )
    expect(lines.nth(3).locator(".reduction")).to_have_text("Two for the team -15% -€45.23")
    expect(lines.nth(0).locator("td")).to_have_text(["Rise server 1 month", "8", "€64.99", "20%", "€519.92"])
    sums = page.locator(".sums div")
    expect(sums.locator("dt")).to_have_text(
        [
            "Subtotal",
            "Reductions on lines",
            "100 euro off from 500 euro (BIG100)",
            "Total excl. VAT",
            "VAT 5.5% on €147.21",
            "VAT 20% on €1,080.20",
            "Total incl. VAT",
        ]
    )
    expect(sums.last.locator("dd")).to_have_text(f"€{float(order['total']['amount']):,.2f}")
    saved = _titled(page, "Saved payment methods").get_by_role("listitem")
    expect(saved.filter(has_text="Visa ending in 4242")).to_contain_text("Default · Can pay this order")
    expect(saved.filter(has_text="IBAN ending in 3002")).to_contain_text("still being validated")
    available = _titled(page, "Available payment methods").get_by_role("listitem")
    expect(available).to_have_text(["Payment card", "SEPA direct debit", "PayPal", "Prepaid account", "Bank transfer"])
    expect(page.get_by_role("link", name="View as PDF")).to_be_visible()


def test_says_that_an_expired_order_must_be_placed_again(demo: Server, page: Page) -> None:
    customer = Visitor(demo, "customer@example.com")
    expired = customer.run("my_orders", first=1, filter={"status": ["EXPIRED"]})["nodes"][0]

    page.goto(f"/orders/{expired['number']}.html")
    _sign_in(page, "customer@example.com")

    expect(page.locator(".pill")).to_have_text("Expired")
    expect(page.locator(".notice")).to_contain_text("please place the order again at today's prices")
    expect(page.locator(".facts dt").last).to_have_text("Expired on")


def test_refuses_a_wrong_password_and_offers_the_demos_accounts(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill("staff@example.com")
    page.get_by_label("Password").fill("wrong")
    with page.expect_response("**/sign-in") as answered:
        page.get_by_role("button", name="Sign in", exact=True).click()

    assert answered.value.status == 401
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
    expect(page.get_by_role("button", name="example.com")).to_have_count(3)


def test_staff_read_the_mail_of_the_demo(page: Page) -> None:
    page.goto("/mailbox")
    _sign_in(page, "staff@example.com")
    mails = page.locator(".mails a")
    expect(mails.first).to_be_visible()
    subject = mails.first.locator("strong").inner_text()

    mails.first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text(subject)
    letter = page.frame_locator("iframe")
    expect(letter.get_by_role("heading", level=1)).to_have_text(subject)
    assert letter.locator("html").evaluate("node => node.scrollWidth <= node.clientWidth")


def test_customer_confirms_a_payment_at_the_sandbox_bank(demo: Server, page: Page) -> None:
    customer = Visitor(demo, "customer@example.com")
    order = customer.place("book-mail")
    payment = customer.pay(order, "sandbox_card_authentication")["payment"]

    page.goto(payment["nextActionUrl"])
    expect(page.locator(".amount")).to_have_text("€13.61")
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("heading", name="The payment has been approved.")).to_be_visible()
    assert customer.run("order_tracking", number=order["number"])["status"] == "CONFIRMATION"


def _sign_in(page: Page, email: str) -> None:
    page.get_by_role("button", name=email).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def _titled(page: Page, title: str) -> Locator:
    return page.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True))


def _cut_off(page: Page) -> list[str]:
    """Texts that reach beyond the page's right edge, though it does not scroll."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('main *, nav *')]
            .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
            .filter((node) => !node.closest('thead')) // only heard, not seen, on a telephone
            .map((node) => node.textContent.trim())"""
    )
    return found
