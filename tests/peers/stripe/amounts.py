"""Which amounts Stripe takes, and what they are in ISO 4217's units: written anew, so that ours is compared with it.

By its pages "Supported currencies" and "Deprecation of fractional ISK charges and refunds". Which code the refusal of a
third decimal has, they do not say: here it has the one for amounts that are not valid."""

from typing import Final

from tests.peers.stripe.upstream import Json, Refused

_ALWAYS_00: Final = frozenset({"isk", "ugx"})
_THREE_DECIMALS: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def check_amount(currency: str, amount: int) -> None:
    """Raises Refused as Stripe would."""
    name = currency.upper()
    if currency in _ALWAYS_00 and amount % 100:
        why = f"Currency {name} has become effectively zero-decimal and charged amounts must be divisible by 100."
        raise Refused(400, _error("invalid_charge_amount_no_decimal_compatible", why))
    if currency in _THREE_DECIMALS and amount % 10:
        raise Refused(400, _error("invalid_charge_amount", f"The last digit of an amount in {name} must be 0."))


def in_iso_units(currency: str, amount: int) -> int:
    """Raises AssertionError for what has none."""
    if currency not in _ALWAYS_00:
        return amount
    assert amount % 100 == 0, f"{amount} {currency}"
    return amount // 100


def _error(code: str, message: str) -> Json:
    return {"type": "invalid_request_error", "code": code, "param": "amount", "message": message}
