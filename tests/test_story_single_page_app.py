"""The story of a single-page app: its visitor signs in with a form, and it sends the documents of `queries/` only."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from access.passwords import Passwords
from tests.api import QUERIES, Api

PASSWORD = "a password of this test alone"


class App:
    """Pages of ours in a browser: the cookie goes along by itself, and so does the page's origin."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx2.Client(base_url=url, headers={"origin": url}, timeout=60)

    def sign_in(self, email: str) -> httpx2.Response:
        form = {"email": email, "password": PASSWORD, "next": "/graphiql"}
        return self.http.post("/sign-in", data=form)

    def send(self, name: str, **variables: Any) -> dict[str, Any]:
        text = (QUERIES / f"{name}.graphql").read_text()
        body = {"query": text, "variables": {"input": variables} if "$input" in text else variables}
        return dict(self.http.post("/graphql", json=body).json())

    def run(self, name: str, **variables: Any) -> Any:
        """The last root field of an answer without errors."""
        answer = self.send(name, **variables)
        assert "errors" not in answer, answer
        found = list(answer["data"].values())[-1]
        assert not found.get("errors"), found
        return found


@pytest.fixture
def app(api: Api) -> Iterator[App]:
    app = App(api.url)
    yield app
    app.http.close()


def test_from_the_form_to_the_list_of_orders(api: Api, app: App) -> None:
    email = _customer(api)
    answer = app.sign_in(email)
    assert (answer.status_code, answer.headers["location"]) == (303, "/graphiql")
    assert app.http.get("/session").json()["viewer"]["email"] == email
    assert app.run("viewer")["email"] == email

    # Looking around, then placing: two servers with ten percent off, as the page of the basket said.
    catalogue = app.run("products", first=100)["nodes"]
    server = next(product for product in catalogue if product["code"] == "server")
    lines = [{"productCode": server["code"], "quantity": 2}]
    order = app.run("place_order", lines=lines, voucherCode="TENPERCENT", idempotencyKey=str(uuid4()))["order"]
    shown = app.run("purchase_order", number=order["number"])["purchaseOrder"]
    assert [reduction["code"] for reduction in shown["reductions"]] == ["TENPERCENT"]
    assert shown["total"]["amount"] == order["total"]["amount"] == "321.62"
    assert app.http.get(shown["html"]["url"]).status_code == 200

    _pay_with_strong_authentication(app, order["id"])

    tracking = app.run("order_tracking", number=order["number"])["tracking"]
    assert [step["status"] for step in tracking["steps"]] == ["DOING", "TODO", "TODO", "TODO"]
    assert tracking["estimatedCompletion"] is not None
    actions = {each["action"]: each["allowed"] for each in app.run("order_actions", number=order["number"])["actions"]}
    assert actions["PAY"] is False
    assert actions["WITHDRAW"] is True

    listed = app.run("my_orders", first=1)
    assert [(each["number"], each["status"]) for each in listed["nodes"]] == [(order["number"], "CONFIRMATION")]
    assert [each["number"] for each in app.run("search_orders", search=order["number"][:8])["nodes"]] == [
        order["number"]
    ]
    counts = app.send("order_counts")["data"]["orderCounts"]
    assert {each["status"]: each["count"] for each in counts if each["count"]} == {"CONFIRMATION": 1}


def test_nothing_is_left_after_signing_out(api: Api, app: App) -> None:
    app.sign_in(_customer(api))
    left = dict(app.http.cookies)

    assert app.http.post("/sign-out", data={"next": "/"}).status_code == 303

    assert app.send("viewer")["data"]["viewer"] is None
    app.http.cookies.update(left)  # someone kept it
    assert app.send("my_orders")["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_cookie_counts_on_our_own_pages_only(api: Api, app: App) -> None:
    app.sign_in(_customer(api))
    app.http.headers["origin"] = "https://evil.example"

    assert app.send("viewer")["data"]["viewer"] is None
    assert app.http.post("/sign-out", data={"next": "/"}).status_code == 403


def _customer(api: Api) -> str:
    """The e-mail address of a new one, who has a password."""
    hashed = api.running.do(Passwords().hash(PASSWORD))
    return api.customer(password_hash=hashed).account.email


def _pay_with_strong_authentication(app: App, order_id: str) -> None:
    """Away to the bank's page and back to ours, where the payment has succeeded."""
    source = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card_authentication"}}
    back = f"{app.url}/graphiql"
    key = str(uuid4())
    payment = app.run("pay_order", orderId=order_id, source=source, returnUrl=back, idempotencyKey=key)["payment"]
    assert payment["status"] == "ACTION_REQUIRED"

    answer = app.http.post(payment["nextActionUrl"], data={"answer": "approve"})

    assert (answer.status_code, answer.headers["location"]) == (303, back)
    again = app.run("pay_order", orderId=order_id, source=source, returnUrl=back, idempotencyKey=key)["payment"]
    assert (again["id"], again["status"]) == (payment["id"], "SUCCEEDED")
