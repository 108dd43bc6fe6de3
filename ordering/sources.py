"""Where the money of a payment comes from: a saved method or a new one, if it can pay this very order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from gateways.payments import PaymentProvider
from models.account import Account, AccountType, Profile
from models.base import metadata
from models.database import Transaction
from models.money import Money
from models.order import Order
from models.payment import PaymentMethod, PaymentMethodKind, PaymentMethodStatus, PrepaidAccount
from models.statement import Statement, Values
from ordering.eligibility import OFFERS, REASONS, NotUsable, why_not_usable
from ordering.lifecycle import PAID
from ordering.refusals import InvalidInput, NotFound, Refusal
from texts import mark

#: Kinds that are charged through the payment provider, and so need a token of its.
AT_PROVIDER: Final = frozenset({PaymentMethodKind.CARD, PaymentMethodKind.SEPA_DIRECT_DEBIT, PaymentMethodKind.PAYPAL})
OFFER_OF: Final = {offer.kind: offer for offer in OFFERS}


_ACCOUNTS: Final = metadata.tables[str(Account.__tablename__)].c
_PREPAID: Final = metadata.tables[str(PrepaidAccount.__tablename__)].c
_ORDERS: Final = metadata.tables[str(Order.__tablename__)].c
_OTHERS: Final = metadata.tables[str(Order.__tablename__)].alias("others").c
_FACTS: Final = (
    _ACCOUNTS.country,
    _ACCOUNTS.account_type,
    sa.select(_PREPAID.balance)
    .where(_PREPAID.customer_id == _ORDERS.customer_id, _PREPAID.currency == _ORDERS.currency)
    .scalar_subquery(),
    sa.exists()
    .where(
        _OTHERS.customer_id == _ORDERS.customer_id,
        _OTHERS.status.in_([sa.literal(each, _OTHERS.status.type) for each in sorted(PAID)]),
    )
    .label("has_paid"),
)
_PAYER: Final = Statement(
    sa.select(*_FACTS).where(
        _ACCOUNTS.id == _ORDERS.customer_id, _ORDERS.id == sa.bindparam("order", type_=_ORDERS.id.type)
    ),
    returned=_FACTS,
)


class MethodNotUsable(Refusal):
    """`reason`: one of the texts of `eligibility`."""

    code = "PAYMENT_METHOD_NOT_USABLE"
    message = mark("This payment method cannot pay this order: {reason}")


@dataclass(frozen=True, slots=True)
class PaymentSource:
    """Either `saved_method_id` or `kind`, the latter with the provider's token where there is a provider."""

    saved_method_id: UUID | None = None
    kind: PaymentMethodKind | None = None
    provider_token: str | None = None
    save: bool = False

    def as_dict(self) -> Mapping[str, Any]:
        """What an idempotency key stands for."""
        saved = self.saved_method_id and str(self.saved_method_id)
        return {"saved": saved, "kind": self.kind, "token": self.provider_token, "save": self.save}


@dataclass(frozen=True, slots=True)
class ResolvedSource:
    """`provider_token` is None for kinds that no provider is asked about."""

    kind: PaymentMethodKind
    method_id: UUID | None
    provider_token: str | None
    save: bool


@dataclass(frozen=True, slots=True)
class Payer:
    """What eligibility looks at beside the method: the account, its prepaid money, whether it has paid before, and
    the provider that would be asked."""

    country: str
    account_type: AccountType
    prepaid_balance: int
    first_order: bool
    provider: PaymentProvider

    @classmethod
    def of(cls, profile: Profile, provider: PaymentProvider, *, balance: int | None, has_paid: bool) -> Self:
        """`balance`: paid in advance, in the order's currency; None where there is no such account."""
        return cls(profile.country, profile.account_type, balance or 0, first_order=not has_paid, provider=provider)

    def why_not(
        self,
        kind: PaymentMethodKind,
        order: Order,
        *,
        today: date,
        status: PaymentMethodStatus = PaymentMethodStatus.VALID,
        expires_on: date | None = None,
    ) -> NotUsable | None:
        """Why such a method cannot pay the order; None where it can."""
        return why_not_usable(
            kind=kind,
            status=status,
            expires_on=expires_on,
            country=self.country,
            account_type=self.account_type,
            currency=order.currency,
            total=order.total,
            prepaid_balance=self.prepaid_balance,
            first_order=self.first_order,
            can_be_charged=kind not in AT_PROVIDER or self.provider.can_move(Money(order.currency, order.total)),
            today=today,
        )


def payer_expected(order_id: UUID) -> tuple[Statement, Values]:
    """What `payer_of` will run, for `Database.writing`."""
    return _PAYER, {"order": order_id}


async def payer_of(tx: Transaction, provider: PaymentProvider, order: Order) -> Payer:
    ((country, account_type, balance, has_paid),) = await tx.run(*payer_expected(order.id))
    return Payer(country, account_type, balance or 0, first_order=not has_paid, provider=provider)


async def resolve_source(
    tx: Transaction, provider: PaymentProvider, order: Order, source: PaymentSource
) -> ResolvedSource:
    """Raises NotFound, InvalidInput, or MethodNotUsable with the reason; never falls back to another method."""
    payer = await payer_of(tx, provider, order)
    if source.saved_method_id is not None:
        return await _saved(tx, order, payer, source.saved_method_id)
    if source.kind is None:
        raise InvalidInput(why=mark("Say what to pay with."), path=["source"])
    if reason := payer.why_not(source.kind, order, today=tx.now.date()):
        raise MethodNotUsable(reason=REASONS[reason], path=["source", "newMethod", "kind"])
    if source.save and not OFFER_OF[source.kind].registerable:
        why = mark("This kind of payment method cannot be saved.")
        raise InvalidInput(why=why, path=["source", "newMethod", "save"])
    if (source.kind in AT_PROVIDER) != (source.provider_token is not None):
        why = mark("A provider token goes with card, direct debit and PayPal, and with no other kind.")
        raise InvalidInput(why=why, path=["source", "newMethod", "providerToken"])
    return ResolvedSource(source.kind, None, source.provider_token, source.save)


async def _saved(tx: Transaction, order: Order, payer: Payer, method_id: UUID) -> ResolvedSource:
    query = sa.select(PaymentMethod).where(
        col(PaymentMethod.id) == method_id,
        col(PaymentMethod.customer_id) == order.customer_id,
        col(PaymentMethod.status) != PaymentMethodStatus.REMOVED,
    )
    method = (await tx.session.execute(query.with_for_update())).scalar_one_or_none()
    if method is None:
        raise NotFound(what=mark("payment method"), path=["source", "savedMethodId"])
    reason = payer.why_not(method.kind, order, today=tx.now.date(), status=method.status, expires_on=method.expires_on)
    if reason is not None:
        raise MethodNotUsable(reason=REASONS[reason], path=["source", "savedMethodId"])
    token = method.provider_token if method.kind in AT_PROVIDER else None
    return ResolvedSource(method.kind, method.id, token, save=False)
