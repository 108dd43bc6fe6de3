"""Everything that can be configured, from the environment: typed, with its default and what it is for."""

import difflib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from setting_types import (
    Bic,
    BroadcastUrl,
    Iban,
    Mailbox,
    Origins,
    PublicUrl,
    StripeKey,
    VatNumber,
    WebAddress,
    WebhookSecrets,
    split,
)

DEMO_DATABASE: Final = "demo.sqlite3"
DEMO_KEY_FILE: Final = "demo.secret"
#: Names that begin so are ours, and a typing error in them is worth saying.
_OURS: Final = ("SELLER_", "SANDBOX_", "STRIPE_")
#: The IBAN of an account that nobody has.
_NOBODYS: Final = "FR7600000000000000000000097"
_ANYWHERE: Final = ("0.0.0.0", "[::]")  # noqa: S104 (is only compared with)
_SHORTEST_SECRET: Final = 32
_STORES: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class BadSettings(Exception):
    """One line that says what is wrong, and with which variable."""


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals; the README lists them."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, frozen=True)

    database_url: str = Field(
        "", description="Where everything is stored: `sqlite:///path` or `postgresql://…`. A SQLite file by default."
    )
    broadcast_url: BroadcastUrl = Field(
        "memory://",
        description="What tells other processes of changes: `memory://`, `redis://…`, `postgresql://…`. "
        "Over redis, attempts to sign in are counted for all processes together.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs tokens: at least 32 characters, the same for every process."
    )
    demo: bool | None = Field(
        None, description="Demo mode, with data and accounts. On where neither DATABASE_URL nor SECRET_KEY is set."
    )
    data_dir: Path = Field(Path("var"), description="The folder for the SQLite file, uploads and the local mailbox.")

    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="The port to listen on.")
    public_url: PublicUrl = Field("", description="How browsers reach this server; `http://HOST:PORT` by default.")
    allowed_origins: Origins = Field(
        (), description="Other origins whose pages may use sockets and cookies here, separated by commas."
    )
    workers: int = Field(1, ge=1, le=64, description="Processes that serve; WEB_CONCURRENCY is read where it is unset.")
    shutdown_seconds: int = Field(20, ge=1, le=300, description="How long requests may take to end at shutdown.")
    drain_seconds: float = Field(
        5, gt=0, le=300, description="Over how long sockets are closed at shutdown, so that not all come back at once."
    )
    sockets_per_account: int = Field(20, ge=1, description="Sockets and event streams that one account may have open.")
    sockets_per_address: int = Field(100, ge=1, description="Sockets and event streams of one network address.")
    operations_per_socket: int = Field(20, ge=1, description="Operations that may run on one socket.")
    message_bytes: int = Field(65_536, ge=1024, le=2**24, description="Bytes of the largest message taken on a socket.")
    message_burst: int = Field(60, ge=1, description="Messages that a socket may send in one go.")
    messages_per_second: float = Field(20, gt=0, description="Messages that it may go on to send.")
    init_seconds: float = Field(5, gt=0, le=300, description="How long a socket may take to say `connection_init`.")
    ping_seconds: float = Field(25, gt=0, le=3600, description="Seconds between pings; a silent socket is closed.")
    socket_buffer_kib: int = Field(256, ge=64, le=65_536, description="KiB that may wait for a slow reader.")
    slow_reader_seconds: float = Field(
        30,
        gt=0,
        le=3600,
        description="How long a slow reader may make no room; then it is closed with 1013, and 10 s later given up.",
    )
    stream_cache_mib: int = Field(64, ge=1, le=65_536, description="MiB of past events kept for those who come back.")
    relay: bool = Field(True, description="Run the relay inside the server; switch it off where `relay.py` runs.")
    graphiql: bool | None = Field(None, description="Serve GraphiQL; on in demo mode only, by default.")
    log_format: Literal["json", "text"] | None = Field(
        None, description="How the log is written; `text` in demo mode, `json` elsewhere."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="What is worth logging.")

    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="Whoever shows this bearer token may read `/metrics`; in demo mode everyone, without it.",
    )
    token_minutes: int = Field(60, ge=1, le=1440, description="How long a token holds; it can be renewed.")
    auth_jwks_url: WebAddress = Field("", description="Keys of an external issuer whose tokens are accepted, too.")
    auth_issuer: str = Field("", description="That issuer's name, as its tokens have it.")
    auth_audience: str = Field("", description="What its tokens must be made out to.")

    smtp_url: SecretStr = Field(
        SecretStr(""), description="Where mail goes: `smtp://user:password@host:port`. A local mailbox by default."
    )
    mail_sender: Mailbox = Field("", description="The sender of mails; SELLER_EMAIL by default.")

    seller_name: str = Field("Example Hosting", description="Who sells, as printed on documents.")
    seller_country: str = Field("FR", description="The seller's country, a state of the EU (ISO 3166-1 alpha-2).")
    seller_address: str = Field("1 Example Street, 59000 Lille", description="Its lines, separated by commas.")
    seller_vat_number: VatNumber = Field("FR88100000009", description="The seller's VAT number.")
    seller_email: Mailbox = Field("orders@example.com", description="Where customers can write to.")

    seller_account_holder: str = Field(
        "", description="Who holds the bank account that customers transfer to; SELLER_NAME by default."
    )
    seller_iban: Iban = Field(
        _NOBODYS,
        description="That account's IBAN. The default is nobody's: transfers bounce. Outside demo mode that is warned "
        "of at start, and beside a live key of Stripe's refused.",
    )
    seller_bic: Bic = Field("EXMPFRP0", description="The BIC of its bank. The default is that of no bank.")

    payment_hours: float = Field(24, gt=0, le=8760, description="How long an order can be paid before it expires.")
    reminder_hours: float = Field(3, gt=0, le=8760, description="How long before that its customer is reminded.")
    documents_hours: float = Field(48, gt=0, le=8760, description="How long supporting documents may take.")
    transfer_days: float = Field(14, gt=0, le=365, description="How long an announced bank transfer may take.")
    stripe_secret_key: StripeKey = Field(
        SecretStr(""),
        description="Takes real payments through Stripe: `sk_…` or `rk_…`. The embedded sandbox by default.",
    )
    stripe_webhook_secret: WebhookSecrets = Field(
        SecretStr(""),
        description="What Stripe signs with when it calls `/webhooks/stripe`: `whsec_…`; while one takes over from "
        "another, both, separated by a comma.",
    )
    stripe_api_base: WebAddress = Field("", description="Where Stripe is asked, if not at its own address: for tests.")
    failpoints: Path | None = Field(
        None,
        description="A folder in which tests arm the points at which this process is to die. Refused with real money.",
    )
    sandbox_settle_seconds: float = Field(
        10, ge=0, le=86_400, description="How long the sandbox provider takes for payments that settle later."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.database_url and self.database_url.partition("://")[0] not in _STORES:
            raise ValueError("DATABASE_URL begins with sqlite:/// or postgresql://")
        secret = self.secret_key.get_secret_value()
        if not self.is_demo and not secret:
            raise ValueError(
                "SECRET_KEY is needed outside demo mode: at least 32 characters, e.g. `openssl rand -hex 32`"
            )
        if secret and len(secret) < _SHORTEST_SECRET:
            raise ValueError("SECRET_KEY is too short: at least 32 characters, e.g. `openssl rand -hex 32`")
        if self.workers > 1 and (self.broadcast_url.startswith("memory") or self.uses_sqlite):
            raise ValueError(
                f"WORKERS={self.workers} needs PostgreSQL and a broker: memory:// reaches one process only, "
                "and SQLite has one writer"
            )
        auth = (self.auth_jwks_url, self.auth_issuer, self.auth_audience)
        if any(auth) and not all(auth):
            raise ValueError("AUTH_JWKS_URL, AUTH_ISSUER and AUTH_AUDIENCE go together")
        self._check_stripe()
        return self

    def _check_stripe(self) -> None:
        key = self.stripe_secret_key.get_secret_value()
        if bool(key) != bool(self.stripe_webhook_secrets):
            raise ValueError(
                "STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET go together: without the one nothing can be paid, without "
                "the other nobody learns of what was"
            )
        if self.stripe_api_base and not key:
            raise ValueError("STRIPE_API_BASE needs STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET")
        if self.failpoints is not None and "_live_" in key:
            raise ValueError("FAILPOINTS is for tests, and STRIPE_SECRET_KEY takes real money: unset one of them")
        if self.is_demo and "_live_" in key:
            raise ValueError("STRIPE_SECRET_KEY takes real money, which demo mode must not: use a key of test mode")
        if "_live_" in key and self.has_nobodys_account:
            raise ValueError(
                "SELLER_IBAN is needed where STRIPE_SECRET_KEY takes real money: customers may transfer theirs, too, "
                "and the default is nobody's account"
            )

    @property
    def stripe_webhook_secrets(self) -> tuple[str, ...]:
        return split(self.stripe_webhook_secret.get_secret_value())

    @property
    def has_nobodys_account(self) -> bool:
        """Whether what customers transfer cannot arrive."""
        return self.seller_iban == _NOBODYS

    @property
    def is_demo(self) -> bool:
        asked = self.demo
        return not (self.database_url or self.secret_key.get_secret_value()) if asked is None else asked

    @property
    def uses_sqlite(self) -> bool:
        return self.store.startswith("sqlite")

    @property
    def store(self) -> str:
        """The database's address for SQLAlchemy."""
        if not self.database_url:
            name = DEMO_DATABASE if self.is_demo else "orders.sqlite3"
            return f"sqlite+aiosqlite:///{(self.data_dir / name).absolute()}"
        scheme, _, rest = self.database_url.partition("://")
        return f"{_STORES[scheme]}://{rest}"

    @property
    def url(self) -> str:
        """How browsers reach this server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{'127.0.0.1' if host in _ANYWHERE else host}:{self.port}"

    @property
    def serves_graphiql(self) -> bool:
        return self.is_demo if self.graphiql is None else self.graphiql

    @property
    def logs_json(self) -> bool:
        return (self.log_format or ("text" if self.is_demo else "json")) == "json"

    def secret(self) -> str:
        """SECRET_KEY; in demo mode one that is made once and kept beside its database."""
        given = self.secret_key.get_secret_value()
        if given:
            return given
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self.data_dir / DEMO_KEY_FILE
        if not kept.exists():
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(48))
        return kept.read_text()


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises BadSettings, with one line for people."""
    known = {name.upper() for name in Settings.model_fields}
    for name in environment:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.88)
        if name not in known and (name.startswith(_OURS) or (near and len(name) > 6)):
            hint = f"; did you mean {near[0]}?" if near else ""
            raise BadSettings(f"{name} is not a setting{hint}")
    values = {name: environment[name.upper()] for name in Settings.model_fields if environment.get(name.upper())}
    if "workers" not in values and environment.get("WEB_CONCURRENCY"):
        values["workers"] = environment["WEB_CONCURRENCY"]
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = "".join(str(part).upper() for part in first["loc"][:1])
        raise BadSettings(f"{name}: {first['msg']}".removeprefix(": ").replace("Value error, ", "")) from None
