"""Compares all money that ever moved with the payment provider's own list: `make audit-money`, or with SINCE and UNTIL.

Reads the same settings as the programs, says each difference on a line, and fails where there is one, or where the
provider could not be asked."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from assembly import Assembly, assemble, prepare_database
from gateways.payments import ProviderUnavailable
from models.order import Order
from reading.audit import Audit, audit_money
from settings import BadSettings, read_settings

#: Audited at a time, so that what is held in memory does not grow with the years.
SPAN: Final = timedelta(days=31)


class NotCompared(Exception):
    """Nothing has proved to be wrong, but not all could be looked at."""


async def audit(parts: Assembly, since: datetime | None, until: datetime | None) -> int:
    """How many differences there are; each is printed. Raises NotCompared."""
    await prepare_database(parts.database)
    end = until or await parts.database.moment()
    start = since or await _beginning(parts) or end
    name, found, movements, elsewhere = parts.provider.name, 0, 0, 0
    try:
        while start < end:
            step = min(start + SPAN, end)
            audited = await audit_money(parts.database, parts.provider, since=start, until=step)
            _print(audited)
            found, movements, start = found + len(audited.differences), movements + audited.movements, step
            elsewhere += audited.elsewhere
    except ProviderUnavailable as error:
        raise NotCompared(f"{name} could not be asked about {start:%Y-%m-%d} and later: {error}") from error
    finally:
        await parts.close()
    print(f"{movements} movements at {name}, {found} differences")
    if elsewhere:
        print(f"{elsewhere} movements at another provider, not compared")
    # The sandbox moves no money, so it was real money that was not compared.
    if elsewhere and parts.sandbox is not None:
        raise NotCompared("real payments were made, and the settings name no provider of them")
    return found


async def _beginning(parts: Assembly) -> datetime | None:
    """A day before the first order: clocks differ."""
    async with parts.database.reading() as session:
        query = sa.select(col(Order.created_at)).order_by(col(Order.created_at)).limit(1)
        first = (await session.execute(query)).scalar_one_or_none()
    return None if first is None else first - timedelta(days=1)


def _print(audited: Audit) -> None:
    for each in audited.differences:
        ours, theirs = ("nothing" if money is None else money.formatted() for money in (each.ours, each.theirs))
        print(f"{each.kind} {each.reference or '-'} order {each.order_id or '-'}: ours {ours}, theirs {theirs}")


def _moment(name: str) -> datetime | None:
    """Of the environment; in UTC where it says no offset."""
    text = os.environ.get(name)
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(audit(assemble(read_settings(os.environ)), _moment("SINCE"), _moment("UNTIL"))) > 0)
    except (BadSettings, NotCompared, ValueError) as error:
        sys.exit(f"audit-money: {error}")
