"""Supporting documents: staff ask for them when an order cannot be verified, the customer provides them in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from models.database import Transaction
from models.document import DocumentKind, DocumentRequest, Upload
from models.mail import MailKind
from models.order import Order
from ordering.actions import OrderAction
from ordering.actors import SYSTEM, Actor
from ordering.history import advance
from ordering.lifecycle import Trigger
from ordering.mails import write_mail
from ordering.refunds import refund_all
from ordering.refusals import InvalidInput, NotFound
from ordering.taking import payments_of, take_order, take_order_for
from ordering.terms import Terms
from texts import mark

#: How many files one answer may hold.
MOST_FILES: Final = 10

_LATE: Final = mark("The documents that we asked for did not arrive in time.")


@dataclass(frozen=True, slots=True)
class ProvidedDocument:
    upload_id: UUID
    kind: DocumentKind


async def request_documents(
    tx: Transaction,
    *,
    order_id: UUID,
    documents: Sequence[DocumentKind],
    message: str | None,
    by: Actor,
    terms: Terms,
    expected_version: int | None = None,
) -> Order:
    """Asks the customer by mail. Raises NotFound, VersionConflict, IllegalTransition or InvalidInput."""
    if not documents:
        raise InvalidInput(why=mark("Say which documents are needed."), path=["documents"])
    order, _ = await take_order_for(
        tx, OrderAction.REQUEST_DOCUMENTS, order_id, by=by, expected_version=expected_version
    )
    await advance(tx, order, Trigger.REQUEST_DOCUMENTS, by=by, reason=message)
    request = DocumentRequest(
        id=uuid7(),
        order_id=order.id,
        documents=[kind.value for kind in dict.fromkeys(documents)],
        message=message,
        requested_at=tx.now,
        due_at=tx.now + terms.documents_deadline,
    )
    tx.session.add(request)
    write_mail(
        tx,
        MailKind.DOCUMENTS_REQUESTED,
        order,
        documents=request.documents,
        message=message,
        due_at=request.due_at.isoformat(),
    )
    return order


async def provide_documents(
    tx: Transaction, *, order_id: UUID, documents: Sequence[ProvidedDocument], by: Actor
) -> Order:
    """Takes uploads of this customer as the answer; each kind that was asked for must be among them.

    Raises NotFound, IllegalTransition or InvalidInput."""
    order, _ = await take_order_for(tx, OrderAction.PROVIDE_DOCUMENTS, order_id, by=by)
    request = await open_request(tx, order)
    if not 1 <= len(documents) <= MOST_FILES:
        raise InvalidInput(why=mark("Between one and ten documents can be sent."), path=["documents"])
    if set(request.documents) - {each.kind.value for each in documents}:
        raise InvalidInput(why=mark("Not all documents that were asked for are there."), path=["documents"])
    for index, document in enumerate(documents):
        upload = await _unused_upload(tx, document.upload_id, by)
        if upload is None:
            raise NotFound(what=mark("upload"), path=["documents", str(index), "uploadId"])
        upload.request_id, upload.kind = request.id, document.kind
        await tx.session.flush()
    request.closed_at = tx.now
    await advance(tx, order, Trigger.PROVIDE_DOCUMENTS, by=by)
    return order


async def miss_documents(tx: Transaction, *, order_id: UUID) -> None:
    """The documents are late: the order ends and what was paid goes back. Nothing happens where they are not."""
    order = await take_order(tx, order_id, by=SYSTEM)
    query = sa.select(DocumentRequest).filter_by(order_id=order.id, closed_at=None)
    request = (await tx.session.execute(query)).scalar_one_or_none()
    if request is None or request.due_at > tx.now:
        return
    if await advance(tx, order, Trigger.MISS_DOCUMENTS, by=SYSTEM, reason=_LATE) is None:
        return
    request.closed_at = tx.now
    write_mail(tx, MailKind.ORDER_CANCELLED, order, reason=_LATE)
    await refund_all(tx, order, await payments_of(tx, order), by=SYSTEM, reason=_LATE)


async def open_request(tx: Transaction, order: Order) -> DocumentRequest:
    query = sa.select(DocumentRequest).filter_by(order_id=order.id, closed_at=None)
    return (await tx.session.execute(query)).scalar_one()


async def close_request(tx: Transaction, order: Order) -> None:
    """What was asked for is no longer needed; nothing happens where nothing was."""
    open_one = sa.update(DocumentRequest).filter_by(order_id=order.id, closed_at=None)
    await tx.session.execute(open_one.values(closed_at=tx.now))


async def _unused_upload(tx: Transaction, upload_id: UUID, by: Actor) -> Upload | None:
    query = sa.select(Upload).where(
        col(Upload.id) == upload_id, col(Upload.account_id) == by.account_id, col(Upload.request_id).is_(None)
    )
    return (await tx.session.execute(query.with_for_update())).scalar_one_or_none()
