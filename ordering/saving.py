"""Saving a payment method to an account, and which one is offered first."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.payments import MethodSetup
from models.account import Account
from models.database import Transaction
from models.payment import PaymentMethod, PaymentMethodKind, PaymentMethodStatus

#: How long the provider is left alone with a method that waits for its owner.
FIRST_CHECK: Final = timedelta(seconds=10)


async def save_method(
    tx: Transaction,
    *,
    customer_id: UUID,
    kind: PaymentMethodKind,
    provider_token: str,
    label: str,
    description: str | None = None,
    expires_on: date | None = None,
    make_default: bool = False,
    setup: MethodSetup | None = None,
) -> UUID:
    """The saved method's id. What the account has saved already is not saved again; its first one is the default.

    With a `setup` that waits for its owner or the provider, the method cannot be used yet."""
    await lock_methods(tx, customer_id)
    saved = await _saved_already(tx, customer_id, provider_token)
    method = saved or PaymentMethod(
        id=uuid7(),
        customer_id=customer_id,
        kind=kind,
        label=label,
        description=description,
        status=PaymentMethodStatus.VALID if setup is None else PaymentMethodStatus.VALIDATING,
        expires_on=expires_on,
        provider_token=provider_token,
        created_at=tx.now,
    )
    if setup is not None and saved is None:
        method.setup_reference, method.next_action_url = setup.reference, setup.next_action_url
        method.wanted_as_default, method.next_check_at = make_default, tx.now + FIRST_CHECK
    tx.session.add(method)
    await tx.session.flush()
    await make_usable_default(tx, method, wanted=make_default)
    return method.id


async def make_usable_default(tx: Transaction, method: PaymentMethod, *, wanted: bool) -> None:
    """Makes it the one that is offered first where that is wanted, or where there is none yet."""
    if method.status is PaymentMethodStatus.VALID and (wanted or not await _has_default(tx, method.customer_id)):
        await choose_default(tx, method)


async def choose_default(tx: Transaction, method: PaymentMethod) -> None:
    """Exactly one: two requests cannot both choose."""
    await lock_methods(tx, method.customer_id)
    others = sa.update(PaymentMethod).where(col(PaymentMethod.customer_id) == method.customer_id)
    await tx.session.execute(others.values(is_default=False))
    method.is_default = True
    await tx.session.flush()


async def lock_methods(tx: Transaction, customer_id: UUID) -> None:
    """The account's row stands for all of its methods: it is locked before any of them, always in this order.

    Rows that refer to the account, such as another order's, may be written meanwhile."""
    account = sa.select(col(Account.id)).where(col(Account.id) == customer_id)
    await tx.session.execute(account.with_for_update(key_share=True))


async def _saved_already(tx: Transaction, customer_id: UUID, provider_token: str) -> PaymentMethod | None:
    query = sa.select(PaymentMethod).where(
        col(PaymentMethod.customer_id) == customer_id,
        col(PaymentMethod.provider_token) == provider_token,
        col(PaymentMethod.status).in_([PaymentMethodStatus.VALID, PaymentMethodStatus.VALIDATING]),
    )
    return (await tx.session.execute(query.limit(1))).scalar_one_or_none()


async def _has_default(tx: Transaction, customer_id: UUID) -> bool:
    default = sa.exists().where(col(PaymentMethod.customer_id) == customer_id, col(PaymentMethod.is_default))
    return bool((await tx.session.execute(sa.select(default))).scalar_one())
