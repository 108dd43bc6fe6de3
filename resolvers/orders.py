"""Placing orders and moving them through their life."""

from uuid import UUID

from gateways.failpoints import reached
from ordering.cancelling import cancel_order as cancel
from ordering.completing import complete_order as complete
from ordering.confirming import confirm_order as confirm
from ordering.documents import ProvidedDocument
from ordering.documents import provide_documents as provide
from ordering.documents import request_documents as request
from ordering.idempotency import Key
from ordering.placing import LineRequest, PlaceRequest
from ordering.placing import place_order as place
from ordering.refusals import NotFound, Refusal
from ordering.refusing import refuse_order as refuse
from ordering.reordering import reorder as order_again
from ordering.withdrawing import withdraw_from_order as withdraw
from resolvers.answering import change_order, errors_of, order_now
from resolvers.reading_input import bounded, order_key
from schema.context import Info
from schema.fields import Input, given
from schema.inputs import (
    CancelOrderInput,
    CompleteOrderInput,
    ConfirmOrderInput,
    PlaceOrderInput,
    ProvideDocumentsInput,
    RefuseOrderInput,
    ReorderInput,
    RequestDocumentsInput,
    WithdrawFromOrderInput,
)
from schema.payloads import OrderPayload, PlaceOrderPayload
from texts import mark

LONGEST_TEXT, LONGEST_DETAILS, LONGEST_CODE = 1000, 10_000, 64


async def place_order(info: Info, input: Input[PlaceOrderInput]) -> PlaceOrderPayload:
    context, services = info.context, info.context.services
    try:
        asked = PlaceRequest(
            lines=[LineRequest(line.product_code, line.quantity) for line in input.lines],
            voucher_code=bounded(input.voucher_code, LONGEST_CODE, "voucherCode"),
            waive_withdrawal=input.waive_withdrawal,
        )
        key = Key(context.viewer.account_id, "placeOrder", input.idempotency_key, asked.as_dict())
        outcome = await place(services.database, asked, by=context.actor, key=key, terms=services.terms)
    except Refusal as refusal:
        return PlaceOrderPayload(errors=errors_of(context, refusal))
    order = await order_now(context, outcome.subject_id)
    return PlaceOrderPayload(order=order, errors=errors_of(context, outcome.refusal))


async def reorder(info: Info, input: Input[ReorderInput]) -> PlaceOrderPayload:
    context, services = info.context, info.context.services
    try:
        order_id = order_key(input.order_id)
        key = Key(context.viewer.account_id, "reorder", input.idempotency_key, {"order": str(order_id)})
        outcome = await order_again(
            services.database, order_id=order_id, by=context.actor, key=key, terms=services.terms
        )
    except Refusal as refusal:
        return PlaceOrderPayload(errors=errors_of(context, refusal))
    order = await order_now(context, outcome.subject_id)
    return PlaceOrderPayload(order=order, errors=errors_of(context, outcome.refusal))


async def cancel_order(info: Info, input: Input[CancelOrderInput]) -> OrderPayload:
    context = info.context

    async def run(order_id: UUID) -> None:
        await cancel(
            context.services.database,
            context.services.provider,
            order_id=order_id,
            reason=bounded(input.reason, LONGEST_TEXT, "reason"),
            by=context.actor,
            expected_version=given(input.expected_version),
        )

    return await change_order(context, input.order_id, run)


async def withdraw_from_order(info: Info, input: Input[WithdrawFromOrderInput]) -> OrderPayload:
    context = info.context

    async def run(order_id: UUID) -> None:
        reason = bounded(input.reason, LONGEST_TEXT, "reason")
        version = given(input.expected_version)
        reached("withdraw.asked")
        async with context.services.database.writing() as tx:
            await withdraw(tx, order_id=order_id, reason=reason, by=context.actor, expected_version=version)
        reached("withdraw.recorded")

    return await change_order(context, input.order_id, run)


async def provide_documents(info: Info, input: Input[ProvideDocumentsInput]) -> OrderPayload:
    context = info.context

    async def run(order_id: UUID) -> None:
        documents = [
            ProvidedDocument(_upload_key(each.upload_id, index), each.kind)
            for index, each in enumerate(input.documents)
        ]
        async with context.services.database.writing() as tx:
            await provide(tx, order_id=order_id, documents=documents, by=context.actor)

    return await change_order(context, input.order_id, run)


async def confirm_order(info: Info, input: Input[ConfirmOrderInput]) -> OrderPayload:
    context = info.context

    async def run(order_id: UUID) -> None:
        async with context.services.database.writing() as tx:
            await confirm(tx, order_id=order_id, by=context.actor, expected_version=given(input.expected_version))

    return await change_order(context, input.order_id, run)


async def request_documents(info: Info, input: Input[RequestDocumentsInput]) -> OrderPayload:
    context = info.context

    async def run(order_id: UUID) -> None:
        message = bounded(input.message, LONGEST_TEXT, "message")
        async with context.services.database.writing() as tx:
            await request(
                tx,
                order_id=order_id,
                documents=input.documents,
                message=message,
                by=context.actor,
                terms=context.services.terms,
                expected_version=given(input.expected_version),
            )

    return await change_order(context, input.order_id, run)


async def refuse_order(info: Info, input: Input[RefuseOrderInput]) -> OrderPayload:
    context = info.context

    async def run(order_id: UUID) -> None:
        reason = bounded(input.reason, LONGEST_TEXT, "reason", needed=True) or ""
        version = given(input.expected_version)
        reached("refuse.asked")
        async with context.services.database.writing() as tx:
            await refuse(tx, order_id=order_id, reason=reason, by=context.actor, expected_version=version)
        reached("refuse.recorded")

    return await change_order(context, input.order_id, run)


async def complete_order(info: Info, input: Input[CompleteOrderInput]) -> OrderPayload:
    context = info.context

    async def run(order_id: UUID) -> None:
        details = bounded(input.access_details, LONGEST_DETAILS, "accessDetails")
        async with context.services.database.writing() as tx:
            await complete(
                tx,
                order_id=order_id,
                access_details=details,
                by=context.actor,
                terms=context.services.terms,
                expected_version=given(input.expected_version),
            )

    return await change_order(context, input.order_id, run)


def _upload_key(text: str, index: int) -> UUID:
    """Uploads are named by plain HTTP, which knows no global ids."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what=mark("upload"), path=["documents", str(index), "uploadId"]) from None
