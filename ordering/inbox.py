"""Receiving what a payment provider tells by itself: kept before it is answered for, once however often it comes."""

from gateways.payments import ProviderEvent
from models.database import Database, insert_into
from models.inbox import InboxEvent


async def receive_event(database: Database, *, source: str, event: ProviderEvent, body: bytes) -> None:
    """`body` is what was signed. Once this returns, the event is not lost any more."""
    async with database.writing() as tx:
        row = {
            "source": source,
            "event_id": event.id,
            "type": event.type,
            "charge": event.charge,
            "refund": event.refund,
            "setup": event.setup,
            "attempt": event.attempt,
            "body": body,
            "created_at": event.created_at,
            "received_at": tx.now,
        }
        await tx.session.execute(insert_into(tx.session, InboxEvent).values(row).on_conflict_do_nothing())
