"""GraphiQL as a newcomer meets it: sign in, run what is offered, follow orders live, sign out."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.peers.programs import Server
from tests.visitor import Visitor

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]


def test_explores_and_follows_orders_live(demo: Server, context: BrowserContext) -> None:
    customer = Visitor(demo, "customer@example.com")
    page = context.new_page()
    page.goto("/")
    _sign_in(page, "customer@example.com")
    expect(page.get_by_text("Camille Exemplaire")).to_be_visible()
    tabs = ["Viewer", "MyOrders", "PlaceOrder", "PayOrder", "OrderTracking", "OrderChanges"]
    expect(page.get_by_role("tab")).to_contain_text(tabs)

    page.get_by_role("button", name="query order_counts").click()
    _run(page)
    expect(_response(page)).to_contain_text("DOCUMENTS_REQUESTED")

    page.get_by_role("tab", name="OrderChanges").click()
    page.get_by_role("region", name="Variables").click()
    page.keyboard.insert_text(json.dumps({"after": customer.position()}))
    _run(page)
    expect(page.get_by_role("status")).to_have_text("live")
    order = customer.place("book-mail")
    expect(_response(page)).to_contain_text(order["number"])
    expect(_response(page)).to_contain_text('"to": "UNPAID"')
    customer.pay(order)
    expect(_response(page)).to_contain_text('"to": "CONFIRMATION"')
    expect(_response(page)).to_contain_text('"sequence": 2')

    page.get_by_role("button", name="Stop query").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert customer.run("viewer")["email"] == "customer@example.com"  # another session than the browser's


def test_places_the_order_of_its_ready_tab(demo: Server, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/graphiql")
    _sign_in(page, "customer@example.com")

    page.get_by_role("tab", name="PlaceOrder").click()
    _run(page)

    expect(_response(page)).to_contain_text('"status": "UNPAID"')
    expect(_response(page)).to_contain_text('"errors": []')


def test_documents_can_be_opened_once_the_editor_is_there(context: BrowserContext) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    context.route("**/assets/editor.api*", hold)
    page = context.new_page()
    with page.expect_request("**/assets/editor.api*"):
        page.goto("/graphiql", wait_until="commit")
    document = page.get_by_role("button", name="query order_counts")
    expect(document).to_be_disabled()

    for route in held:
        route.continue_()
    document.click()

    expect(page.get_by_role("tab", selected=True)).to_contain_text("OrderCounts")


def _sign_in(page: Page, email: str) -> None:
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/graphiql")


def _run(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Execute query")).click()


def _response(page: Page) -> Locator:
    return page.get_by_role("region", name="Result Window")
