"""The sandbox provider's own page, where its customer confirms a payment or does not: a bank's page would be there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from access.origin import normalised_origin
from gateways.payments import Charge, ChargeStatus, ProviderRefusal
from gateways.payments.sandbox import Sandbox
from pages.answers import not_found
from pages.layout import PRIVATE, page, wording
from texts import mark

Settle = Callable[[str], Awaitable[object]]
"""Told the reference of a charge whose state has changed, so that the payment follows at once."""

_OUTCOMES = {
    ChargeStatus.SUCCEEDED: mark("The payment has been approved."),
    ChargeStatus.FAILED: mark("The payment has been refused."),
    ChargeStatus.CANCELLED: mark("The payment has been cancelled."),
    ChargeStatus.PENDING: mark("The payment is under way."),
}


def routes(*, sandbox: Sandbox | None, settle: Settle) -> list[BaseRoute]:
    """Nobody signs in: whoever has the reference, which nobody can guess, is the payer. None: another provider is."""
    if sandbox is None:
        return []
    bank = _Bank(sandbox, settle)
    return [
        Route("/sandbox/{reference}", bank.ask, methods=["GET"]),
        Route("/sandbox/{reference}", bank.answer, methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Bank:
    sandbox: Sandbox
    settle: Settle

    async def ask(self, request: Request) -> Response:
        reference = request.path_params["reference"]
        try:
            charge = await self.sandbox.retrieve(reference)
        except ProviderRefusal:
            return not_found(request)
        if charge.status is not ChargeStatus.ACTION_REQUIRED:
            return self._done(request, charge, await self.sandbox.return_url(reference))
        back = await self.sandbox.return_url(reference)
        # Browsers hold a form to its policy through redirects too.
        return page(request, "sandbox.html", charge=charge, form_to=normalised_origin(back or "") or "")

    async def answer(self, request: Request) -> Response:
        reference = request.path_params["reference"]
        async with request.form(max_files=0, max_fields=5, max_part_size=1024) as form:
            approve = form.get("answer") == "approve"
        try:
            charge = await self.sandbox.complete_action(reference, approve=approve)
        except ProviderRefusal:
            return not_found(request)
        await self.settle(reference)
        back = await self.sandbox.return_url(reference)
        return RedirectResponse(back, 303, PRIVATE) if back else self._done(request, charge, None)

    def _done(self, request: Request, charge: Charge, back: str | None) -> Response:
        say = wording(request)
        outcome = say(_OUTCOMES.get(charge.status, mark("The payment is under way.")))
        text = say(mark("You can close this page."))
        return page(request, "notice.html", title=outcome, text=text, link=(back, say(mark("Back"))) if back else None)
