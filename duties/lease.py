"""Leases: which of many processes does a duty."""

from datetime import timedelta

from sqlmodel import col

from models.database import Database, insert_into
from models.lease import Lease


async def hold(database: Database, name: str, holder: str, *, for_seconds: float) -> bool:
    """Takes or renews a lease; False while another holds it. It is free again when it runs out."""
    async with database.writing() as tx:
        until = tx.now + timedelta(seconds=for_seconds)
        taken = insert_into(tx.session, Lease).values(name=name, holder=holder, until=until)
        mine_or_free = (col(Lease.holder) == holder) | (col(Lease.until) < tx.now)
        taken = taken.on_conflict_do_update(
            index_elements=["name"], set_={"holder": holder, "until": until}, where=mine_or_free
        )
        return (await tx.session.execute(taken.returning(col(Lease.name)))).scalar_one_or_none() is not None


async def let_go(database: Database, name: str, holder: str) -> None:
    """Gives a lease back before it runs out, so that another process goes on at once."""
    async with database.writing() as tx:
        held = await tx.session.get(Lease, name, with_for_update=True)
        if held is not None and held.holder == holder:
            await tx.session.delete(held)
