"""The sandbox provider's own page, where customers confirm payments and methods, as they would at their bank's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from access.origin import normalised_origin
from gateways.payments import ProviderRefusal
from gateways.payments.sandbox import Sandbox
from gateways.payments.sandbox.tokens import TOKENS
from models.money import Money
from models.sandbox import SandboxCharge, SandboxSetup, SandboxStatus
from pages.answers import not_found
from pages.layout import PRIVATE, page, wording
from texts import mark

Settle = Callable[[str], Awaitable[object]]
"""Told the reference of what has changed at the sandbox, so that the payment or method follows at once."""

_PAYMENT_OUTCOMES = {
    SandboxStatus.SUCCEEDED: mark("The payment has been approved."),
    SandboxStatus.FAILED: mark("The payment has been refused."),
    SandboxStatus.CANCELLED: mark("The payment has been cancelled."),
    SandboxStatus.PROCESSING: mark("The payment is under way."),
}
_SETUP_OUTCOMES = {
    SandboxStatus.SUCCEEDED: mark("The payment method has been approved."),
    SandboxStatus.FAILED: mark("The payment method has been refused."),
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
        try:
            asked = await self.sandbox.asked(request.path_params["reference"])
        except ProviderRefusal:
            return not_found(request)
        if asked.status is not SandboxStatus.REQUIRES_ACTION:
            return self._done(request, asked, asked.return_url)
        return page(
            request,
            "sandbox.html",
            reference=asked.id,
            label=TOKENS[asked.token].label,
            amount=Money(asked.currency, asked.amount) if isinstance(asked, SandboxCharge) else None,
            # Browsers hold a form to its policy through redirects too.
            form_to=normalised_origin(asked.return_url or "") or "",
        )

    async def answer(self, request: Request) -> Response:
        reference = request.path_params["reference"]
        async with request.form(max_files=0, max_fields=5, max_part_size=1024) as form:
            approve = form.get("answer") == "approve"
        try:
            asked = await self.sandbox.complete_action(reference, approve=approve)
        except ProviderRefusal:
            return not_found(request)
        await self.settle(reference)
        back = asked.return_url
        return RedirectResponse(back, 303, PRIVATE) if back else self._done(request, asked, None)

    def _done(self, request: Request, asked: SandboxCharge | SandboxSetup, back: str | None) -> Response:
        say = wording(request)
        outcomes = _PAYMENT_OUTCOMES if isinstance(asked, SandboxCharge) else _SETUP_OUTCOMES
        text = say(mark("You can close this page."))
        link = (back, say(mark("Back"))) if back else None
        return page(request, "notice.html", title=say(outcomes[asked.status]), text=text, link=link)
