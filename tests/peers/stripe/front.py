"""The API as its clients see it: keys, faults and events around the books."""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from html import escape

from aiohttp import web

from tests.peers.stripe.books import Books
from tests.peers.stripe.deliveries import Deliveries
from tests.peers.stripe.faults import Fault, Faults, error_of
from tests.peers.stripe.keys import Answer, Keys
from tests.peers.stripe.listing import page_of
from tests.peers.stripe.upstream import Json, Refused, Upstream

_INTENTS = ("/v1/payment_intents", "/v1/setup_intents")
_events: ContextVar[list[Json]] = ContextVar("events of this call")


@dataclass(slots=True)
class Front:
    """`calls` is what was asked: method, path, key and what came of it (0: no answer)."""

    upstream: Upstream
    url: str
    keys: Keys = field(default_factory=Keys)
    faults: Faults = field(default_factory=Faults)
    deliveries: Deliveries = field(default_factory=Deliveries)
    calls: list[Json] = field(default_factory=list)
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        self.books = Books(self.upstream, self.url, self._note, self.telling)
        self.books.debits_flow.set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/authenticate/v1/{kind}/{reference}", self._ask),
            web.post("/authenticate/v1/{kind}/{reference}", self._answered),
            web.route("*", "/v1/{rest:.*}", self._api),
        ]

    async def telling(self, work: Callable[[], Awaitable[Json]]) -> Json:
        """Does what changes something without a call to the API, and tells of it at once."""
        events: list[Json] = []
        token = _events.set(events)
        try:
            done = await work()
        finally:
            _events.reset(token)
        for answered in (False, True):
            await self.deliveries.publish(events, answered=answered)
        return done

    async def reset(self) -> None:
        self.faults.reset()
        self.deliveries.reset()
        self.keys.forget()
        self.books.reset()
        self.calls.clear()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        call: Json = {
            "method": request.method,
            "path": request.path,
            "key": request.headers.get("Idempotency-Key"),
            "attempt": form.get("metadata[attempt]"),
            "status": 0,
        }
        self.calls.append(call)
        faults = self.faults.take(request.method, request.path)
        # As Stripe marks what it has said before.
        headers = {"Idempotent-Replayed": "true"} if not faults and self.keys.known(call["key"]) else {}
        events: list[Json] = []
        token = _events.set(events)
        try:
            answer = await self._answer(request, form, faults.get("before"))
            await self.deliveries.publish(events, answered=False)
            answer = await self._spoil(answer, faults.get("after"))
        finally:
            _events.reset(token)
        call["status"] = answer[0] if answer else 0
        if answer is None:
            await self.deliveries.publish(events, answered=True)
            return _cut(request)
        response = web.json_response(answer[1], status=answer[0], headers=headers)
        await response.prepare(request)
        await response.write_eof()
        await self.deliveries.publish(events, answered=True)
        return response

    async def _answer(self, request: web.Request, form: Mapping[str, str], fault: Fault | None) -> Answer | None:
        if not request.headers.get("Authorization", "").startswith("Bearer sk_"):
            return 401, {"error": {"type": "invalid_request_error", "message": "You did not provide an API key."}}
        key = request.headers.get("Idempotency-Key")
        if fault is not None:
            await self.faults.wait(fault)
            if fault.drop:
                return None
            if fault.status is not None:
                answer = fault.status, error_of(fault.status)
                if fault.remember:
                    self.keys.keep(key, request.path, form, answer)
                return answer
        if request.method == "GET":
            return await _told(lambda: self._get(request))
        return await self.keys.once(key, request.path, form, lambda: _told(lambda: self._post(request.path, form)))

    async def _spoil(self, answer: Answer | None, fault: Fault | None) -> Answer | None:
        if fault is None:
            return answer
        await self.faults.wait(fault)
        if fault.drop:
            return None
        return answer if fault.status is None else (fault.status, error_of(fault.status))

    async def _post(self, path: str, form: Mapping[str, str]) -> Json:
        head, _, tail = path.removeprefix("/v1/").partition("/")
        kind, (reference, _, verb) = f"/v1/{head}", tail.partition("/")
        if kind in _INTENTS and not reference:
            return await self._expanded(await self.books.create(kind, form), form)
        if kind in _INTENTS and verb == "cancel":
            return await self._expanded(await self.books.cancel(kind, reference), form)
        if path == "/v1/refunds":
            return await self.books.refund(form)
        return await self.upstream.post(path, form)

    async def _get(self, request: web.Request) -> Json:
        path, query = request.path, dict(request.query)
        if path in (*_INTENTS, "/v1/refunds"):
            everything = (await self.upstream.get(path, limit="1000000"))["data"]
            view = self.books.view_of_refund if path == "/v1/refunds" else self.books.view
            page = page_of(path, [view(one) for one in everything], query)
            for one in page["data"]:
                await self._expanded(one, {name: value.removeprefix("data.") for name, value in query.items()})
            return page
        if path == "/v1/events":
            return page_of(path, self.deliveries.events, query)
        kind, _, reference = path.rpartition("/")
        if kind in _INTENTS:
            return await self._expanded(await self.books.look(kind, reference), query)
        if kind == "/v1/payment_methods":
            return await self.books.method(reference)
        if kind == "/v1/refunds":
            return self.books.view_of_refund(await self.upstream.get(path))
        return await self.upstream.get(path, **query)

    async def _expanded(self, thing: Json, form: Mapping[str, str]) -> Json:
        wanted = [value for name, value in form.items() if name.startswith("expand")]
        if "payment_method" in wanted and thing.get("payment_method"):
            thing["payment_method"] = await self.books.method(thing["payment_method"])
        return thing

    async def _ask(self, request: web.Request) -> web.Response:
        about = escape(request.match_info["reference"])
        return web.Response(
            text=f"<!doctype html><title>Bank</title><p>{about}</p><form method=post>"
            "<button name=answer value=approve>Approve</button><button name=answer value=refuse>Refuse</button></form>",
            content_type="text/html",
        )

    async def _answered(self, request: web.Request) -> web.Response:
        kind, reference = request.match_info["kind"], request.match_info["reference"]
        if reference not in self.books.intents:
            raise web.HTTPNotFound
        approve = (await request.post()).get("answer") == "approve"
        await self.telling(lambda: self.books.answer(f"/v1/{kind}", reference, approve=approve))
        back = self.books.intents[reference].form.get("return_url")
        if back is None:
            return web.Response(text="You can close this page.")
        mark = "&" if "?" in back else "?"
        outcome = "succeeded" if approve else "failed"
        raise web.HTTPSeeOther(f"{back}{mark}{kind.removesuffix('s')}={reference}&redirect_status={outcome}")

    def _note(self, kind: str, about: Json) -> None:
        """An event, delivered as the call that caused it has it."""
        _events.get().append(self.deliveries.make(kind, about))


async def _told(work: Callable[[], Awaitable[Json]]) -> Answer:
    try:
        return 200, await work()
    except Refused as refused:
        return refused.status, {"error": refused.error}


def _cut(request: web.Request) -> web.Response:
    """No answer: the connection is gone."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
