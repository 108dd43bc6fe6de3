"""Stripe behind its proxy, and a counter at which either provider is asked the same things."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from gateways.payments.sandbox import Sandbox
from gateways.payments.stripe.provider import Stripe
from tests.api import Api
from tests.conftest import STORES
from tests.payments.counter import Counter
from tests.peers.stripe import KEY, OLD_SECRET, SECRET, StripePeer
from tests.running import Running, run_application

SANDBOX_TOKENS = {
    "good": "sandbox_card",
    "declined": "sandbox_card_declined",
    "empty": "sandbox_card_no_funds",
    "asking": "sandbox_card_authentication",
    "asking_to_save": "sandbox_card_authentication_to_save",
    "debit": "sandbox_sepa",
    "bad_debit": "sandbox_sepa_refused",
}
STRIPE_TOKENS = {
    "good": "pm_card_visa",
    "declined": "pm_card_visa_chargeDeclined",
    "empty": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "asking": "pm_card_authenticationRequired",
    "asking_to_save": "pm_card_authenticationRequired",
    "debit": "pm_success_de",
    "bad_debit": "pm_failed_de",
}


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[StripePeer]:
    with StripePeer() as peer:
        yield peer


@pytest.fixture
def peer(stripe_process: StripePeer) -> StripePeer:
    """Nothing goes wrong until the test says so."""
    stripe_process.reset(books=True)
    stripe_process.deliver_to()
    return stripe_process


@pytest.fixture
def at_stripe(api: Api, peer: StripePeer) -> Iterator[Counter]:
    with _at_stripe(api, peer) as counter:
        yield counter


@pytest.fixture(params=["sandbox", "stripe"])
def counter(request: pytest.FixtureRequest, api: Api, peer: StripePeer) -> Iterator[Counter]:
    """Each test of the contract holds at either."""
    with {"sandbox": _at_sandbox, "stripe": _at_stripe}[request.param](api, peer) as counter:
        yield counter


@pytest.fixture(scope="session", params=STORES)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, stripe_process: StripePeer
) -> Iterator[Running]:
    """The application as it takes real payments, with a webhook secret that takes over from another."""
    folder = tmp_path_factory.mktemp(f"stripe-{request.param}")
    url = f"sqlite:///{folder / 'orders.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database("stripe")
    settings = {**stripe_process.environment, "STRIPE_WEBHOOK_SECRET": f"{OLD_SECRET}, {SECRET}"}
    with run_application(url, folder, **settings) as served:
        yield served


@pytest.fixture
def store(shop: Running, peer: StripePeer) -> Iterator[Api]:
    """The front door of that shop; Stripe delivers its events there."""
    peer.deliver_to(f"{shop.url}/webhooks/stripe")
    with Api(shop) as api:
        yield api
    shop.set_clock_back()
    peer.reset()


@contextmanager
def _at_stripe(api: Api, peer: StripePeer) -> Iterator[Counter]:
    provider = Stripe(
        api.running.database, secret_key=KEY, webhook_secrets=[SECRET], public_url=api.url, api_base=peer.url
    )
    peer.hold_debits()
    yield Counter(
        api,
        provider,
        STRIPE_TOKENS,
        answer=lambda reference, approve: peer.authenticate(reference, approve=approve),
        settle=lambda: peer.hold_debits(False),
    )
    api.running.do(provider.close())


@contextmanager
def _at_sandbox(api: Api, _peer: StripePeer) -> Iterator[Counter]:
    sandbox = Sandbox(api.running.database, public_url=api.url, settles_after=timedelta(hours=1))
    yield Counter(
        api,
        sandbox,
        SANDBOX_TOKENS,
        answer=lambda reference, approve: api.running.do(sandbox.complete_action(reference, approve=approve)),
        settle=lambda: setattr(sandbox, "settles_after", timedelta(0)),
    )
