"""What the demo's customers put into their baskets."""

from dataclasses import dataclass
from random import Random

from demo.catalogue import BY_CODE, LISTED
from demo.promotions import FREE, TRIED
from models.account import AccountType
from ordering.placing import LineRequest

_WITHDRAWABLE = tuple(item for item in LISTED if item.withdrawable)


@dataclass(frozen=True, slots=True)
class Basket:
    lines: tuple[LineRequest, ...]
    voucher: str | None
    waive_withdrawal: bool

    @property
    def delivery_minutes(self) -> int:
        return max(BY_CODE[line.product_code].minutes for line in self.lines)


def fill_basket(random: Random, account_type: AccountType, *, returnable: bool = False, free: bool = False) -> Basket:
    """`returnable`: a consumer can withdraw from it; `free`: a voucher pays for all of it."""
    items = random.sample(_WITHDRAWABLE if returnable else LISTED, k=random.choices((1, 2, 3, 4), (8, 6, 3, 1))[0])
    most = 3 if account_type is AccountType.INDIVIDUAL else 12
    lines = tuple(LineRequest(item.code, random.choice((1, 1, 1, random.randint(1, most)))) for item in items)
    voucher = random.choice(TRIED) if random.random() < 0.25 else None
    waives = account_type is AccountType.INDIVIDUAL and not all(item.withdrawable for item in items)
    return Basket(lines, FREE if free else voucher, waives)
