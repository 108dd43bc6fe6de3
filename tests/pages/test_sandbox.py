"""The sandbox provider's page: a customer approves or refuses, the payment follows, and they are sent back."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest

from gateways.payments import ChargeStatus
from models.money import Money
from models.payment import PaymentMethodKind
from tests.pages.site import Site


def charge(site: Site, return_url: str | None = None) -> str:
    started = site.sandbox.charge(
        idempotency_key="once",
        kind=PaymentMethodKind.CARD,
        token="sandbox_card_authentication",
        amount=Money("EUR", 18838),
        return_url=return_url,
        customer=uuid4(),
        save=False,
        begun_at=datetime.now(UTC),
    )
    return site.house.run(started).reference


def status(site: Site, reference: str) -> ChargeStatus:
    return site.house.run(site.sandbox.retrieve(reference)).status


def answer(site: Site, reference: str, answer: str) -> httpx2.Response:
    with site.browser() as browser:
        return browser.post(f"/sandbox/{reference}", data={"answer": answer})


def test_approves_and_sends_back_to_where_the_payer_came_from(site: Site) -> None:
    reference = charge(site, "https://shop.example/orders/1?paid=1")
    with site.browser() as browser:
        page = browser.get(f"/sandbox/{reference}")
    assert page.status_code == 200
    assert "€188.38" in page.text
    assert "form-action 'self' https://shop.example;" in page.headers["content-security-policy"]

    answered = answer(site, reference, "approve")

    assert (answered.status_code, answered.headers["location"]) == (303, "https://shop.example/orders/1?paid=1")
    assert site.settled == [reference]
    assert status(site, reference) is ChargeStatus.SUCCEEDED


@pytest.mark.parametrize("word", ["refuse", "", "APPROVE"])
def test_refuses_unless_it_is_approved(site: Site, word: str) -> None:
    reference = charge(site)
    answered = answer(site, reference, word)
    assert answered.status_code == 200
    assert "The payment has been refused." in answered.text
    assert "You can close this page." in answered.text
    assert site.settled == [reference]
    assert status(site, reference) is ChargeStatus.FAILED


def test_an_answer_stands(site: Site) -> None:
    reference = charge(site, site.url)
    answer(site, reference, "refuse")
    answer(site, reference, "approve")
    assert status(site, reference) is ChargeStatus.FAILED
    with site.browser() as browser:
        page = browser.get(f"/sandbox/{reference}")
    assert "The payment has been refused." in page.text
    assert f'href="{site.url}"' in page.text


def test_an_unknown_reference_is_not_found(site: Site) -> None:
    with site.browser() as browser:
        assert browser.get("/sandbox/ch_unknown").status_code == 404
    assert answer(site, "ch_unknown", "approve").status_code == 404
    assert site.settled == []
