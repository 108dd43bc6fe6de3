"""The embedded sandbox: a payment provider with books of its own, that moves no money and does what its tokens say."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import col

from gateways.payments import (
    Charge,
    MethodSetup,
    Movement,
    MovementKind,
    ProviderRefund,
    ProviderRefusal,
    ProviderUnavailable,
)
from gateways.payments.sandbox.telling import tell_charge, tell_refund, tell_setup
from gateways.payments.sandbox.tokens import Behaviour, behaviour_of
from models.base import metadata
from models.database import Database, Transaction
from models.loaded_rows import bare_row
from models.moment import MOMENT
from models.money import Money
from models.payment import PaymentMethodKind
from models.sandbox import SandboxCharge, SandboxRefund, SandboxSetup, SandboxStatus
from models.statement import Statement

_CHARGE: Final = "ch_"
#: Rows that are read at once.
_PAGE: Final = 1000
_CHARGES: Final = metadata.tables[str(SandboxCharge.__tablename__)]
_GIVEN: Final = [each.key for each in _CHARGES.c if each.key != "created_at"]
# Another call under the same key may come first, or at the same time; SQLite says ON CONFLICT in the same words.
_MAKE: Final = Statement(
    postgresql.insert(_CHARGES)
    .values(created_at=MOMENT)
    .on_conflict_do_nothing(index_elements=["idempotency_key"])
    .returning(_CHARGES.c.created_at),
    columns=_GIVEN,
    returned=[_CHARGES.c.created_at],
)


class Sandbox:
    """A PaymentProvider. A charge that is PROCESSING succeeds once it is `settles_after` old.

    It forgets no idempotency key, keeps no customers, and its tokens can be charged again as they are."""

    name: Final = "sandbox"

    def __init__(self, database: Database, *, public_url: str, settles_after: timedelta) -> None:
        self.database = database
        self.public_url = public_url
        self.settles_after = settles_after

    def can_move(self, amount: Money) -> bool:  # noqa: ARG002 (it counts as we do)
        return True

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
        behaviour = behaviour_of(kind, token)
        charge, is_new = await self._charge_once(idempotency_key, token, behaviour, amount, return_url)
        if is_new and not behaviour.answers:
            raise ProviderUnavailable("the answer was lost on the way")
        return tell_charge(charge, self.public_url)

    async def _charge_once(
        self, idempotency_key: str, token: str, behaviour: Behaviour, amount: Money, return_url: str | None
    ) -> tuple[SandboxCharge, bool]:
        charge = {
            "id": f"{_CHARGE}{uuid4().hex}",
            "idempotency_key": idempotency_key,
            "token": token,
            "amount": amount.minor,
            "currency": amount.currency,
            "status": behaviour.status,
            "failure_code": behaviour.failure_code,
            "refunded": 0,
            "return_url": return_url,
        }
        async with self.database.writing((_MAKE, charge)) as tx:
            if made := await tx.run(_MAKE, charge):
                return bare_row(SandboxCharge, [*charge.items(), ("created_at", made[0][0])]), True
            same_key = sa.select(SandboxCharge).where(col(SandboxCharge.idempotency_key) == idempotency_key)
            known = (await tx.session.execute(same_key)).scalar_one()
            return await self._settled(tx, known), False

    async def find_charge(
        self,
        idempotency_key: str,
        *,
        customer: UUID,  # noqa: ARG002 (it keeps none)
        begun_at: datetime,  # noqa: ARG002 (it forgets no key)
    ) -> Charge | None:
        async with self.database.writing() as tx:
            same_key = sa.select(SandboxCharge).where(col(SandboxCharge.idempotency_key) == idempotency_key)
            made = (await tx.session.execute(same_key.with_for_update())).scalar_one_or_none()
            return None if made is None else tell_charge(await self._settled(tx, made), self.public_url)

    async def retrieve(self, reference: str) -> Charge:
        async with self.database.writing() as tx:
            return tell_charge(await self._settled(tx, await _find(tx, reference)), self.public_url)

    async def cancel(self, reference: str) -> Charge:
        async with self.database.writing() as tx:
            charge = await _find(tx, reference)
            if charge.status is SandboxStatus.REQUIRES_ACTION:
                charge.status = SandboxStatus.CANCELLED
            return tell_charge(charge, self.public_url)

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
                return tell_refund(known, charge.currency)
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
            return tell_refund(refund, charge.currency)

    async def retrieve_refund(self, reference: str) -> ProviderRefund:
        query = sa.select(SandboxRefund, col(SandboxCharge.currency)).join(SandboxCharge)
        async with self.database.reading() as session:
            found = (await session.execute(query.where(col(SandboxRefund.id) == reference))).one_or_none()
        if found is None:
            raise ProviderRefusal("unknown_refund")
        return tell_refund(*found)

    async def set_up_method(
        self,
        *,
        idempotency_key: str,  # noqa: ARG002 (setting up twice does no harm)
        kind: PaymentMethodKind,
        token: str,
        customer: UUID,  # noqa: ARG002 (it keeps none)
        return_url: str | None,
    ) -> MethodSetup:
        asks = behaviour_of(kind, token).asks_to_save
        async with self.database.writing() as tx:
            setup = SandboxSetup(
                id=f"seti_{uuid4().hex}",
                token=token,
                status=SandboxStatus.REQUIRES_ACTION if asks else SandboxStatus.SUCCEEDED,
                return_url=return_url,
                created_at=tx.now,
            )
            tx.session.add(setup)
        return tell_setup(setup, self.public_url)

    async def retrieve_setup(self, reference: str) -> MethodSetup:
        async with self.database.reading() as session:
            setup = await session.get(SandboxSetup, reference)
        if setup is None:
            raise ProviderRefusal("unknown_setup")
        return tell_setup(setup, self.public_url)

    def owns(self, reference: str) -> bool:
        return reference.startswith(_CHARGE)

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
        async for (charge,) in self._in_pages(charges, col(SandboxCharge.id)):
            paid, key = Money(charge.currency, charge.amount), charge.idempotency_key
            yield Movement(MovementKind.CHARGE, charge.id, charge.id, paid, key, charge.created_at)
        async for refund, currency in self._in_pages(refunds, col(SandboxRefund.id)):
            sent, key = Money(currency, refund.amount), refund.idempotency_key
            yield Movement(MovementKind.REFUND, refund.id, refund.charge_id, sent, key, refund.created_at)

    async def _in_pages(self, query: Any, key: Any) -> AsyncIterator[Any]:
        """All rows, with no session open while they are looked at."""
        after, rows = "", None
        while rows is None or len(rows) == _PAGE:
            async with self.database.reading() as session:
                rows = (await session.execute(query.where(key > after).order_by(key).limit(_PAGE))).all()
            for row in rows:
                yield row
                after = row[0].id

    async def asked(self, reference: str) -> SandboxCharge | SandboxSetup:
        """What the customer is asked about on the sandbox's own page. Raises ProviderRefusal."""
        async with self.database.writing() as tx:
            return await _find_asked(tx, reference)

    async def complete_action(self, reference: str, *, approve: bool) -> SandboxCharge | SandboxSetup:
        """What the customer answers there; nothing happens where nothing was asked. Raises ProviderRefusal."""
        async with self.database.writing() as tx:
            asked = await _find_asked(tx, reference)
            if asked.status is SandboxStatus.REQUIRES_ACTION:
                asked.status = SandboxStatus.SUCCEEDED if approve else SandboxStatus.FAILED
                asked.failure_code = None if approve else "authentication_failed"
            return asked

    async def close(self) -> None:
        """It has no connections of its own."""

    async def _settled(self, tx: Transaction, charge: SandboxCharge) -> SandboxCharge:
        if charge.status is SandboxStatus.PROCESSING and charge.created_at + self.settles_after <= tx.now:
            charge.status = SandboxStatus.SUCCEEDED
        return charge


async def _find_asked(tx: Transaction, reference: str) -> SandboxCharge | SandboxSetup:
    setup = await tx.session.get(SandboxSetup, reference, with_for_update=True)
    return setup or await _find(tx, reference)


async def _find(tx: Transaction, reference: str) -> SandboxCharge:
    found = sa.select(SandboxCharge).where(col(SandboxCharge.id) == reference).with_for_update()
    charge = (await tx.session.execute(found)).scalar_one_or_none()
    if charge is None:
        raise ProviderRefusal("unknown_charge")
    return charge
