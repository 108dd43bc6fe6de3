"""Opening the accounts of the demo's customers and staff, and saving their payment methods."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from demo.customers import COMPANY, CUSTOMER, PROFILES, SAVED, STAFF, Profile
from demo.world import Clock, Customer
from gateways.payments.sandbox import Sandbox
from models.account import Account, AccountKind
from models.database import Database
from models.payment import PaymentMethod, PaymentMethodKind, PaymentMethodStatus, PrepaidAccount
from ordering.methods import add_payment_method, remove_payment_method

#: Longer ago than anything else.
_OPENED = timedelta(days=1_700)
#: In states that the sandbox never leads to.
_OTHERS = (
    (PaymentMethodKind.SEPA_DIRECT_DEBIT, "IBAN ending in 3002", PaymentMethodStatus.VALIDATING),
    (PaymentMethodKind.SEPA_DIRECT_DEBIT, "IBAN ending in 3001", PaymentMethodStatus.REJECTED),
    (PaymentMethodKind.CARD, "Visa ending in 1881", PaymentMethodStatus.EXPIRED),
)


async def open_accounts(database: Database, start: datetime, password_hash: str) -> list[Customer]:
    customers = []
    async with database.writing() as tx:
        for profile in PROFILES:
            account = _account(profile, start - _OPENED, password_hash)
            tx.session.add(account)
            await tx.session.flush()
            if profile.prepaid is not None:
                tx.session.add(
                    PrepaidAccount(customer_id=account.id, currency=profile.currency, balance=profile.prepaid)
                )
            customers.append(
                Customer(account.id, profile.account_type, profile.email, profile.country, profile.prepaid is not None)
            )
    return customers


async def save_methods(
    database: Database, provider: Sandbox, customers: list[Customer], clock: Clock, start: datetime
) -> None:
    """By the real operations, at their moments; one is removed again."""
    by_email = {customer.email: customer for customer in customers}
    for saved in sorted(SAVED, key=lambda each: -each.days_before):
        clock.move(start - timedelta(days=saved.days_before))
        customer = by_email[saved.email]
        customer.methods[saved.token] = await add_payment_method(
            database,
            provider,
            kind=saved.kind,
            provider_token=saved.token,
            description=saved.description,
            return_url=None,
            make_default=saved.make_default,
            customer_id=customer.account_id,
        )
    customer = by_email[CUSTOMER]
    async with database.writing() as tx:
        method_id = customer.methods.pop("sandbox_card_authentication")
        await remove_payment_method(tx, method_id=method_id, by=customer.actor)
        tx.session.add_all(
            PaymentMethod(
                id=uuid7(), customer_id=customer.account_id, kind=kind, label=label, status=status, created_at=tx.now
            )
            for kind, label, status in _OTHERS
        )


async def hire_staff(database: Database, start: datetime) -> UUID:
    """Without a password yet: it is given last of all, and so tells that all is there."""
    staff = Account(
        id=uuid7(),
        kind=AccountKind.STAFF,
        email=STAFF,
        name="Robin Dienstag",
        created_at=start - _OPENED,
        demo=True,
    )
    async with database.writing() as tx:
        tx.session.add(staff)
    return staff.id


async def let_staff_in(database: Database, password_hash: str) -> None:
    async with database.writing() as tx:
        await tx.session.execute(
            sa.update(Account).where(col(Account.email) == STAFF).values(password_hash=password_hash)
        )


def _account(profile: Profile, opened: datetime, password_hash: str) -> Account:
    return Account(
        id=uuid7(),
        kind=AccountKind.CUSTOMER,
        email=profile.email,
        name=profile.name,
        language=profile.language,
        created_at=opened,
        password_hash=password_hash if profile.email in (CUSTOMER, COMPANY) else None,
        demo=True,
        organisation=profile.organisation,
        account_type=profile.account_type,
        country=profile.country,
        currency=profile.currency,
        vat_number=profile.vat_number,
        address_lines=[profile.address],
        postal_code=profile.postal_code,
        city=profile.city,
    )
