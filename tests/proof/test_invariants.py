"""Each invariant notices what breaks it: the books of an order that is in order, spoiled in one place."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from models.change import Change
from models.held import HeldPayment, HeldReason
from tests.proof.books import Books
from tests.proof.invariants import broken
from tests.proof.shop import Shop


def test_what_is_broken_is_noticed(shop: Shop) -> None:
    order = shop.place("server", "book", "promoted", voucherCode="TENPERCENT")
    shop.pay(order, "pm_card_visa")
    shop.settle(order)
    books = shop.books(order)
    letters = {str(mail.id): 1 for mail in books.mails}
    assert broken(books, letters) == []

    def noticed(words: str, **spoiled: Any) -> bool:
        return any(words in fault for fault in broken(replace(books, **spoiled), letters))

    assert noticed("2 customers", customers=2)
    assert noticed("a subtotal of", lines=books.lines[1:])
    assert noticed("and taxes", reductions=[each for each in books.reductions if each.line_position])
    assert noticed("off", reductions=[each for each in books.reductions if not each.line_position])
    assert noticed("and taxes", taxes=books.taxes[1:])
    assert noticed("too late", changes=_without_payment(books.changes))
    assert noticed("is booked (0, 0)", held=[_held(books)])
    assert noticed("paid at the provider", payments=[])
    assert noticed("the ledger says", entries=[])
    assert noticed("mails", mails=books.mails[1:])


def _without_payment(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.to_status != "CONFIRMATION"]


def _held(books: Books) -> HeldPayment:
    return HeldPayment(
        id=uuid4(),
        source="bank_statement",
        external_id="1",
        amount=100,
        currency="EUR",
        text="",
        booked_on=books.order.created_at.date(),
        reason=HeldReason.UNDERPAID,
        order_id=books.order.id,
        held_at=books.order.created_at,
    )
