"""What both programs are made of: the database, the terms of sale, and the doors that the settings chose."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from gateways import failpoints
from gateways.mail import Mailbox, MailboxMailer, Mailer, SmtpMailer
from gateways.payments import EventSource, PaymentProvider
from gateways.payments.sandbox import Sandbox
from models.database import Database
from models.migrating import upgrade
from ordering.lifecycle import check_life_cycle
from ordering.terms import BankAccount, SellerDetails, Terms
from ordering.working_days import UnknownSellerCountry, WorkingDays
from pages.upload_store import UploadStore
from settings import BadSettings, Settings

if TYPE_CHECKING:
    from gateways.payments.stripe.provider import Stripe


@dataclass(frozen=True, slots=True)
class Assembly:
    """`mailbox` is None where mail goes to a server, `sandbox` and `event_source` where they are not the provider."""

    settings: Settings
    database: Database
    provider: PaymentProvider
    sandbox: Sandbox | None
    event_source: EventSource | None
    mailer: Mailer
    mailbox: Mailbox | None
    terms: Terms
    uploads: UploadStore

    async def close(self) -> None:
        await self.provider.close()
        await self.database.close()


def assemble(settings: Settings) -> Assembly:
    """Connects to nothing yet. Raises BrokenLifeCycle, and BadSettings for what only its own room can tell is wrong."""
    check_life_cycle()
    failpoints.enable(settings.failpoints)
    uploads, mails = settings.data_dir / "uploads", settings.data_dir / "mailbox"
    with _blaming("DATA_DIR"):
        uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.store)
    stripe = _stripe(settings, database) if settings.stripe_secret_key.get_secret_value() else None
    sandbox = sandbox_of(settings, database)
    smtp = settings.smtp_url.get_secret_value()
    with _blaming("SMTP_URL"):
        mailer = SmtpMailer(smtp) if smtp else MailboxMailer(mails)
    return Assembly(
        settings=settings,
        database=database,
        provider=stripe or sandbox,
        sandbox=None if stripe else sandbox,
        event_source=stripe,
        mailer=mailer,
        mailbox=None if smtp else Mailbox(mails),
        terms=terms_of(settings),
        uploads=UploadStore(database, uploads),
    )


def sandbox_of(settings: Settings, database: Database) -> Sandbox:
    """The embedded provider, which also makes the demo's past where another takes its payments."""
    return Sandbox(database, public_url=settings.url, settles_after=timedelta(seconds=settings.sandbox_settle_seconds))


def _stripe(settings: Settings, database: Database) -> "Stripe":
    from gateways.payments.stripe.provider import Stripe  # noqa: PLC0415 (its SDK would slow down every start)

    return Stripe(
        database,
        secret_key=settings.stripe_secret_key.get_secret_value(),
        webhook_secrets=settings.stripe_webhook_secrets,
        public_url=settings.url,
        api_base=settings.stripe_api_base or None,
    )


async def prepare_database(database: Database) -> None:
    """Brings its tables up to date. Raises DatabaseIsNewer, and BadSettings where it cannot be reached."""
    file = database.engine.url.database or ""
    if database.sqlite and not Path(file).parent.is_dir():
        raise BadSettings(f"DATABASE_URL: there is no folder {Path(file).parent} to keep {Path(file).name} in")
    with _blaming("DATABASE_URL"):
        await upgrade(database.engine)


@contextmanager
def _blaming(setting: str) -> Iterator[None]:
    """What goes wrong inside is that setting's fault, said in one line."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise BadSettings(f"{setting}: {error}") from None
    except UnknownSellerCountry as error:
        raise BadSettings(f"{setting}: {error} is no member state of the EU, such as FR") from None
    except OperationalError as error:
        reason = str(error.orig).partition("\n")[0]
        raise BadSettings(f"{setting}: the database cannot be opened: {reason}") from None


def terms_of(settings: Settings) -> Terms:
    """Raises BadSettings where the seller's country is none."""
    with _blaming("SELLER_COUNTRY"):
        working_days = WorkingDays(settings.seller_country)
    return Terms(
        seller=SellerDetails(
            name=settings.seller_name,
            address_lines=tuple(line.strip() for line in settings.seller_address.split(",")),
            country=settings.seller_country,
            vat_number=settings.seller_vat_number,
            email=settings.seller_email,
        ),
        working_days=working_days,
        bank=BankAccount(
            holder=settings.seller_account_holder or settings.seller_name,
            iban=settings.seller_iban,
            bic=settings.seller_bic,
        ),
        payment_deadline=timedelta(hours=settings.payment_hours),
        documents_deadline=timedelta(hours=settings.documents_hours),
        reminder=timedelta(hours=settings.reminder_hours),
        transfer_deadline=timedelta(days=settings.transfer_days),
    )
