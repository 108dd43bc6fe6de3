"""What the demo sells: hosting products with their prices in every currency that its customers pay in."""

from typing import Final, NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from models.money import EXPONENTS
from models.product import Price, Product, ProductCategory, TaxCategory

MONTH: Final = 30
YEAR: Final = 365


class Item(NamedTuple):
    """`cents`: of one piece in euro, without VAT; `minutes`: how long delivery takes; `setup`: code of a fee."""

    code: str
    name: str
    description: str
    category: ProductCategory
    cents: int
    period_days: int | None
    minutes: int
    withdrawable: bool = True
    setup: str | None = None


_SERVER, _DOMAIN, _EMAIL = ProductCategory.SERVER, ProductCategory.DOMAIN, ProductCategory.EMAIL
_STORAGE, _LICENCE, _SETUP = ProductCategory.STORAGE, ProductCategory.LICENCE, ProductCategory.SETUP
_BOOK: Final = ProductCategory.PUBLICATION

ITEMS: Final = (
    Item("setup-dedicated", "Set-up of a dedicated server", "Racking, cabling and first boot.", _SETUP, 4900, None, 0),
    Item("setup-gpu", "Set-up of a GPU server", "Racking, cooling and burn-in test.", _SETUP, 9900, None, 0),
    Item("setup-nas", "Set-up of a storage appliance", "Disks, replication and first test.", _SETUP, 2900, None, 0),
    Item("vps-starter", "Starter VPS", "1 vCore, 2 GB of memory, 20 GB SSD.", _SERVER, 499, MONTH, 5),
    Item("vps-comfort", "Comfort VPS", "4 vCores, 8 GB of memory, 160 GB SSD.", _SERVER, 1199, MONTH, 5),
    Item("vps-elite", "Elite VPS", "8 vCores, 32 GB of memory, 640 GB SSD.", _SERVER, 2999, MONTH, 8),
    Item("vps-starter-yearly", "Starter VPS, a year", "The Starter VPS for twelve months.", _SERVER, 5389, YEAR, 5),
    Item("vps-comfort-yearly", "Comfort VPS, a year", "The Comfort VPS for twelve months.", _SERVER, 12949, YEAR, 5),
    Item("dedicated-rise", "Rise server", "8 cores, 64 GB, 2 x 512 GB NVMe.", _SERVER, 6499, MONTH, 120, True,
         "setup-dedicated"),
    Item("dedicated-advance", "Advance server", "16 cores, 128 GB, 2 x 1 TB NVMe.", _SERVER, 11999, MONTH, 150, True,
         "setup-dedicated"),
    Item("dedicated-scale", "Scale server", "64 cores, 512 GB, 4 x 2 TB NVMe.", _SERVER, 28999, MONTH, 240, True,
         "setup-dedicated"),
    Item("gpu-one", "GPU server", "24 cores, 256 GB, one accelerator.", _SERVER, 39999, MONTH, 300, True, "setup-gpu"),
    Item("domain-com", "Domain name .com", "Registered for a year.", _DOMAIN, 1299, YEAR, 10, False),
    Item("domain-net", "Domain name .net", "Registered for a year.", _DOMAIN, 1499, YEAR, 10, False),
    Item("domain-org", "Domain name .org", "Registered for a year.", _DOMAIN, 1399, YEAR, 10, False),
    Item("domain-eu", "Domain name .eu", "Registered for a year.", _DOMAIN, 799, YEAR, 15, False),
    Item("domain-shop", "Domain name .shop", "Registered for a year.", _DOMAIN, 2999, YEAR, 15, False),
    Item("domain-dev", "Domain name .dev", "Registered for a year.", _DOMAIN, 1699, YEAR, 15, False),
    Item("domain-privacy", "Domain privacy", "Keeps the holder out of public records.", _DOMAIN, 299, YEAR, 2),
    Item("mail-basic", "Basic mailbox", "5 GB, IMAP and webmail.", _EMAIL, 99, MONTH, 3),
    Item("mail-team", "Team mailbox", "50 GB, shared calendars and contacts.", _EMAIL, 349, MONTH, 3),
    Item("mail-team-yearly", "Team mailbox, a year", "The Team mailbox for twelve months.", _EMAIL, 3769, YEAR, 3),
    Item("mail-archive", "Mail archive", "Ten years of mail, searchable.", _EMAIL, 199, MONTH, 20),
    Item("object-1tb", "Object storage, 1 TB", "S3-compatible, three copies.", _STORAGE, 999, MONTH, 2),
    Item("object-10tb", "Object storage, 10 TB", "S3-compatible, three copies.", _STORAGE, 8999, MONTH, 2),
    Item("backup-500gb", "Backup, 500 GB", "Encrypted, in another data centre.", _STORAGE, 699, MONTH, 15),
    Item("backup-5tb", "Backup, 5 TB", "Encrypted, in another data centre.", _STORAGE, 4999, MONTH, 15),
    Item("nas-ha", "NAS, highly available", "12 TB over NFS, doubled.", _STORAGE, 17999, MONTH, 180, True, "setup-nas"),
    Item("licence-panel", "Control panel licence", "For up to ten sites.", _LICENCE, 1499, MONTH, 1),
    Item("licence-office", "Office suite licence", "One person, five devices.", _LICENCE, 9900, YEAR, 1, False),
    Item("licence-system", "Operating system licence", "For one server of 16 cores.", _LICENCE, 2499, MONTH, 1, False),
    Item("licence-database", "Database licence", "Standard edition, two cores.", _LICENCE, 18900, MONTH, 1, False),
    Item("book-hosting", "The hosting handbook", "E-book of 320 pages.", _BOOK, 1990, None, 1, False),
    Item("book-mail", "Mail that arrives", "E-book of 140 pages.", _BOOK, 1290, None, 1, False),
)  # fmt: skip
BY_CODE: Final = {item.code: item for item in ITEMS}
LISTED: Final = tuple(item for item in ITEMS if item.category is not _SETUP)

#: What a price in euro is multiplied by, in hundredths: the seller's own price levels, no rates of exchange.
LEVELS: Final = {
    "EUR": 100, "GBP": 89, "CHF": 98, "USD": 119, "CAD": 159, "PLN": 439, "CZK": 2540, "SEK": 1160, "NOK": 1190,
    "JPY": 16900, "MAD": 1080, "SGD": 158,
}  # fmt: skip


def price_in(currency: str, cents: int) -> int:
    """In minor units: euro to the cent; elsewhere just below a whole unit, or whole where there is nothing smaller."""
    if currency == "EUR":
        return cents
    unit = 10 ** EXPONENTS[currency]
    whole = max(round(cents * LEVELS[currency] / 10_000), 1)
    return whole if unit == 1 else whole * unit - 1


def rows() -> tuple[list[Product], list[Price]]:
    """Set-up fees come before what they belong to."""
    ids: dict[str, UUID] = {item.code: uuid7() for item in ITEMS}
    products = [
        Product(
            id=ids[item.code],
            code=item.code,
            name=item.name,
            description=item.description,
            category=item.category,
            tax_category=TaxCategory.PUBLICATION if item.category is _BOOK else TaxCategory.STANDARD,
            withdrawable=item.withdrawable,
            period_days=item.period_days,
            delivery_minutes=item.minutes,
            listed=item.category is not _SETUP,
            setup_product_id=ids[item.setup] if item.setup else None,
        )
        for item in ITEMS
    ]
    prices = [
        Price(product_id=ids[item.code], currency=currency, amount=price_in(currency, item.cents))
        for item in ITEMS
        for currency in LEVELS
    ]
    return products, prices
