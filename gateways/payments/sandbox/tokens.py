"""The tokens that the embedded sandbox knows, and what becomes of each."""

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from gateways.payments import MethodDetails, ProviderRefusal
from models.payment import PaymentMethodKind
from models.sandbox import SandboxStatus

_CARD, _SEPA, _PAYPAL = PaymentMethodKind.CARD, PaymentMethodKind.SEPA_DIRECT_DEBIT, PaymentMethodKind.PAYPAL


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a charge with a token comes to. `answers`: whether the call that starts it gets an answer at all;
    `asks_to_save`: whether saving it takes its owner's strong authentication."""

    kind: PaymentMethodKind
    label: str
    status: SandboxStatus = SandboxStatus.SUCCEEDED
    failure_code: str | None = None
    answers: bool = True
    asks_to_save: bool = False


#: The tokens that the sandbox knows, as the README lists them.
TOKENS: Final = MappingProxyType(
    {
        "sandbox_card": Behaviour(_CARD, "Visa ending in 4242"),
        "sandbox_card_declined": Behaviour(_CARD, "Visa ending in 0002", SandboxStatus.FAILED, "card_declined"),
        "sandbox_card_no_funds": Behaviour(_CARD, "Visa ending in 9995", SandboxStatus.FAILED, "insufficient_funds"),
        "sandbox_card_authentication": Behaviour(_CARD, "Visa ending in 3155", SandboxStatus.REQUIRES_ACTION),
        "sandbox_card_authentication_to_save": Behaviour(_CARD, "Visa ending in 3184", asks_to_save=True),
        "sandbox_card_timeout": Behaviour(_CARD, "Visa ending in 0077", answers=False),
        "sandbox_sepa": Behaviour(_SEPA, "IBAN ending in 3000", SandboxStatus.PROCESSING),
        "sandbox_sepa_refused": Behaviour(_SEPA, "IBAN ending in 3001", SandboxStatus.FAILED, "account_closed"),
        "sandbox_paypal": Behaviour(_PAYPAL, "PayPal", SandboxStatus.REQUIRES_ACTION),
    }
)


def behaviour_of(kind: PaymentMethodKind, token: str) -> Behaviour:
    """Raises ProviderRefusal for a token that is unknown or of another kind."""
    behaviour = TOKENS.get(token)
    if behaviour is None or behaviour.kind is not kind:
        raise ProviderRefusal("unknown_token")
    return behaviour


def details_of(token: str, today: date) -> MethodDetails:
    """Cards of the sandbox run for three years, to the end of a year."""
    behaviour = TOKENS[token]
    return MethodDetails(
        label=behaviour.label,
        expires_on=date(today.year + 3, 12, 31) if behaviour.kind is _CARD else None,
        token=token,
    )
