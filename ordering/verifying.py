"""Verifying a payment method that its owner is saving: what the provider knows of it becomes what we know."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from gateways.payments import MethodSetup, PaymentProvider, SetupStatus
from models.database import Database, Transaction
from models.payment import PaymentMethod, PaymentMethodStatus
from ordering.retrying import Backoff
from ordering.saving import FIRST_CHECK, lock_methods, make_usable_default

CHECKS: Final = Backoff(first=FIRST_CHECK, longest=timedelta(minutes=15))
#: Whoever has not been to the address by then does not want to save it any more.
GIVEN_UP: Final = timedelta(days=1)


async def verify_method(database: Database, provider: PaymentProvider, method_id: UUID) -> None:
    """Asks the provider how saving a method stands and records it. Raises ProviderUnavailable, a later check noted."""
    async with database.writing() as tx:
        method = await _take(tx, method_id)
        if method.status is not PaymentMethodStatus.VALIDATING or method.setup_reference is None:
            return
        # Noted before it is asked: then there is nothing to do where it does not answer.
        method.next_check_at = tx.now + CHECKS.after(method.checks)
        method.checks += 1
    setup = await provider.retrieve_setup(method.setup_reference)
    async with database.writing() as tx:
        await _apply(tx, await _take(tx, method_id), setup)


async def verify_setup(database: Database, provider: PaymentProvider, reference: str) -> bool:
    """The same by the provider's name for saving it; False where no method of ours has that name."""
    async with database.reading() as session:
        query = sa.select(col(PaymentMethod.id)).where(col(PaymentMethod.setup_reference) == reference)
        method_id = (await session.execute(query)).scalar_one_or_none()
    if method_id is None:
        return False
    await verify_method(database, provider, method_id)
    return True


async def _apply(tx: Transaction, method: PaymentMethod, setup: MethodSetup) -> None:
    if method.status is not PaymentMethodStatus.VALIDATING:  # removed meanwhile
        return
    given_up = setup.status is not SetupStatus.SUCCEEDED and method.created_at + GIVEN_UP <= tx.now
    if setup.status is SetupStatus.SUCCEEDED:
        found = setup.method
        method.status, method.label, method.expires_on = PaymentMethodStatus.VALID, found.label, found.expires_on
        method.provider_token = found.token or method.provider_token
    elif setup.status is SetupStatus.FAILED or given_up:
        method.status, method.provider_token = PaymentMethodStatus.REJECTED, None
    else:
        method.next_action_url = setup.next_action_url
        return
    method.next_action_url = method.next_check_at = None
    await make_usable_default(tx, method, wanted=method.wanted_as_default)


async def _take(tx: Transaction, method_id: UUID) -> PaymentMethod:
    """Locked, its account before it."""
    owner = sa.select(col(PaymentMethod.customer_id)).where(col(PaymentMethod.id) == method_id)
    await lock_methods(tx, (await tx.session.execute(owner)).scalar_one())
    return await tx.session.get_one(PaymentMethod, method_id, with_for_update=True)
