"""Which kinds of payment an account is offered; why a method cannot pay a certain order.

The tables hold what is authorised, by country, account type and currency of the customer. SEPA direct debit is offered
to accounts of seven countries, in euro, and not for an account's first order; deferred payment is granted to
administrations. An amount is in minor units of the order's currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from models.account import AccountType
from models.payment import PaymentMethodKind, PaymentMethodStatus
from ordering.vat_rates import EU_STATES
from texts import mark


@dataclass(frozen=True, slots=True)
class KindOffer:
    """`one_shot`: can pay once without being saved. `registerable`: can be saved to the account."""

    kind: PaymentMethodKind
    one_shot: bool
    registerable: bool


#: In the order in which they are offered. A direct debit that is not saved runs under a one-off mandate; those that
#: cannot be saved belong to the account already, or are nothing that could be charged again.
OFFERS: Final = (
    KindOffer(PaymentMethodKind.CARD, one_shot=True, registerable=True),
    KindOffer(PaymentMethodKind.SEPA_DIRECT_DEBIT, one_shot=True, registerable=True),
    KindOffer(PaymentMethodKind.PAYPAL, one_shot=True, registerable=True),
    KindOffer(PaymentMethodKind.PREPAID_ACCOUNT, one_shot=True, registerable=False),
    KindOffer(PaymentMethodKind.DEFERRED_PAYMENT, one_shot=True, registerable=False),
    KindOffer(PaymentMethodKind.BANK_TRANSFER, one_shot=True, registerable=False),
)

# In these tables, a kind that is not named is authorised for all.
AUTHORISED_COUNTRIES: Final[Mapping[PaymentMethodKind, frozenset[str]]] = {
    PaymentMethodKind.SEPA_DIRECT_DEBIT: frozenset({"BE", "DE", "ES", "FR", "IE", "IT", "NL"}),
    PaymentMethodKind.PAYPAL: EU_STATES | {"AU", "CA", "CH", "GB", "IS", "JP", "LI", "MC", "NO", "NZ", "SG", "US"},
}
AUTHORISED_ACCOUNT_TYPES: Final[Mapping[PaymentMethodKind, frozenset[AccountType]]] = {
    PaymentMethodKind.PAYPAL: frozenset(AccountType) - {AccountType.ADMINISTRATION},
    PaymentMethodKind.DEFERRED_PAYMENT: frozenset({AccountType.ADMINISTRATION}),
}
SUPPORTED_CURRENCIES: Final[Mapping[PaymentMethodKind, frozenset[str]]] = {
    PaymentMethodKind.SEPA_DIRECT_DEBIT: frozenset({"EUR"}),
    PaymentMethodKind.PAYPAL: frozenset(
        {"AUD", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HUF", "JPY", "NOK", "PLN", "SEK", "SGD", "USD"}
    ),
}
#: Until an account has paid an order by other means, a debit that bounces weeks later is too great a risk.
NOT_FOR_A_FIRST_ORDER: Final = frozenset({PaymentMethodKind.SEPA_DIRECT_DEBIT})


class NotUsable(StrEnum):
    """Stable codes, for programs."""

    METHOD_REMOVED = "METHOD_REMOVED"
    METHOD_REJECTED = "METHOD_REJECTED"
    METHOD_EXPIRED = "METHOD_EXPIRED"
    METHOD_NOT_VALIDATED = "METHOD_NOT_VALIDATED"
    COUNTRY_NOT_AUTHORISED = "COUNTRY_NOT_AUTHORISED"
    ACCOUNT_TYPE_NOT_AUTHORISED = "ACCOUNT_TYPE_NOT_AUTHORISED"
    CURRENCY_NOT_SUPPORTED = "CURRENCY_NOT_SUPPORTED"
    FIRST_ORDER = "FIRST_ORDER"
    INSUFFICIENT_BALANCE = "INSUFFICIENT_BALANCE"
    AMOUNT_NOT_POSSIBLE = "AMOUNT_NOT_POSSIBLE"


#: The same, for people.
REASONS: Final[Mapping[NotUsable, str]] = {
    NotUsable.METHOD_REMOVED: mark("This payment method has been removed from the account."),
    NotUsable.METHOD_REJECTED: mark("This payment method was rejected. Register another one."),
    NotUsable.METHOD_EXPIRED: mark("This payment method has expired. Register a new one."),
    NotUsable.METHOD_NOT_VALIDATED: mark("This payment method is still being validated."),
    NotUsable.COUNTRY_NOT_AUTHORISED: mark("This kind of payment is not offered in the account's country."),
    NotUsable.ACCOUNT_TYPE_NOT_AUTHORISED: mark("This kind of payment is not offered to this type of account."),
    NotUsable.CURRENCY_NOT_SUPPORTED: mark("This kind of payment is not possible in the order's currency."),
    NotUsable.FIRST_ORDER: mark("This kind of payment is not possible for an account's first order."),
    NotUsable.INSUFFICIENT_BALANCE: mark("The balance of the prepaid account is less than the order's total."),
    NotUsable.AMOUNT_NOT_POSSIBLE: mark("This kind of payment is not possible for exactly this amount."),
}

BY_STATUS: Final = {
    PaymentMethodStatus.REMOVED: NotUsable.METHOD_REMOVED,
    PaymentMethodStatus.REJECTED: NotUsable.METHOD_REJECTED,
    PaymentMethodStatus.EXPIRED: NotUsable.METHOD_EXPIRED,
    PaymentMethodStatus.VALIDATING: NotUsable.METHOD_NOT_VALIDATED,
}


def available_kinds(*, country: str, account_type: AccountType, currency: str) -> tuple[KindOffer, ...]:
    """The kinds authorised for such an account and order, in the order in which they are offered."""
    return tuple(offer for offer in OFFERS if not _why_not_authorised(offer.kind, country, account_type, currency))


def why_not_usable(
    *,
    kind: PaymentMethodKind,
    status: PaymentMethodStatus,
    expires_on: date | None,
    country: str,
    account_type: AccountType,
    currency: str,
    total: int,
    prepaid_balance: int,
    first_order: bool,
    can_be_charged: bool,
    today: date,
) -> NotUsable | None:
    """The first reason why a method cannot pay an order; None where it can.

    A method that is used without having been saved is VALID. `expires_on` is the last day on which a method works,
    `prepaid_balance` what the account holds in the order's currency, `can_be_charged` whether exactly the total can be
    charged by such a method.
    """
    if unfit := BY_STATUS.get(status):
        return unfit
    if expires_on is not None and expires_on < today:
        return NotUsable.METHOD_EXPIRED
    if unauthorised := _why_not_authorised(kind, country, account_type, currency):
        return unauthorised
    if first_order and kind in NOT_FOR_A_FIRST_ORDER:
        return NotUsable.FIRST_ORDER
    if kind is PaymentMethodKind.PREPAID_ACCOUNT and prepaid_balance < total:
        return NotUsable.INSUFFICIENT_BALANCE
    return None if can_be_charged else NotUsable.AMOUNT_NOT_POSSIBLE


def _why_not_authorised(
    kind: PaymentMethodKind, country: str, account_type: AccountType, currency: str
) -> NotUsable | None:
    if country not in AUTHORISED_COUNTRIES.get(kind, {country}):
        return NotUsable.COUNTRY_NOT_AUTHORISED
    if account_type not in AUTHORISED_ACCOUNT_TYPES.get(kind, {account_type}):
        return NotUsable.ACCOUNT_TYPE_NOT_AUTHORISED
    if currency not in SUPPORTED_CURRENCIES.get(kind, {currency}):
        return NotUsable.CURRENCY_NOT_SUPPORTED
    return None
