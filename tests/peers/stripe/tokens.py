"""Which methods there are to pay with, by Stripe's own names for them in test mode, and how each behaves."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`card` names a card of localstripe's, `iban` an account; `paypal`: that it is shown as PayPal's; `decline_code`
    says why it is refused, where it is."""

    card: str = ""
    iban: str = ""
    paypal: bool = False
    asks: bool = False
    decline_code: str | None = None


_FAILS: Final = "pm_card_chargeCustomerFail"

#: The accounts are those that Stripe gives away for tests; nobody has them.
TOKENS: Final = MappingProxyType(
    {
        "pm_card_visa": Behaviour(card="pm_card_visa"),
        "pm_card_visa_chargeDeclined": Behaviour(card=_FAILS, decline_code="generic_decline"),
        "pm_card_visa_chargeDeclinedInsufficientFunds": Behaviour(card=_FAILS, decline_code="insufficient_funds"),
        "pm_card_chargeCustomerFail": Behaviour(card=_FAILS, decline_code="generic_decline"),
        "pm_card_authenticationRequired": Behaviour(card="pm_card_visa", asks=True),
        # Not a name of Stripe's: there, its form in the browser makes such methods.
        "pm_paypal": Behaviour(card="pm_card_visa", paypal=True, asks=True),
        "pm_success_de": Behaviour(iban="DE89370400440532013000"),
        "pm_failed_de": Behaviour(iban="DE62370400440532013001"),
    }
)

#: Refused when they are to be saved, not only when they are charged.
REFUSED_AT_ONCE: Final = frozenset(
    {"pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds"},
)
