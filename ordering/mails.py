"""Writing a mail to an order's customer, in the transaction of the change that it tells of."""

from typing import Any, Final

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from models.account import Account
from models.base import metadata
from models.database import Transaction
from models.mail import Mail, MailKind
from models.order import Order
from models.statement import Statement

_ACCOUNTS: Final = metadata.tables[str(Account.__tablename__)]
_MAILS: Final = metadata.tables[str(Mail.__tablename__)]
#: The account's own columns go straight into the mail.
_FROM_ACCOUNT: Final = {"recipient": _ACCOUNTS.c.email, "language": _ACCOUNTS.c.language}
_GIVEN: Final = ("id", "kind", "order_id", "details", "created_at", "next_try_at", "tries")
_WRITE: Final = Statement(
    _MAILS.insert().from_select(
        [*_GIVEN, *_FROM_ACCOUNT],
        sa.select(
            *(sa.bindparam(name, type_=_MAILS.c[name].type).label(name) for name in _GIVEN), *_FROM_ACCOUNT.values()
        ).where(_ACCOUNTS.c.id == sa.bindparam("customer_id", type_=_ACCOUNTS.c.id.type)),
        include_defaults=False,
    )
)


def write_mail(tx: Transaction, kind: MailKind, order: Order, **details: Any) -> None:
    """`details`: what only this mail knows, as JSON; erased once it is sent."""
    mail = {
        "id": uuid7(),
        "kind": kind,
        "order_id": order.id,
        "details": {name: value for name, value in details.items() if value is not None},
        "created_at": tx.now,
        "next_try_at": tx.now,
        "tries": 0,
        "customer_id": order.customer_id,
    }
    tx.write(_WRITE, mail)
