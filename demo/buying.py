"""What a customer of the demo does with an order, each by the real operation."""

from demo.papers import send_papers
from demo.purchase import Act, Purchase
from models.payment import Payment, PaymentMethodKind
from ordering.cancelling import cancel_order
from ordering.documents import provide_documents
from ordering.idempotency import Key
from ordering.paying import PayRequest, pay_order
from ordering.placing import PlaceRequest, place_order
from ordering.reconciling import settle_payment
from ordering.reordering import reorder
from ordering.sources import PaymentSource
from ordering.withdrawing import withdraw_from_order


async def place(purchase: Purchase) -> None:
    """With its voucher or, where that is refused, without."""
    world, basket = purchase.world, purchase.basket
    for voucher in dict.fromkeys((basket.voucher, None)):
        request = PlaceRequest(basket.lines, voucher, basket.waive_withdrawal)
        key = purchase.key("placeOrder", request)
        outcome = await place_order(world.database, request, by=purchase.customer.actor, key=key, terms=world.terms)
        if outcome.refusal is None and outcome.subject_id is not None:
            purchase.order_id = outcome.subject_id
            return
    raise RuntimeError(f"{purchase.customer.email} cannot order {basket}")


async def order_again(purchase: Purchase) -> None:
    world, customer = purchase.world, purchase.customer
    key = Key(customer.account_id, "reorder", f"{purchase.name}-again", {"order": str(purchase.order_id)})
    outcome = await reorder(world.database, order_id=purchase.order_id, by=customer.actor, key=key, terms=world.terms)
    if outcome.subject_id is None:
        raise RuntimeError(f"{customer.email} cannot order again: {outcome.refusal!r}")
    purchase.order_id = outcome.subject_id


def pay_by(kind: PaymentMethodKind, token: str | None = None, *, save: bool = False) -> Act:
    """Once, without a saved method; `token` for kinds that the provider charges."""

    async def pay(purchase: Purchase) -> None:
        await _pay(purchase, PaymentSource(kind=kind, provider_token=token, save=save))

    return pay


def pay_by_saved(token: str) -> Act:
    """With the method that was saved under this token."""

    async def pay(purchase: Purchase) -> None:
        await _pay(purchase, PaymentSource(saved_method_id=purchase.customer.methods[token]))

    return pay


async def _pay(purchase: Purchase, source: PaymentSource) -> None:
    world, request = purchase.world, PayRequest(purchase.order_id, source)
    key = purchase.key("payOrder", request)
    outcome = await pay_order(
        world.database, world.provider, request, by=purchase.customer.actor, key=key, terms=world.terms
    )
    purchase.refusal = outcome.refusal
    if outcome.subject_id is not None:
        purchase.payment_id = outcome.subject_id


async def hear_from_provider(purchase: Purchase) -> None:
    await settle_payment(purchase.world.database, purchase.world.provider, purchase.payment_id)


def authenticate(*, approve: bool) -> Act:
    """On the provider's page, which then tells the shop."""

    async def answer(purchase: Purchase) -> None:
        world = purchase.world
        async with world.database.reading() as session:
            payment = await session.get_one(Payment, purchase.payment_id)
        await world.provider.complete_action(payment.provider_reference or "", approve=approve)
        await hear_from_provider(purchase)

    return answer


async def send_documents(purchase: Purchase) -> None:
    world, customer = purchase.world, purchase.customer
    papers = await send_papers(world.uploads, customer)
    async with world.database.writing() as tx:
        await provide_documents(tx, order_id=purchase.order_id, documents=papers, by=customer.actor)


def cancel(reason: str | None) -> Act:
    async def give_up(purchase: Purchase) -> None:
        world = purchase.world
        await cancel_order(
            world.database, world.provider, order_id=purchase.order_id, reason=reason, by=purchase.customer.actor
        )

    return give_up


def withdraw(reason: str | None) -> Act:
    async def leave(purchase: Purchase) -> None:
        async with purchase.world.database.writing() as tx:
            await withdraw_from_order(tx, order_id=purchase.order_id, reason=reason, by=purchase.customer.actor)

    return leave
