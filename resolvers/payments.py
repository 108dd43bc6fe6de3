"""Paying orders, giving money back, and the methods that are saved for it."""

from uuid import UUID

from gateways.failpoints import reached
from gateways.payments import ProviderUnavailable
from ordering.idempotency import Key
from ordering.methods import add_payment_method as add
from ordering.methods import remove_payment_method as remove
from ordering.methods import set_default_payment_method as set_default
from ordering.paying import PayRequest
from ordering.paying import pay_order as pay
from ordering.refunding import RefundRequest
from ordering.refunding import refund_payment as refund
from ordering.refusals import InvalidInput, Refusal
from ordering.sources import PaymentSource
from ordering.transfers import record_bank_transfer as record
from reading.nodes import find_method
from resolvers.answering import errors_of, order_now, paid_now, payment_now
from resolvers.reading_input import bounded, key_of, order_key
from schema.context import Context, Info
from schema.errors import Unavailable
from schema.fields import Input, given
from schema.inputs import (
    AddPaymentMethodInput,
    PaymentMethodInput,
    PaymentSourceInput,
    PayOrderInput,
    RecordBankTransferInput,
    RefundPaymentInput,
)
from schema.payloads import PaymentMethodPayload, PayOrderPayload, RefundPaymentPayload
from schema.payment_method import PaymentMethod
from texts import mark

LONGEST_TOKEN, LONGEST_URL, LONGEST_DESCRIPTION, LONGEST_REASON = 255, 2000, 200, 1000


async def pay_order(info: Info, input: Input[PayOrderInput]) -> PayOrderPayload:
    context, services = info.context, info.context.services
    order_id = None
    try:
        order_id = order_key(input.order_id)
        asked = PayRequest(
            order_id=order_id,
            source=_source(input.source),
            return_url=_return_url(context, input.return_url),
            expected_version=given(input.expected_version),
        )
        key = Key(context.viewer.account_id, "payOrder", input.idempotency_key, asked.as_dict())
        outcome = await pay(
            services.database, services.provider, asked, by=context.actor, key=key, terms=services.terms
        )
    except Refusal as refusal:
        order = await order_now(context, order_id)
        return PayOrderPayload(order=order, errors=errors_of(context, refusal, order))
    if outcome.subject_id is None:
        order, payment = await order_now(context, order_id), None
    else:
        order, payment = await paid_now(context, outcome.subject_id)
    return PayOrderPayload(order=order, payment=payment, errors=errors_of(context, outcome.refusal, order))


async def refund_payment(info: Info, input: Input[RefundPaymentInput]) -> RefundPaymentPayload:
    context, services = info.context, info.context.services
    payment_id = None
    try:
        payment_id = key_of(input.payment_id, "Payment", mark("payment"), "paymentId")
        amount = given(input.amount)
        asked = RefundRequest(
            payment_id=payment_id,
            amount=None if amount is None else f"{amount:f}",
            reason=bounded(input.reason, LONGEST_REASON, "reason"),
        )
        key = Key(context.viewer.account_id, "refundPayment", input.idempotency_key, asked.as_dict())
        outcome = await refund(services.database, services.provider, asked, by=context.actor, key=key)
    except Refusal as refusal:
        return RefundPaymentPayload(payment=await payment_now(context, payment_id), errors=errors_of(context, refusal))
    payment = await payment_now(context, payment_id)
    return RefundPaymentPayload(payment=payment, errors=errors_of(context, outcome.refusal))


async def record_bank_transfer(info: Info, input: Input[RecordBankTransferInput]) -> RefundPaymentPayload:
    context = info.context
    payment_id, refused = None, None
    try:
        payment_id = key_of(input.payment_id, "Payment", mark("payment"), "paymentId")
        reached("transfer.asked")
        async with context.services.database.writing() as tx:
            await record(tx, payment_id=payment_id, by=context.actor)
        reached("transfer.recorded")
    except Refusal as refusal:
        refused = refusal
    payment = await payment_now(context, payment_id)
    return RefundPaymentPayload(payment=payment, errors=errors_of(context, refused))


async def add_payment_method(info: Info, input: Input[AddPaymentMethodInput]) -> PaymentMethodPayload:
    context, services = info.context, info.context.services
    try:
        method_id = await add(
            services.database,
            services.provider,
            kind=input.kind,
            provider_token=bounded(input.provider_token, LONGEST_TOKEN, "providerToken"),
            description=bounded(input.description, LONGEST_DESCRIPTION, "description"),
            make_default=input.make_default,
            return_url=_return_url(context, input.return_url),
            customer_id=context.viewer.account_id,
        )
    except Refusal as refusal:
        return PaymentMethodPayload(errors=errors_of(context, refusal))
    except ProviderUnavailable:
        raise Unavailable from None
    return PaymentMethodPayload(payment_method=await _method_now(context, method_id))


async def set_default_payment_method(info: Info, input: Input[PaymentMethodInput]) -> PaymentMethodPayload:
    context = info.context
    method_id, refused = None, None
    try:
        method_id = _method_key(input)
        async with context.services.database.writing() as tx:
            await set_default(tx, method_id=method_id, by=context.actor)
    except Refusal as refusal:
        refused = refusal
    return PaymentMethodPayload(
        payment_method=await _method_now(context, method_id), errors=errors_of(context, refused)
    )


async def remove_payment_method(info: Info, input: Input[PaymentMethodInput]) -> PaymentMethodPayload:
    """Answers with the method as it was: it is gone afterwards."""
    context = info.context
    method, refused = None, None
    try:
        method_id = _method_key(input)
        method = await _method_now(context, method_id)
        async with context.services.database.writing() as tx:
            await remove(tx, method_id=method_id, by=context.actor)
    except Refusal as refusal:
        refused = refusal
    return PaymentMethodPayload(payment_method=method, errors=errors_of(context, refused))


def _method_key(input: PaymentMethodInput) -> UUID:
    return key_of(input.payment_method_id, "PaymentMethod", mark("payment method"), "paymentMethodId")


async def _method_now(context: Context, method_id: UUID | None) -> PaymentMethod | None:
    if method_id is None:
        return None
    async with context.services.database.selecting() as session:
        row = await find_method(session, context.viewer, method_id)
    return PaymentMethod.of(row) if row else None


def _source(input: PaymentSourceInput) -> PaymentSource:
    saved, new = given(input.saved_method_id), given(input.new_method)
    if saved is not None:
        path = ("source", "savedMethodId")
        return PaymentSource(saved_method_id=key_of(saved, "PaymentMethod", mark("payment method"), *path))
    token = bounded(new.provider_token, LONGEST_TOKEN, "source", "newMethod", "providerToken")
    return PaymentSource(kind=new.kind, provider_token=token, save=new.save)


def _return_url(context: Context, url: str | None) -> str | None:
    """Only to pages of our own: any other address would make us send customers wherever a link says."""
    kept = bounded(url, LONGEST_URL, "returnUrl")
    if kept is not None and not context.services.is_own_url(kept):
        raise InvalidInput(why=mark("The address to come back to is not one of ours."), path=["returnUrl"])
    return kept
