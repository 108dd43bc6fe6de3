"""Stripe as a payment provider: payment intents that are confirmed as they are made, set-up intents, refunds."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

import stripe

from gateways.payments import (
    Charge,
    MethodSetup,
    Movement,
    MovementKind,
    ProviderEvent,
    ProviderRefund,
    ProviderRefusal,
    StrangeAmount,
)
from gateways.payments.stripe.amounts import fits, from_stripe, to_stripe
from gateways.payments.stripe.client import Client, KeptError, asking, looking, pages
from gateways.payments.stripe.customers import Customers
from gateways.payments.stripe.events import read_event
from gateways.payments.stripe.secrets import without_secrets
from gateways.payments.stripe.signing import check_signature
from gateways.payments.stripe.telling import (
    FAILED,
    TYPES,
    attempt_of,
    moment,
    tell_charge,
    tell_refund,
    tell_setup,
)
from models.database import Database
from models.money import Money
from models.payment import PaymentMethodKind

#: From this age on what was sent is looked for before it is sent again: an error may have been kept with its key.
LOOK_FIRST: Final = timedelta(minutes=1)
#: Stripe keeps keys for 24 hours at least; an hour of that is for clocks that differ and for calls under way.
KEYS_KEPT: Final = timedelta(hours=23)
#: Stripe mends by itself what an error of its own has left half done. What is not there at this age is not expected to
#: come any more; if it does, its event has the money pay the order after all, or go back like any that comes late.
ERRORS_MENDED: Final = timedelta(hours=1)
_EXPANDED: Final = ["payment_method"]
_INTENT: Final = "pi_"


class Stripe:
    """A PaymentProvider and an EventSource. `public_url` is where customers come back to who have no other place.

    A charge that failed is cancelled at Stripe before it is told as failed: nothing can pay it afterwards."""

    name: Final = "stripe"
    signature_header: Final = "Stripe-Signature"

    def __init__(
        self,
        database: Database,
        *,
        secret_key: str,
        webhook_secrets: Sequence[str],
        public_url: str,
        api_base: str | None = None,
    ) -> None:
        self._database = database
        self._client = Client(secret_key=secret_key, api_base=api_base)
        self._live = "_live_" in secret_key
        self._customers = Customers(database, self._client, live=self._live)
        self._webhook_secrets = webhook_secrets
        self._public_url = public_url

    async def close(self) -> None:
        await self._client.close()

    def read_event(self, body: bytes, signature: str, now: datetime) -> ProviderEvent:
        check_signature(body, signature, secrets=self._webhook_secrets, now=now)
        return read_event(body, live=self._live, now=now)

    def without_secrets(self, body: bytes) -> bytes:
        return without_secrets(body)

    def can_move(self, amount: Money) -> bool:
        return fits(amount)

    async def charge(
        self,
        *,
        idempotency_key: str,
        kind: PaymentMethodKind,
        token: str,
        amount: Money,
        return_url: str | None,
        customer: UUID,
        save: bool,
        begun_at: datetime,
    ) -> Charge:
        stripe_amount = to_stripe(amount)
        payer, age = await self._customers.reference(customer), self._now() - begun_at
        if age > LOOK_FIRST:
            found = await self._find_intent(payer, idempotency_key, begun_at)
            if found is not None:
                return await self._conclude(found)
        if age > KEYS_KEPT:
            raise ProviderRefusal("attempt_too_old")
        params = {
            **self._confirmed(idempotency_key, kind, token, payer, return_url, save=save),
            "amount": stripe_amount,
            "currency": amount.currency.lower(),
        }
        if save:
            params["setup_future_usage"] = "off_session"
        # Of an old one each error is told at once: what was kept then was kept by an earlier call, not by this one.
        once = age > ERRORS_MENDED
        try:
            return await self._conclude(await self._create_intent(params, idempotency_key, once=once))
        except KeptError:
            if not once:
                raise
        # Looked for again: only now it is certain that no call is under way.
        found = await self._find_intent(payer, idempotency_key, begun_at)
        if found is None:
            raise ProviderRefusal("processing_error")
        return await self._conclude(found)

    async def _create_intent(self, params: dict[str, Any], key: str, *, once: bool) -> stripe.PaymentIntent:
        """`once`: an error is not tried again here."""
        intents = self._client.v1.payment_intents
        options: stripe.RequestOptions = {"idempotency_key": f"charge-{key}"}
        if once:
            options["max_network_retries"] = 0
        async with asking():
            try:
                return await intents.create_async(cast("Any", params), options)
            except stripe.CardError as declined:
                intent = getattr(declined.error, "payment_intent", None)
                if intent is None:
                    raise
        return await self._retrieve(intent.id)

    async def find_charge(self, idempotency_key: str, *, customer: UUID, begun_at: datetime) -> Charge | None:
        payer = await self._customers.known(customer)
        found = None if payer is None else await self._find_intent(payer, idempotency_key, begun_at)
        return None if found is None else await self._conclude(found)

    async def retrieve(self, reference: str) -> Charge:
        return await self._conclude(await self._retrieve(reference))

    async def cancel(self, reference: str) -> Charge:
        return tell_charge(await self._cancel(reference))

    async def refund(
        self, *, idempotency_key: str, reference: str, amount: Money, begun_at: datetime
    ) -> ProviderRefund:
        stripe_amount = to_stripe(amount)
        if self._now() - begun_at > LOOK_FIRST:
            found = await self._find_refund(reference, idempotency_key)
            if found is not None:
                return tell_refund(found)
        async with asking():
            refund = await self._client.v1.refunds.create_async(
                {"payment_intent": reference, "amount": stripe_amount, "metadata": {"attempt": idempotency_key}},
                {"idempotency_key": f"refund-{idempotency_key}"},
            )
        return tell_refund(refund)

    async def retrieve_refund(self, reference: str) -> ProviderRefund:
        async with looking():
            return tell_refund(await self._client.v1.refunds.retrieve_async(reference))

    async def set_up_method(
        self, *, idempotency_key: str, kind: PaymentMethodKind, token: str, customer: UUID, return_url: str | None
    ) -> MethodSetup:
        payer = await self._customers.reference(customer)
        params = self._confirmed(idempotency_key, kind, token, payer, return_url, save=True)
        async with asking():
            intent = await self._client.v1.setup_intents.create_async(
                cast("Any", {**params, "usage": "off_session"}), {"idempotency_key": f"setup-{idempotency_key}"}
            )
        return tell_setup(intent)

    async def retrieve_setup(self, reference: str) -> MethodSetup:
        async with looking():
            return tell_setup(await self._client.v1.setup_intents.retrieve_async(reference, {"expand": _EXPANDED}))

    def owns(self, reference: str) -> bool:
        return reference.startswith(_INTENT)

    async def movements(self, *, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        begun = {"created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())}}
        async for intent in pages(self._client.v1.payment_intents.list_async, begun):
            if intent.status == "succeeded":
                paid = from_stripe(intent.currency, intent.amount_received)
                yield _movement(MovementKind.CHARGE, intent, intent.id, paid)
        async for refund in pages(self._client.v1.refunds.list_async, begun):
            if refund.status == "succeeded":
                sent = from_stripe(refund.currency, refund.amount)
                yield _movement(MovementKind.REFUND, refund, str(refund.payment_intent), sent)

    def _confirmed(
        self, key: str, kind: PaymentMethodKind, token: str, payer: str, return_url: str | None, *, save: bool
    ) -> dict[str, Any]:
        """What an intent to pay and one to save have in common."""
        params: dict[str, Any] = {
            "customer": payer,
            "payment_method": token,
            "payment_method_types": [TYPES[kind]],
            "confirm": True,
            "return_url": return_url or self._public_url,
            "metadata": {"attempt": key},
            "expand": _EXPANDED,
        }
        if kind is PaymentMethodKind.SEPA_DIRECT_DEBIT or (save and kind is PaymentMethodKind.PAYPAL):
            # The mandate was accepted in the shop's form, of which we know neither the address nor the browser.
            params["mandate_data"] = {"customer_acceptance": {"type": "offline"}}
        return params

    async def _conclude(self, intent: stripe.PaymentIntent) -> Charge:
        return tell_charge(await self._cancel(intent.id) if intent.status in FAILED else intent)

    async def _cancel(self, reference: str) -> stripe.PaymentIntent:
        async with looking():
            try:
                return await self._client.v1.payment_intents.cancel_async(reference, {"expand": _EXPANDED})
            except stripe.InvalidRequestError:  # too late, one way or the other
                return await self._client.v1.payment_intents.retrieve_async(reference, {"expand": _EXPANDED})

    async def _retrieve(self, reference: str) -> stripe.PaymentIntent:
        if not self.owns(reference):  # it was begun at the sandbox, before Stripe was configured
            raise ProviderRefusal("unknown_charge")
        async with looking():
            return await self._client.v1.payment_intents.retrieve_async(reference, {"expand": _EXPANDED})

    async def _find_intent(self, payer: str, key: str, begun_at: datetime) -> stripe.PaymentIntent | None:
        """By what we left on it: lists tell what is there now, Stripe's search what was there a minute ago."""
        earliest = int((begun_at - timedelta(hours=1)).timestamp())
        mine = {"customer": payer, "created": {"gte": earliest}, "expand": ["data.payment_method"]}
        async for intent in pages(self._client.v1.payment_intents.list_async, mine):
            if attempt_of(intent) == key:
                return intent
        return None

    async def _find_refund(self, reference: str, key: str) -> stripe.Refund | None:
        async for refund in pages(self._client.v1.refunds.list_async, {"payment_intent": reference}):
            if attempt_of(refund) == key:
                return refund
        return None

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._database.clock_offset


def _movement(
    kind: MovementKind,
    thing: stripe.PaymentIntent | stripe.Refund,
    charge_reference: str,
    amount: Money | StrangeAmount,
) -> Movement:
    return Movement(kind, thing.id, charge_reference, amount, attempt_of(thing), moment(thing.created))
