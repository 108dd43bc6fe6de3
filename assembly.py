"""What both programs are made of: the database, the terms of sale, and the doors that the settings chose."""

from dataclasses import dataclass
from datetime import timedelta

from gateways.mail import Mailbox, MailboxMailer, Mailer, SmtpMailer
from gateways.payments.sandbox import Sandbox
from models.database import Database
from ordering.lifecycle import check_life_cycle
from ordering.terms import SellerDetails, Terms
from ordering.working_days import WorkingDays
from pages.upload_store import UploadStore
from settings import Settings


@dataclass(frozen=True, slots=True)
class Assembly:
    """`mailbox` is None where mail goes to a server."""

    settings: Settings
    database: Database
    provider: Sandbox
    mailer: Mailer
    mailbox: Mailbox | None
    terms: Terms
    uploads: UploadStore


def assemble(settings: Settings) -> Assembly:
    """Connects to nothing yet. Raises BrokenLifeCycle and UnknownSellerCountry."""
    check_life_cycle()
    uploads, mails = settings.data_dir / "uploads", settings.data_dir / "mailbox"
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.store)
    smtp = settings.smtp_url.get_secret_value()
    return Assembly(
        settings=settings,
        database=database,
        provider=Sandbox(
            database,
            public_url=settings.url,
            settles_after=timedelta(seconds=settings.sandbox_settle_seconds),
        ),
        mailer=SmtpMailer(smtp) if smtp else MailboxMailer(mails),
        mailbox=None if smtp else Mailbox(mails),
        terms=terms_of(settings),
        uploads=UploadStore(database, uploads),
    )


def terms_of(settings: Settings) -> Terms:
    """Raises UnknownSellerCountry."""
    return Terms(
        seller=SellerDetails(
            name=settings.seller_name,
            address_lines=tuple(line.strip() for line in settings.seller_address.split(",")),
            country=settings.seller_country,
            vat_number=settings.seller_vat_number,
            email=settings.seller_email,
        ),
        working_days=WorkingDays(settings.seller_country),
        payment_deadline=timedelta(hours=settings.payment_hours),
        documents_deadline=timedelta(hours=settings.documents_hours),
        reminder=timedelta(hours=settings.reminder_hours),
        transfer_deadline=timedelta(days=settings.transfer_days),
    )
