"""What staff have to look after: payments in doubt, refunds that are owed, events that are held, and the audit."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Final, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from gateways.failpoints import reached
from gateways.payments import ProviderUnavailable
from ordering import paying_out
from ordering.inbox import apply_held_event as apply_event
from ordering.inbox import resolve_event
from ordering.reconciling import check_payment as check
from ordering.refusals import Refusal
from reading.audit import audit_money
from reading.doubts import find_event, find_refund
from reading.doubts import held_events as page_of_events
from reading.doubts import outstanding_refunds as page_of_refunds
from reading.doubts import payments_in_doubt as page_of_payments
from reading.paging import BadCursor, Page
from resolvers.answering import errors_of, payment_now
from resolvers.reading_input import bounded, key_of
from schema.audit import MoneyAudit
from schema.connections import After, Before, Connection, First, Last, window_of
from schema.context import Context, Info
from schema.errors import BadCursor as BadCursorError
from schema.errors import BadUserInput, Unavailable
from schema.fields import Input, given
from schema.held_event import HeldEvent
from schema.inputs import (
    ApplyHeldEventInput,
    CheckPaymentInput,
    DismissRefundInput,
    RefundInput,
    ResolveHeldEventInput,
    RetryRefundInput,
)
from schema.order import Payment
from schema.payloads import ApplyHeldEventPayload, CheckPaymentPayload, RefundPayload, ResolveHeldEventPayload
from schema.refund import Refund
from schema.user_errors import UserError
from texts import mark

LONGEST_NOTE: Final = 1000
#: How much one answer audits; `make audit-money` goes through all there is.
LONGEST_AUDIT: Final = timedelta(days=31)

Since = Annotated[datetime | None, strawberry.argument(description="From then on: a day ago, if not given.")]
Until = Annotated[datetime | None, strawberry.argument(description="Before then: now, if not given.")]

_Node = TypeVar("_Node")


async def payments_in_doubt(
    info: Info,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Connection[Payment]:
    context, window = info.context, window_of(first, after, last, before)
    now = await context.loaders.now()

    async def page(session: AsyncSession) -> Page:
        return await page_of_payments(session, context.viewer, window, now=now)

    return await _connection(context, page, Payment.of)


async def outstanding_refunds(
    info: Info,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Connection[Refund]:
    context, window = info.context, window_of(first, after, last, before)

    async def page(session: AsyncSession) -> Page:
        return await page_of_refunds(session, context.viewer, window)

    return await _connection(context, page, Refund.of)


async def held_events(
    info: Info,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Connection[HeldEvent]:
    context, window = info.context, window_of(first, after, last, before)

    async def page(session: AsyncSession) -> Page:
        return await page_of_events(session, context.viewer, window)

    return await _connection(context, page, HeldEvent.of)


async def money_audit(info: Info, since: Since = strawberry.UNSET, until: Until = strawberry.UNSET) -> MoneyAudit:
    services = info.context.services
    end = given(until) or await info.context.loaders.now()
    try:
        start = given(since) or end - timedelta(days=1)
    except OverflowError:
        start = end
    if not timedelta() < end - start <= LONGEST_AUDIT:
        raise BadUserInput("since is before until, by 31 days at the most.")
    try:
        return MoneyAudit.of(await audit_money(services.database, services.provider, since=start, until=end))
    except ProviderUnavailable:
        raise Unavailable from None


async def check_payment(info: Info, input: Input[CheckPaymentInput]) -> CheckPaymentPayload:
    context, services = info.context, info.context.services
    payment_id, refused = None, None
    try:
        payment_id = key_of(input.payment_id, "Payment", mark("payment"), "paymentId")
        await check(services.database, services.provider, payment_id, by=context.actor)
    except Refusal as refusal:
        refused = refusal
    except ProviderUnavailable:
        raise Unavailable from None
    return CheckPaymentPayload(payment=await payment_now(context, payment_id), errors=errors_of(context, refused))


async def mark_refund_sent(info: Info, input: Input[RefundInput]) -> RefundPayload:
    context = info.context

    async def run(refund_id: UUID) -> UUID:
        reached("refund_sent.asked")
        async with context.services.database.writing() as tx:
            await paying_out.mark_refund_sent(tx, refund_id=refund_id, by=context.actor)
        reached("refund_sent.recorded")
        return refund_id

    return await _see_through(context, input.refund_id, run)


async def retry_refund(info: Info, input: Input[RetryRefundInput]) -> RefundPayload:
    context, services = info.context, info.context.services

    async def run(refund_id: UUID) -> UUID:
        return await paying_out.retry_refund(
            services.database, services.provider, refund_id=refund_id, by_transfer=input.by_transfer, by=context.actor
        )

    return await _see_through(context, input.refund_id, run)


async def dismiss_refund(info: Info, input: Input[DismissRefundInput]) -> RefundPayload:
    context = info.context

    async def run(refund_id: UUID) -> UUID:
        reason = bounded(input.reason, LONGEST_NOTE, "reason", needed=True) or ""
        reached("refund_dismissed.asked")
        async with context.services.database.writing() as tx:
            await paying_out.dismiss_refund(
                tx, refund_id=refund_id, given_otherwise=input.given_otherwise, reason=reason, by=context.actor
            )
        reached("refund_dismissed.recorded")
        return refund_id

    return await _see_through(context, input.refund_id, run)


async def apply_held_event(info: Info, input: Input[ApplyHeldEventInput]) -> ApplyHeldEventPayload:
    context, services = info.context, info.context.services

    async def run(event_id: UUID) -> None:
        try:
            await apply_event(services.database, services.provider, event_id=event_id, by=context.actor)
        except ProviderUnavailable:
            raise Unavailable from None

    event, errors = await _see_to(context, input.event_id, run)
    return ApplyHeldEventPayload(event=event, errors=errors)


async def resolve_held_event(info: Info, input: Input[ResolveHeldEventInput]) -> ResolveHeldEventPayload:
    context = info.context

    async def run(event_id: UUID) -> None:
        note = bounded(input.note, LONGEST_NOTE, "note", needed=True) or ""
        async with context.services.database.writing() as tx:
            await resolve_event(tx, event_id=event_id, note=note, by=context.actor)
        reached("held_event.resolved")

    event, errors = await _see_to(context, input.event_id, run)
    return ResolveHeldEventPayload(event=event, errors=errors)


async def _see_to(
    context: Context, event_id: strawberry.ID, run: Callable[[UUID], Awaitable[None]]
) -> tuple[HeldEvent | None, list[UserError]]:
    """Does one thing with a held event; the event as it is then, and why it was refused."""
    key, refused = None, None
    try:
        key = key_of(event_id, "HeldEvent", mark("event"), "eventId")
        await run(key)
    except Refusal as refusal:
        refused = refusal
    row = None
    if key is not None:
        async with context.services.database.reading() as session:
            row = await find_event(session, context.viewer, key)
    return HeldEvent.of(row) if row else None, errors_of(context, refused)


async def _see_through(
    context: Context, refund_id: strawberry.ID, run: Callable[[UUID], Awaitable[UUID]]
) -> RefundPayload:
    """Does one thing with a refund and answers with it, or with the one that it returns, as it is then."""
    key, refused = None, None
    try:
        key = key_of(refund_id, "Refund", mark("refund"), "refundId")
        key = await run(key)
    except Refusal as refusal:
        refused = refusal
    row = None
    if key is not None:
        async with context.services.database.reading() as session:
            row = await find_refund(session, context.viewer, key)
    return RefundPayload(refund=Refund.of(row) if row else None, errors=errors_of(context, refused))


async def _connection(
    context: Context, page: Callable[[AsyncSession], Awaitable[Page]], node: Callable[..., _Node]
) -> Connection[_Node]:
    async with context.services.database.reading() as session:
        try:
            found = await page(session)
        except BadCursor:
            raise BadCursorError from None
    return Connection.of(found, [node(row) for row in found.rows])
