"""What a setting of each kind may be, and what is said of one that is none of its kind."""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode
from stdnum import bic, iban
from stdnum.eu import vat

from access.origin import origin_of_page

_BROADCASTS: Final = ("memory", "redis", "rediss", "valkey", "valkeys", "postgres", "postgresql")
_MAILBOX: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def split(text: str) -> tuple[str, ...]:
    """What is separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _origins(value: tuple[str, ...]) -> tuple[str, ...]:
    for origin in value:
        if origin_of_page(origin) is None or urlsplit(origin).path or urlsplit(origin).query:
            raise ValueError(f"{origin!r} is not an origin such as https://shop.example.com")
    return value


def _public_url(value: str) -> str:
    if value and (origin_of_page(value) is None or urlsplit(value).query or urlsplit(value).fragment):
        raise ValueError("is not an address such as https://orders.example.com")
    return value.rstrip("/")


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("is not an address such as https://login.example.com/keys")
    return value.rstrip("/")


def _broadcast(value: str) -> str:
    if urlsplit(value).scheme.partition("+")[0] not in _BROADCASTS:
        raise ValueError("begins with memory://, redis://, rediss://, valkey://, valkeys:// or postgresql://")
    return value


def _mailbox(value: str) -> str:
    if value and not _MAILBOX.fullmatch(value):
        raise ValueError("is not an e-mail address such as orders@example.com")
    return value


def _iban(value: str) -> str:
    if not iban.is_valid(value):
        raise ValueError("is no IBAN")
    return str(iban.compact(value))


def _bic(value: str) -> str:
    if not bic.is_valid(value):
        raise ValueError("is no BIC")
    return str(bic.compact(value))


def _vat_number(value: str) -> str:
    if not vat.is_valid(value):
        raise ValueError("is no VAT number of a member state of the EU")
    return value


def _stripe_key(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not value.get_secret_value().startswith(("sk_", "rk_")):
        raise ValueError("is no secret key of Stripe's: those begin with sk_ or rk_")
    return value


def _webhook_secrets(value: SecretStr) -> SecretStr:
    if any(not secret.startswith("whsec_") for secret in split(value.get_secret_value())):
        raise ValueError("is no signing secret of a webhook of Stripe's: those begin with whsec_")
    return value


def _if_text(value: object) -> object:
    return split(value) if isinstance(value, str) else value


#: Separated by commas.
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_if_text), AfterValidator(_origins)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
BroadcastUrl = Annotated[str, AfterValidator(_broadcast)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Iban = Annotated[str, AfterValidator(_iban)]
Bic = Annotated[str, AfterValidator(_bic)]
VatNumber = Annotated[str, AfterValidator(_vat_number)]
StripeKey = Annotated[SecretStr, AfterValidator(_stripe_key)]
#: One, or several separated by commas.
WebhookSecrets = Annotated[SecretStr, AfterValidator(_webhook_secrets)]
