"""The control API: what is to go wrong, how events travel, and what there is to see, over HTTP from any process."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.peers.stripe.deliveries import Endpoint, Policy
from tests.peers.stripe.faults import Fault
from tests.peers.stripe.front import Front
from tests.peers.stripe.signing import sign
from tests.peers.stripe.upstream import Json

PREFIX = "/_control"


class Control:
    """Each route takes a JSON object and answers with one; README.md lists them."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def routes(self) -> list[web.RouteDef]:
        posts: dict[str, Callable[[Json], Awaitable[Json]]] = {
            "reset": self._reset,
            "faults": self._plan,
            "gates": self._open,
            "keys/forget": self._forget_keys,
            "endpoints": self._endpoints,
            "webhooks": self._policy,
            "webhooks/deliver": self._deliver,
            "webhooks/send": self._send,
            "amounts": self._amounts,
            "authenticate": self._authenticate,
            "debits": self._debits,
            "refunds": self._refunds,
        }
        return [
            web.get(f"{PREFIX}/state", self._state),
            *(web.post(f"{PREFIX}/{name}", _as_handler(work)) for name, work in posts.items()),
        ]

    async def _state(self, _request: web.Request) -> web.Response:
        front = self._front
        faults = {"waiting": front.faults.waiting, "planned": sum(one.times for one in front.faults.planned)}
        return web.json_response({"calls": front.calls, "webhooks": front.deliveries.tell(), **faults})

    async def _reset(self, body: Json) -> Json:
        await self._front.reset()
        if body.get("books"):
            self._front.books.forget()
            await self._front.upstream.forget_everything()
        return {}

    async def _plan(self, body: Json) -> Json:
        self._front.faults.planned.append(Fault.read(body))
        return {}

    async def _open(self, body: Json) -> Json:
        self._front.faults.open(body["open"])
        return {}

    async def _forget_keys(self, _body: Json) -> Json:
        self._front.keys.forget()
        return {}

    async def _endpoints(self, body: Json) -> Json:
        self._front.deliveries.endpoints = [Endpoint(one["url"], list(one["secrets"])) for one in body["endpoints"]]
        return {}

    async def _policy(self, body: Json) -> Json:
        self._front.deliveries.policy = Policy(**body)
        return {}

    async def _deliver(self, body: Json) -> Json:
        """What was held, or the events that are named, now and in this order; answers when each was tried."""
        deliveries = self._front.deliveries
        chosen = body.pop("events", None)
        if chosen is None:
            events, deliveries.held = deliveries.held, []
        else:
            known = {event["id"]: event for event in deliveries.events}
            events = [known[name] for name in chosen]
        before = len(deliveries.tried)
        await deliveries.deliver(events, policy=Policy(**body))
        return {"tried": deliveries.tried[before:]}

    async def _send(self, body: Json) -> Json:
        """Any text at all, signed with these secrets at this time, `ahead` seconds from now."""
        text: str = body["body"]
        at = int(time.time()) + int(body.get("ahead", 0))
        signature = body.get("signature") or sign(text.encode(), body["secrets"], at)
        url = body.get("url") or self._front.deliveries.endpoints[0].url
        return {"status": await self._front.deliveries.send_raw(url, text.encode(), signature)}

    async def _amounts(self, body: Json) -> Json:
        """What an intent is of from now on, as if somebody had changed it there by hand."""
        self._front.books.intents[body["reference"]].amount = int(body["amount"])
        return {}

    async def _authenticate(self, body: Json) -> Json:
        books, reference = self._front.books, body["reference"]
        path = "/v1/setup_intents" if reference.startswith("seti_") else "/v1/payment_intents"
        return await self._front.telling(lambda: books.answer(path, reference, approve=body["approve"]))

    async def _debits(self, body: Json) -> Json:
        flow = self._front.books.debits_flow
        flow.clear() if body["held"] else flow.set()
        return {}

    async def _refunds(self, body: Json) -> Json:
        """What refunds are from now on, or what one has become."""
        books = self._front.books
        if "reference" in body:
            return await self._front.telling(lambda: books.settle_refund(body["reference"], body["status"]))
        books.refunds_are = body["status"]
        return {}


def _as_handler(work: Callable[[Json], Awaitable[Json]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        body: Any = await request.json() if request.can_read_body else {}
        try:
            return web.json_response(await work(body))
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)

    return handle
