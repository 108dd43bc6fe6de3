"""What Stripe does and localstripe does not: authentication by redirect, declines with their intent, saved methods,
lists by time, refunds within what was paid, and events of every change."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from tests.peers.stripe.amounts import check_amount
from tests.peers.stripe.telling import charge_of, told_of
from tests.peers.stripe.tokens import REFUSED_AT_ONCE, TOKENS, Behaviour
from tests.peers.stripe.upstream import Json, Refused, Upstream

#: Of what may be said of an intent, what localstripe understands.
_KEPT = ("amount", "currency", "customer", "metadata", "usage", "payment_method_types")
#: Seconds, of which localstripe itself needs a half.
_DEBITS_TAKE = 0.6
Tell = Callable[[str, Json], None]
Apart = Callable[[Callable[[], Awaitable[Json]]], Awaitable[Json]]


@dataclass(slots=True)
class Intent:
    """What localstripe does not keep. `asks`: whether its customer is, was or has been asked in vain, `amount` what
    it is told to be of, where that is not what was asked for."""

    form: dict[str, str]
    method: str
    behaviour: Behaviour
    asks: str = ""
    refusal: Json | None = None
    told: str = ""
    canceled: bool = False
    amount: int | None = None
    under_way: bool = False


@dataclass(slots=True)
class Books:
    """`url` is how customers reach the page that asks them. Each method answers with an object of Stripe's or raises
    Refused. `tell` is told of each change, `apart` does what no call has caused. Debits stay under way until they
    flow; refunds become what `refunds_are` says."""

    upstream: Upstream
    url: str
    tell: Tell
    apart: Apart
    refunds_are: str = "succeeded"
    intents: dict[str, Intent] = field(default_factory=dict)
    methods: dict[str, Behaviour] = field(default_factory=dict)
    refunds: dict[str, str] = field(default_factory=dict)
    debits_flow: asyncio.Event = field(default_factory=asyncio.Event)
    _refunding: asyncio.Lock = field(default_factory=asyncio.Lock)
    _settling: set[asyncio.Task[None]] = field(default_factory=set)

    async def create(self, path: str, form: Mapping[str, str]) -> Json:
        """A payment intent or a setup intent, confirmed as it is made."""
        if path == "/v1/payment_intents":
            check_amount(form["currency"], int(form["amount"]))
        method, behaviour = await self._resolve(form.get("payment_method", ""))
        await self._check_method(method, form)
        kept = {name: value for name, value in form.items() if name.partition("[")[0] in _KEPT}
        if path == "/v1/payment_intents" or behaviour.paypal:  # kinds that localstripe does not know
            kept = {name: value for name, value in kept.items() if not name.startswith("payment_method_types")}
        if path == "/v1/payment_intents":
            kept["payment_method"] = method
        made = await self.upstream.post(path, kept)
        self.intents[made["id"]] = intent = Intent(dict(form), method, behaviour)
        self.tell(f"{made['object']}.created", made)
        if behaviour.asks:
            intent.asks = "now"
            return await self.observe(path, made["id"])
        return await self.confirm(path, made["id"])

    async def confirm(self, path: str, reference: str) -> Json:
        """Raises Refused with the intent inside, as Stripe's declines have it."""
        intent = self.intents[reference]
        try:
            await self._confirm_there(path, reference, intent)
        except Refused as refused:
            intent.refusal = {**refused.error, "decline_code": intent.behaviour.decline_code}
            view = await self.observe(path, reference)
            raise Refused(refused.status, {**intent.refusal, view["object"]: view}) from None
        if path == "/v1/setup_intents" or "setup_future_usage" in intent.form:
            await self.upstream.post(
                f"/v1/payment_methods/{intent.method}/attach", {"customer": intent.form["customer"]}
            )
        intent.under_way = bool(intent.behaviour.iban) and path == "/v1/payment_intents"
        view = await self.observe(path, reference)
        if intent.under_way:
            task = asyncio.create_task(self._settle(path, reference))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
        return view

    async def answer(self, path: str, reference: str, *, approve: bool) -> Json:
        """What the customer answers; nothing happens to an intent that asks nothing."""
        intent = self.intents[reference]
        if intent.asks != "now" or intent.canceled:
            return await self.look(path, reference)
        if approve:
            intent.asks = "approved"
            try:
                return await self.confirm(path, reference)
            except Refused:
                return await self.look(path, reference)
        intent.asks = "refused"
        kind = path.removeprefix("/v1/").removesuffix("s")
        intent.refusal = {"type": "invalid_request_error", "code": f"{kind}_authentication_failure", "message": "no"}
        return await self.observe(path, reference)

    async def cancel(self, path: str, reference: str) -> Json:
        state = (await self.look(path, reference))["status"]
        if state in ("succeeded", "processing", "canceled"):
            message = f"It cannot be canceled: it is {state}."
            raise Refused(
                400, {"type": "invalid_request_error", "code": "payment_intent_unexpected_state", "message": message}
            )
        await self.upstream.post(f"{path}/{reference}/cancel", {})
        self.intents[reference].canceled = True
        return await self.observe(path, reference)

    async def look(self, path: str, reference: str) -> Json:
        return self.view(await self.upstream.get(f"{path}/{reference}"))

    async def observe(self, path: str, reference: str) -> Json:
        """As `look`, and what has changed is told."""
        view, intent = await self.look(path, reference), self.intents[reference]
        if intent.told != view["status"]:
            intent.told = view["status"]
            for kind, about in told_of(view):
                self.tell(kind, about)
        return view

    def view(self, raw: Json) -> Json:
        """An intent of localstripe's as Stripe shows it."""
        intent = self.intents.get(raw["id"])
        if intent is None:
            return raw
        status = raw["status"]
        if intent.canceled:
            status = "canceled"
        elif intent.asks == "now":
            status = "requires_action"
        elif intent.refusal is not None:
            status = "requires_payment_method"
        elif intent.under_way:
            status = "processing"
        where = f"{self.url}/authenticate{raw_path(raw)}/{raw['id']}"
        action = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": where, "return_url": intent.form.get("return_url")},
        }
        failure = intent.refusal or (raw.get("last_payment_error") if status != "processing" else None)
        seen = {
            **raw,
            "status": status,
            "payment_method": None if status == "requires_payment_method" else intent.method,
            "next_action": action if status == "requires_action" else None,
            "last_setup_error" if raw["object"] == "setup_intent" else "last_payment_error": failure,
        }
        if raw["object"] == "payment_intent":
            seen["amount"] = raw["amount"] if intent.amount is None else intent.amount
            seen["amount_received"] = seen["amount"] if status == "succeeded" else 0
        return seen

    async def refund(self, form: Mapping[str, str]) -> Json:
        """Never more than was paid, which localstripe would allow."""
        async with self._refunding:
            intent = await self.look("/v1/payment_intents", form["payment_intent"])
            gone = 0
            if intent["status"] == "succeeded":
                before = await self.upstream.get("/v1/refunds", payment_intent=intent["id"], limit="100000")
                gone = sum(one["amount"] for one in before["data"] if self.refunds.get(one["id"]) != "failed")
            wanted = int(form.get("amount", intent["amount"]))
            check_amount(intent["currency"], wanted)
            if wanted + gone > intent["amount_received"]:
                code = "charge_already_refunded" if gone else "charge_not_refundable"
                raise Refused(400, {"type": "invalid_request_error", "code": code, "message": "too much"})
            kept = {name: value for name, value in form.items() if name.partition("[")[0] != "expand"}
            refund = await self.upstream.post("/v1/refunds", kept)
            self.refunds[refund["id"]] = self.refunds_are
        view = self.view_of_refund(refund)
        self.tell("refund.created", view)
        self.tell("charge.refunded", charge_of(intent))
        return view

    async def settle_refund(self, reference: str, status: str) -> Json:
        """What its bank makes of a refund days later."""
        self.refunds[reference] = status
        view = self.view_of_refund(await self.upstream.get(f"/v1/refunds/{reference}"))
        self.tell("refund.failed" if status == "failed" else "refund.updated", view)
        return view

    async def method(self, reference: str) -> Json:
        """A payment method as Stripe shows it; PayPal's is a card to localstripe, which knows no PayPal."""
        found = await self.upstream.get(f"/v1/payment_methods/{reference}")
        if not self.methods.get(reference, Behaviour()).paypal:
            return found
        shown = {name: value for name, value in found.items() if name != "card"}
        return {**shown, "type": "paypal", "paypal": {"payer_email": "payer@example.com", "payer_id": None}}

    def view_of_refund(self, raw: Json) -> Json:
        status = self.refunds.get(raw["id"], raw["status"])
        return {**raw, "status": status, "failure_reason": "declined" if status == "failed" else None}

    def reset(self) -> None:
        """What is done from here on goes well; what was done stays."""
        self.refunds_are = "succeeded"
        self.debits_flow.set()

    def forget(self) -> None:
        for task in self._settling:
            task.cancel()
        for kept in (self.intents, self.methods, self.refunds):
            kept.clear()

    async def _confirm_there(self, path: str, reference: str, intent: Intent) -> None:
        saves = path == "/v1/setup_intents"
        if saves and intent.form.get("payment_method") in REFUSED_AT_ONCE:
            raise Refused(402, {"type": "card_error", "code": "card_declined", "message": "declined"})
        await self.upstream.post(f"{path}/{reference}/confirm", {"payment_method": intent.method} if saves else {})

    async def _resolve(self, token: str) -> tuple[str, Behaviour]:
        """The method behind a token; test mode's own names make a new one at each use."""
        if token not in TOKENS:
            return (await self.upstream.get(f"/v1/payment_methods/{token}"))["id"], self.methods.get(token, Behaviour())
        behaviour = TOKENS[token]
        if behaviour.iban:
            made = await self.upstream.post(
                "/v1/payment_methods", {"type": "sepa_debit", "sepa_debit[iban]": behaviour.iban}
            )
        else:
            made = await self.upstream.get(f"/v1/payment_methods/{behaviour.card}")
        # A customer who has proved to be one is not asked again for what was saved then.
        self.methods[made["id"]] = replace(behaviour, asks=False)
        return made["id"], behaviour

    async def _check_method(self, method: str, form: Mapping[str, str]) -> None:
        found = await self.method(method)
        wanted = [value for name, value in form.items() if name.startswith("payment_method_types")]
        if wanted and found["type"] not in wanted:
            raise Refused(400, {"type": "invalid_request_error", "message": f"It is {found['type']}."})
        if found["customer"] not in (None, form.get("customer")):
            raise Refused(400, {"type": "invalid_request_error", "message": "It belongs to another customer."})

    async def _settle(self, path: str, reference: str) -> None:
        """A debit is on its way for a moment, and for as long as a test wants it to be."""
        await asyncio.sleep(_DEBITS_TAKE)
        await self.debits_flow.wait()
        self.intents[reference].under_way = False
        await self.apart(lambda: self.observe(path, reference))


def raw_path(raw: Json) -> str:
    return f"/v1/{raw['object']}s"
