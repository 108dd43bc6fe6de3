"""The embedded sandbox's books in the words of the door."""

from typing import Final

from gateways.payments import Charge, ChargeStatus, MethodSetup, ProviderRefund, SetupStatus
from gateways.payments.sandbox.tokens import details_of
from models.money import Money
from models.payment import RefundStatus
from models.sandbox import SandboxCharge, SandboxRefund, SandboxSetup, SandboxStatus

_STATUS: Final = {
    SandboxStatus.PROCESSING: ChargeStatus.PENDING,
    SandboxStatus.REQUIRES_ACTION: ChargeStatus.ACTION_REQUIRED,
    SandboxStatus.SUCCEEDED: ChargeStatus.SUCCEEDED,
    SandboxStatus.FAILED: ChargeStatus.FAILED,
    SandboxStatus.CANCELLED: ChargeStatus.CANCELLED,
}


def tell_charge(charge: SandboxCharge, public_url: str) -> Charge:
    return Charge(
        reference=charge.id,
        status=_STATUS[charge.status],
        amount=Money(charge.currency, charge.amount),
        attempt=charge.idempotency_key,
        next_action_url=_page(charge, public_url),
        failure_code=charge.failure_code,
        method=details_of(charge.token, charge.created_at.date()),
    )


def tell_refund(refund: SandboxRefund, currency: str) -> ProviderRefund:
    return ProviderRefund(
        reference=refund.id,
        status=RefundStatus.SUCCEEDED,
        amount=Money(currency, refund.amount),
        attempt=refund.idempotency_key,
    )


def tell_setup(setup: SandboxSetup, public_url: str) -> MethodSetup:
    return MethodSetup(
        reference=setup.id,
        status=SetupStatus(_STATUS[setup.status].value),
        method=details_of(setup.token, setup.created_at.date()),
        next_action_url=_page(setup, public_url),
        failure_code=setup.failure_code,
    )


def _page(asked: SandboxCharge | SandboxSetup, public_url: str) -> str | None:
    return f"{public_url}/sandbox/{asked.id}" if asked.status is SandboxStatus.REQUIRES_ACTION else None
