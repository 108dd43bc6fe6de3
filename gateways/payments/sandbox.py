"""The embedded sandbox: a payment provider with books of its own, that moves no money and does what its tokens say."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from gateways.payments import (
    Charge,
    ChargeStatus,
    MethodDetails,
    MethodSetup,
    Movement,
    MovementKind,
    ProviderRefund,
    ProviderRefusal,
    ProviderUnavailable,
    SetupStatus,
)
from models.database import Database, Transaction
from models.money import Money
from models.payment import PaymentMethodKind, RefundStatus
from models.sandbox import SandboxCharge, SandboxRefund, SandboxStatus

_CARD, _SEPA, _PAYPAL = PaymentMethodKind.CARD, PaymentMethodKind.SEPA_DIRECT_DEBIT, PaymentMethodKind.PAYPAL


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a charge with a token comes to. `answers`: whether the call that starts it gets an answer at all."""

    kind: PaymentMethodKind
    label: str
    status: SandboxStatus = SandboxStatus.SUCCEEDED
    failure_code: str | None = None
    answers: bool = True


#: The tokens that the sandbox knows, as the README lists them.
TOKENS: Final = MappingProxyType(
    {
        "sandbox_card": Behaviour(_CARD, "Visa ending in 4242"),
        "sandbox_card_declined": Behaviour(_CARD, "Visa ending in 0002", SandboxStatus.FAILED, "card_declined"),
        "sandbox_card_no_funds": Behaviour(_CARD, "Visa ending in 9995", SandboxStatus.FAILED, "insufficient_funds"),
        "sandbox_card_authentication": Behaviour(_CARD, "Visa ending in 3155", SandboxStatus.REQUIRES_ACTION),
        "sandbox_card_timeout": Behaviour(_CARD, "Visa ending in 0077", answers=False),
        "sandbox_sepa": Behaviour(_SEPA, "IBAN ending in 3000", SandboxStatus.PROCESSING),
        "sandbox_sepa_refused": Behaviour(_SEPA, "IBAN ending in 3001", SandboxStatus.FAILED, "account_closed"),
        "sandbox_paypal": Behaviour(_PAYPAL, "PayPal", SandboxStatus.REQUIRES_ACTION),
    }
)

_STATUS: Final = {
    SandboxStatus.PROCESSING: ChargeStatus.PENDING,
    SandboxStatus.REQUIRES_ACTION: ChargeStatus.ACTION_REQUIRED,
    SandboxStatus.SUCCEEDED: ChargeStatus.SUCCEEDED,
    SandboxStatus.FAILED: ChargeStatus.FAILED,
    SandboxStatus.CANCELLED: ChargeStatus.CANCELLED,
}


class Sandbox:
    """A PaymentProvider. A charge that is PROCESSING succeeds once it is `settles_after` old.

    It forgets no idempotency key, keeps no customers, and its tokens can be charged again as they are."""

    name: Final = "sandbox"

    def __init__(self, database: Database, *, public_url: str, settles_after: timedelta) -> None:
        self.database = database
        self.public_url = public_url
        self.settles_after = settles_after

    async def charge(
        self,
        *,
        idempotency_key: str,
        kind: PaymentMethodKind,
        token: str,
        amount: Money,
        return_url: str | None,
        customer: UUID,  # noqa: ARG002 (it keeps none)
        save: bool,  # noqa: ARG002 (all of its tokens can be charged again)
        begun_at: datetime,  # noqa: ARG002 (it forgets no key)
    ) -> Charge:
        behaviour = _behaviour(kind, token)
        try:
            charge, is_new = await self._charge_once(idempotency_key, token, behaviour, amount, return_url)
        except IntegrityError:  # another call under the same key came first
            charge, is_new = await self._charge_once(idempotency_key, token, behaviour, amount, return_url)
        if is_new and not behaviour.answers:
            raise ProviderUnavailable("the answer was lost on the way")
        return self._tell(charge)

    async def _charge_once(
        self, idempotency_key: str, token: str, behaviour: Behaviour, amount: Money, return_url: str | None
    ) -> tuple[SandboxCharge, bool]:
        async with self.database.writing() as tx:
            same_key = sa.select(SandboxCharge).where(col(SandboxCharge.idempotency_key) == idempotency_key)
            known = (await tx.session.execute(same_key)).scalar_one_or_none()
            if known is not None:
                return await self._settled(tx, known), False
            charge = SandboxCharge(
                id=f"ch_{uuid4().hex}",
                idempotency_key=idempotency_key,
                token=token,
                amount=amount.minor,
                currency=amount.currency,
                status=behaviour.status,
                failure_code=behaviour.failure_code,
                return_url=return_url,
                created_at=tx.now,
            )
            tx.session.add(charge)
        return charge, True

    async def retrieve(self, reference: str) -> Charge:
        async with self.database.writing() as tx:
            return self._tell(await self._settled(tx, await _find(tx, reference)))

    async def cancel(self, reference: str) -> Charge:
        async with self.database.writing() as tx:
            charge = await _find(tx, reference)
            if charge.status is SandboxStatus.REQUIRES_ACTION:
                charge.status = SandboxStatus.CANCELLED
            return self._tell(charge)

    async def refund(
        self,
        *,
        idempotency_key: str,
        reference: str,
        amount: Money,
        begun_at: datetime,  # noqa: ARG002 (it forgets no key)
    ) -> ProviderRefund:
        async with self.database.writing() as tx:
            charge = await _find(tx, reference)
            same_key = sa.select(SandboxRefund).where(col(SandboxRefund.idempotency_key) == idempotency_key)
            known = (await tx.session.execute(same_key)).scalar_one_or_none()
            if known is not None:
                return _tell_refund(known, charge.currency)
            if charge.status is not SandboxStatus.SUCCEEDED or charge.refunded + amount.minor > charge.amount:
                raise ProviderRefusal("charge_not_refundable")
            charge.refunded += amount.minor
            refund = SandboxRefund(
                id=f"re_{uuid4().hex}",
                idempotency_key=idempotency_key,
                charge_id=charge.id,
                amount=amount.minor,
                created_at=tx.now,
            )
            tx.session.add(refund)
            return _tell_refund(refund, charge.currency)

    async def retrieve_refund(self, reference: str) -> ProviderRefund:
        query = sa.select(SandboxRefund, col(SandboxCharge.currency)).join(SandboxCharge)
        async with self.database.reading() as session:
            found = (await session.execute(query.where(col(SandboxRefund.id) == reference))).one_or_none()
        if found is None:
            raise ProviderRefusal("unknown_refund")
        return _tell_refund(*found)

    async def set_up_method(
        self,
        *,
        idempotency_key: str,  # noqa: ARG002 (saving twice is saving once)
        kind: PaymentMethodKind,
        token: str,
        customer: UUID,  # noqa: ARG002 (it keeps none)
        return_url: str | None,  # noqa: ARG002 (nothing is asked of its customers)
    ) -> MethodSetup:
        _behaviour(kind, token)
        return await self.retrieve_setup(token)

    async def retrieve_setup(self, reference: str) -> MethodSetup:
        today = (await self.database.moment()).date()
        return MethodSetup(reference, SetupStatus.SUCCEEDED, _details(reference, today))

    async def movements(self, *, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        charges = sa.select(SandboxCharge).where(
            col(SandboxCharge.status) == SandboxStatus.SUCCEEDED,
            col(SandboxCharge.created_at) >= since,
            col(SandboxCharge.created_at) < until,
        )
        refunds = (
            sa.select(SandboxRefund, col(SandboxCharge.currency))
            .join(SandboxCharge)
            .where(col(SandboxRefund.created_at) >= since, col(SandboxRefund.created_at) < until)
        )
        async with self.database.reading(snapshot=True) as session:
            async for charge in (await session.stream(charges)).scalars():
                paid = Money(charge.currency, charge.amount)
                key = charge.idempotency_key
                yield Movement(MovementKind.CHARGE, charge.id, charge.id, paid, key, charge.created_at)
            async for refund, currency in await session.stream(refunds):
                sent = Money(currency, refund.amount)
                key = refund.idempotency_key
                yield Movement(MovementKind.REFUND, refund.id, refund.charge_id, sent, key, refund.created_at)

    async def complete_action(self, reference: str, *, approve: bool) -> Charge:
        """What the customer answers on the sandbox's own page; nothing happens where nothing was asked."""
        async with self.database.writing() as tx:
            charge = await _find(tx, reference)
            if charge.status is SandboxStatus.REQUIRES_ACTION:
                charge.status = SandboxStatus.SUCCEEDED if approve else SandboxStatus.FAILED
                charge.failure_code = None if approve else "authentication_failed"
            return self._tell(charge)

    async def return_url(self, reference: str) -> str | None:
        """Where the customer is sent back to after the sandbox's page."""
        async with self.database.reading() as session:
            url = sa.select(col(SandboxCharge.return_url)).where(col(SandboxCharge.id) == reference)
            return (await session.execute(url)).scalar_one_or_none()

    async def close(self) -> None:
        """It has no connections of its own."""

    async def _settled(self, tx: Transaction, charge: SandboxCharge) -> SandboxCharge:
        if charge.status is SandboxStatus.PROCESSING and charge.created_at + self.settles_after <= tx.now:
            charge.status = SandboxStatus.SUCCEEDED
        return charge

    def _tell(self, charge: SandboxCharge) -> Charge:
        waiting = charge.status is SandboxStatus.REQUIRES_ACTION
        return Charge(
            reference=charge.id,
            status=_STATUS[charge.status],
            amount=Money(charge.currency, charge.amount),
            attempt=charge.idempotency_key,
            next_action_url=f"{self.public_url}/sandbox/{charge.id}" if waiting else None,
            failure_code=charge.failure_code,
            method=_details(charge.token, charge.created_at.date()),
        )


def _tell_refund(refund: SandboxRefund, currency: str) -> ProviderRefund:
    return ProviderRefund(
        reference=refund.id,
        status=RefundStatus.SUCCEEDED,
        amount=Money(currency, refund.amount),
        attempt=refund.idempotency_key,
    )


def _behaviour(kind: PaymentMethodKind, token: str) -> Behaviour:
    behaviour = TOKENS.get(token)
    if behaviour is None or behaviour.kind is not kind:
        raise ProviderRefusal("unknown_token")
    return behaviour


def _details(token: str, today: date) -> MethodDetails:
    """Cards of the sandbox run for three years, to the end of a year."""
    behaviour = TOKENS[token]
    return MethodDetails(
        label=behaviour.label,
        expires_on=date(today.year + 3, 12, 31) if behaviour.kind is _CARD else None,
        token=token,
    )


async def _find(tx: Transaction, reference: str) -> SandboxCharge:
    found = sa.select(SandboxCharge).where(col(SandboxCharge.id) == reference).with_for_update()
    charge = (await tx.session.execute(found)).scalar_one_or_none()
    if charge is None:
        raise ProviderRefusal("unknown_charge")
    return charge
