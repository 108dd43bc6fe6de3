"""How amounts in minor units are rounded, and shared out without a cent lost."""

from collections.abc import Sequence


def half_up(numerator: int, denominator: int) -> int:
    """A fraction that is not negative, to the nearest integer; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def spread(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Shares of `amount` in proportion to `weights`, which add up to it exactly.

    By largest remainder: every share is rounded down, and the units left over go, one each, to the shares that lost
    most by it; among equals to the earlier one. Hence no share exceeds its weight where `amount` does not exceed
    their sum. Raises ValueError where there is something to share and nothing to share it by.
    """
    whole = sum(weights)
    if not whole:
        if amount:
            raise ValueError(f"{amount} cannot be spread over weights of nothing")
        return (0,) * len(weights)
    shares = [amount * weight // whole for weight in weights]
    by_loss = sorted(range(len(weights)), key=lambda index: -(amount * weights[index] % whole))
    for index in by_loss[: amount - sum(shares)]:
        shares[index] += 1
    return tuple(shares)
