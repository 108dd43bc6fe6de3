"""Why providers decline payments: which of their words mean that trying again is worth it, and what to tell people."""

from collections.abc import Mapping
from typing import Final

from texts import mark

#: Codes after which the same method may well succeed later.
RETRYABLE: Final = frozenset({"insufficient_funds", "processing_error", "authentication_failed", "try_again_later"})

_OTHER: Final = mark("The payment was declined.")

REASONS: Final[Mapping[str, str]] = {
    "card_declined": mark("The card was declined."),
    "insufficient_funds": mark("There was not enough money on the account."),
    "authentication_failed": mark("The payment was not approved."),
    "account_closed": mark("The bank account is closed."),
    "unknown_token": mark("The payment method is not known to the payment provider."),
    "transfer_overdue": mark("The bank transfer did not arrive in time."),
}


def reason_of(code: str | None) -> str:
    """For people; a code that is not known here says no more than that it was declined."""
    return REASONS.get(code or "", _OTHER)
