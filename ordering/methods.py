"""Payment methods saved to an account: added by the provider's token, one of them the default, removed at will."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.payments import PaymentProvider, ProviderRefusal, SetupStatus
from models.account import Account
from models.database import Database, Transaction
from models.payment import Payment, PaymentMethod, PaymentMethodKind, PaymentMethodStatus
from ordering.actors import Actor
from ordering.eligibility import BY_STATUS, REASONS, NotUsable, available_kinds
from ordering.refusals import InvalidInput, NotFound, Refusal
from ordering.saving import choose_default, lock_methods, save_method
from ordering.sources import OFFER_OF, MethodNotUsable
from ordering.taking import OPEN
from texts import mark

_UNKNOWN = mark("The payment provider does not know this token.")
_REFUSED = mark("The payment provider refuses this payment method.")


class MethodInUse(Refusal):
    """It is the default, or a payment with it is under way."""

    code = "PAYMENT_METHOD_IN_USE"
    message = mark("This payment method is the default, or a payment with it is under way.")


async def add_payment_method(
    database: Database,
    provider: PaymentProvider,
    *,
    kind: PaymentMethodKind,
    provider_token: str | None,
    description: str | None,
    make_default: bool,
    return_url: str | None,
    customer_id: UUID,
) -> UUID:
    """Saves what the provider's token stands for; where that takes strong authentication it is VALIDATING until its
    owner has been to its address. Raises InvalidInput, MethodNotUsable or ProviderUnavailable."""
    if not OFFER_OF[kind].registerable:
        raise InvalidInput(why=mark("This kind of payment method cannot be saved."), path=["kind"])
    if provider_token is None:
        raise InvalidInput(why=mark("This kind of payment method needs a provider token."), path=["providerToken"])
    await _check_offered(database, kind, customer_id)
    try:
        setup = await provider.set_up_method(
            idempotency_key=str(uuid7()), kind=kind, token=provider_token, customer=customer_id, return_url=return_url
        )
    except ProviderRefusal as refusal:
        why = _UNKNOWN if refusal.code == "unknown_token" else _REFUSED
        raise InvalidInput(why=why, path=["providerToken"]) from None
    if setup.status is SetupStatus.FAILED:
        raise InvalidInput(why=_REFUSED, path=["providerToken"])
    async with database.writing() as tx:
        return await save_method(
            tx,
            customer_id=customer_id,
            kind=kind,
            provider_token=setup.method.token or provider_token,
            label=setup.method.label,
            description=description,
            expires_on=setup.method.expires_on,
            make_default=make_default,
            setup=None if setup.status is SetupStatus.SUCCEEDED else setup,
        )


async def set_default_payment_method(tx: Transaction, *, method_id: UUID, by: Actor) -> UUID:
    """Raises NotFound, or MethodNotUsable for one that is not valid."""
    method = await _take_method(tx, method_id, by)
    if method.status is not PaymentMethodStatus.VALID:
        raise MethodNotUsable(reason=REASONS[BY_STATUS[method.status]], path=["paymentMethodId"])
    await choose_default(tx, method)
    return method.id


async def remove_payment_method(tx: Transaction, *, method_id: UUID, by: Actor) -> UUID:
    """Its payments keep it. The default goes last. Raises NotFound or MethodInUse."""
    method = await _take_method(tx, method_id, by)
    others = sa.exists().where(
        col(PaymentMethod.customer_id) == method.customer_id,
        col(PaymentMethod.id) != method.id,
        col(PaymentMethod.status) == PaymentMethodStatus.VALID,
    )
    paying = sa.exists().where(col(Payment.method_id) == method.id, col(Payment.status).in_(OPEN))
    in_use = sa.or_(paying, others) if method.is_default else paying
    if (await tx.session.execute(sa.select(in_use))).scalar_one():
        raise MethodInUse(path=["paymentMethodId"])
    method.status, method.is_default = PaymentMethodStatus.REMOVED, False
    method.provider_token = method.next_action_url = method.next_check_at = None
    return method.id


async def _check_offered(database: Database, kind: PaymentMethodKind, customer_id: UUID) -> None:
    async with database.reading() as session:
        account = await session.get_one(Account, customer_id)
    profile = account.profile
    offers = available_kinds(country=profile.country, account_type=profile.account_type, currency=profile.currency)
    if kind not in {offer.kind for offer in offers}:
        raise MethodNotUsable(reason=REASONS[NotUsable.COUNTRY_NOT_AUTHORISED], path=["kind"])


async def _take_method(tx: Transaction, method_id: UUID, by: Actor) -> PaymentMethod:
    if by.account_id is not None:
        await lock_methods(tx, by.account_id)
    query = sa.select(PaymentMethod).where(
        col(PaymentMethod.id) == method_id,
        col(PaymentMethod.customer_id) == by.account_id,
        col(PaymentMethod.status) != PaymentMethodStatus.REMOVED,
    )
    method = (await tx.session.execute(query.with_for_update())).scalar_one_or_none()
    if method is None:
        raise NotFound(what=mark("payment method"), path=["paymentMethodId"])
    return method
