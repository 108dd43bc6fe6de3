"""What the demo's shop takes off its prices: promotions on products and vouchers on whole orders."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from models.product import Promotion, Voucher


class Offer(NamedTuple):
    """`percentage` in hundredths of a percent; days are counted from the start of the demo's past."""

    label: str
    product_code: str
    percentage: int
    first_day: int = -30
    last_day: int | None = None


PROMOTIONS: Final = (
    Offer("First steps", "vps-starter", 1000),
    Offer("Autumn of servers", "dedicated-rise", 2000, 20, 55),
    Offer("Two for the team", "mail-team-yearly", 1500, 0, 120),
    Offer("Names for less", "domain-shop", 5000, 40, 100),
    Offer("Move your archive", "mail-archive", 2500, -30, 30),
    Offer("Last of its kind", "gpu-one", 1250, 80, 95),
)


class Code(NamedTuple):
    """`amount` and `minimum` in minor units of `currency`, the latter of the order's where there is no currency."""

    code: str
    label: str
    percentage: int | None = None
    amount: int | None = None
    currency: str | None = None
    minimum: int = 0
    first_day: int = -30
    last_day: int | None = None
    usage_limit: int | None = None


VOUCHERS: Final = (
    Code("WELCOME10", "10 % off, welcome", percentage=1000),
    Code("HOSTING5", "5 euro off from 20 euro", amount=500, currency="EUR", minimum=2000),
    Code("BIG100", "100 euro off from 500 euro", amount=10_000, currency="EUR", minimum=50_000),
    Code("TENPOUNDS", "10 pounds off", amount=1000, currency="GBP", minimum=3000),
    Code("SPRING20", "20 % off in spring", percentage=2000, last_day=45),
    Code("FIRST5", "Half price for the first five", percentage=5000, usage_limit=5),
    Code("ONUS", "On us", percentage=10_000, usage_limit=100),
    Code("NEXTYEAR", "15 % off next year", percentage=1500, first_day=200),
)

#: Those that customers of the demo try; some are refused, and the order is placed without.
TRIED: Final = ("WELCOME10", "HOSTING5", "BIG100", "TENPOUNDS", "SPRING20", "FIRST5", "NEXTYEAR")
FREE: Final = "ONUS"


def rows(start: datetime, products: Mapping[str, UUID]) -> list[Promotion | Voucher]:
    """`products`: ids by code."""

    def day(number: int) -> datetime:
        return start + timedelta(days=number)

    promotions = [
        Promotion(
            id=uuid7(),
            label=offer.label,
            product_id=products[offer.product_code],
            percentage=offer.percentage,
            starts_at=day(offer.first_day),
            ends_at=None if offer.last_day is None else day(offer.last_day),
        )
        for offer in PROMOTIONS
    ]
    vouchers = [
        Voucher(
            id=uuid7(),
            code=code.code,
            label=code.label,
            percentage=code.percentage,
            amount=code.amount,
            currency=code.currency,
            minimum=code.minimum,
            starts_at=day(code.first_day),
            ends_at=None if code.last_day is None else day(code.last_day),
            usage_limit=code.usage_limit,
        )
        for code in VOUCHERS
    ]
    return [*promotions, *vouchers]
