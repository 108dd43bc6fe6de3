"""Bank statements that staff import, transfers that they record, and the payments that are held until they decide."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import strawberry
from anyio import to_thread

from gateways.failpoints import reached
from gateways.statements import BadStatement, read_statement
from models.database import Transaction
from ordering.idempotency import Key, Outcome
from ordering.importing import import_statement
from ordering.recording import SeenTransfer, record_by_reference
from ordering.references import number_of
from ordering.refusals import InvalidInput, NotFound, Refusal
from ordering.resolving import MOST_AT_ONCE
from ordering.resolving import dismiss_held_payment as dismiss
from ordering.resolving import return_held_payment as send_back
from ordering.resolving import settle_held_payments as settle
from reading.held import HeldFilter, count_held, find_held_payments, page_of_held
from reading.orders import EVERY_COLUMN, find_order
from reading.paging import BadCursor
from resolvers.answering import errors_of, order_now, payment_now
from resolvers.reading_input import bounded, key_of, order_key
from schema.connections import After, Before, First, Last, window_of
from schema.context import Context, Info
from schema.errors import BadCursor as BadCursorError
from schema.errors import BadUserInput
from schema.fields import Input, given
from schema.held_payment import HeldPayment, HeldPaymentConnection
from schema.ids import BadId, uuid_of
from schema.inputs import (
    DismissHeldPaymentInput,
    HeldPaymentFilter,
    ImportBankStatementInput,
    RecordBankTransferByReferenceInput,
    ReturnHeldPaymentInput,
    SettleHeldPaymentsInput,
)
from schema.order import Order
from schema.payloads import HeldPaymentsPayload, ImportBankStatementPayload, RecordedTransferPayload
from texts import mark

LONGEST_REASON, LONGEST_REFERENCE, LONGEST_CURRENCY = 1000, 100, 3

Filter = Annotated[
    HeldPaymentFilter | None, strawberry.argument(description="Which: those that wait for staff, if not given.")
]


async def held_payments(
    info: Info,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    filter: Filter = strawberry.UNSET,
) -> HeldPaymentConnection:
    context, filters = info.context, _filters(given(filter))

    async def count() -> int:
        async with context.services.database.reading() as session:
            return await count_held(session, context.viewer, filters)

    async with context.services.database.reading() as session:
        try:
            page = await page_of_held(session, context.viewer, filters, window_of(first, after, last, before))
        except BadCursor:
            raise BadCursorError from None
    return HeldPaymentConnection.of(page, count)


def _filters(asked: HeldPaymentFilter | None) -> HeldFilter:
    if asked is None:
        return HeldFilter()
    reason, order = given(asked.reason), given(asked.order_id)
    try:
        order_id = None if order is None else uuid_of(order, "Order")
    except BadId:
        raise BadUserInput("filter.orderId is not the id of an order.") from None
    return HeldFilter(asked.resolved, None if reason is None else tuple(sorted(set(reason))), order_id)


async def import_bank_statement(info: Info, input: Input[ImportBankStatementInput]) -> ImportBankStatementPayload:
    """The file is read in a thread, and before any transaction is open."""
    context, services = info.context, info.context.services
    try:
        path, media_type = await _uploaded(context, input.upload_id)
        iban = services.terms.bank.iban
        statement = await to_thread.run_sync(lambda: read_statement(path, media_type, iban=iban))
    except BadStatement as bad:
        unreadable = InvalidInput(why=context.say(bad.why, **bad.values), path=["uploadId"])
        return ImportBankStatementPayload(errors=errors_of(context, unreadable))
    except Refusal as refusal:
        return ImportBankStatementPayload(errors=errors_of(context, refusal))
    done = await import_statement(services.database, statement, by=context.actor)
    return ImportBankStatementPayload(settled=done.settled, held=done.held, known=done.known, ignored=done.ignored)


async def record_bank_transfer_by_reference(
    info: Info, input: Input[RecordBankTransferByReferenceInput]
) -> RecordedTransferPayload:
    context, amount = info.context, given(input.amount)
    try:
        seen = SeenTransfer(
            reference=bounded(input.reference, LONGEST_REFERENCE, "reference", needed=True) or "",
            amount=None if amount is None else f"{amount:f}",
            currency=bounded(input.currency, LONGEST_CURRENCY, "currency"),
            another=input.another,
        )
        key = Key(context.viewer.account_id, "recordTransferByReference", input.idempotency_key, seen.as_dict())
        outcome = await record_by_reference(context.services.database, seen, by=context.actor, key=key)
    except Refusal as refusal:
        outcome = Outcome(None, refusal)
    return await _recorded(context, number_of(input.reference), outcome)


async def _recorded(context: Context, number: int | None, outcome: Outcome) -> RecordedTransferPayload:
    made = outcome.subject_id
    async with context.services.database.reading() as session:
        row = await find_order(session, context.viewer, EVERY_COLUMN, number=str(number or ""))
        held = await find_held_payments(session, context.viewer, [made]) if made else []
    order = Order.of(row) if row else None
    return RecordedTransferPayload(
        payment=None if held else await payment_now(context, made, order),
        held_payment=HeldPayment.of(held[0]) if held else None,
        order=order,
        errors=errors_of(context, outcome.refusal, order),
    )


async def settle_held_payments(info: Info, input: Input[SettleHeldPaymentsInput]) -> HeldPaymentsPayload:
    async def run(tx: Transaction, keys: Sequence[UUID]) -> None:
        order_id, accepted = order_key(input.order_id), input.accept_difference
        await settle(tx, held_ids=keys, order_id=order_id, accept_difference=accepted, by=info.context.actor)

    return await _resolve(info.context, input.held_payment_ids, "heldPaymentIds", run)


async def return_held_payment(info: Info, input: Input[ReturnHeldPaymentInput]) -> HeldPaymentsPayload:
    async def run(tx: Transaction, keys: Sequence[UUID]) -> None:
        reason = bounded(input.reason, LONGEST_REASON, "reason")
        await send_back(tx, held_id=keys[0], reason=reason, by=info.context.actor)

    return await _resolve(info.context, [input.held_payment_id], "heldPaymentId", run)


async def dismiss_held_payment(info: Info, input: Input[DismissHeldPaymentInput]) -> HeldPaymentsPayload:
    async def run(tx: Transaction, keys: Sequence[UUID]) -> None:
        reason = bounded(input.reason, LONGEST_REASON, "reason", needed=True) or ""
        await dismiss(tx, held_id=keys[0], reason=reason, by=info.context.actor)

    return await _resolve(info.context, [input.held_payment_id], "heldPaymentId", run)


async def _resolve(
    context: Context,
    ids: Sequence[strawberry.ID],
    path: str,
    run: Callable[[Transaction, Sequence[UUID]], Awaitable[None]],
) -> HeldPaymentsPayload:
    """Runs one operation and answers with what it was about as it is then, refused or not."""
    keys: list[UUID] = []
    refused = None
    try:
        keys = [key_of(each, "HeldPayment", mark("held payment"), path) for each in ids[: MOST_AT_ONCE + 1]]
        reached("held.asked")
        async with context.services.database.writing() as tx:
            await run(tx, keys)
        reached("held.resolved")
    except Refusal as refusal:
        refused = refusal
    async with context.services.database.reading() as session:
        rows = await find_held_payments(session, context.viewer, keys)
    order_ids = {row.order_id for row in rows}
    order = await order_now(context, order_ids.pop() if len(order_ids) == 1 else None)
    held = [HeldPayment.of(row) for row in rows]
    return HeldPaymentsPayload(held_payments=held, order=order, errors=errors_of(context, refused, order))


async def _uploaded(context: Context, upload_id: str) -> tuple[Path, str]:
    """Uploads are named by plain HTTP, which knows no global ids."""
    try:
        found = await context.services.statement_of(UUID(upload_id), context.viewer)
    except ValueError:
        found = None
    if found is None:
        raise NotFound(what=mark("upload"), path=["uploadId"])
    return found
