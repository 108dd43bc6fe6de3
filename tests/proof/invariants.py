"""What holds of every order once nothing is under way, whatever was done to it and whoever died over it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from models.change import ChangeKind
from models.held import HeldResolution
from models.ledger import EntryKind, LedgerAccount
from models.mail import MailKind
from models.order import OrderStatus
from models.payment import Payment, PaymentMethodKind, PaymentStatus, RefundStatus
from ordering.lifecycle import PAID
from ordering.taking import OPEN
from tests.behind import AT_PROVIDER, SETTLED, STEPS
from tests.proof.books import Books


def broken(books: Books, letters: Mapping[str, int]) -> list[str]:
    """Every invariant that does not hold, in words. `letters`: how often each mail was delivered, by its id."""
    found = [fault for check in _CHECKS for fault in check(books)]
    delivered = ((mail.kind, letters.get(str(mail.id), 0)) for mail in books.mails)
    # Whoever dies right after handing one over cannot know it: then it comes again, under the same Message-ID.
    return found + [f"{kind} was delivered {count} times" for kind, count in delivered if count not in {1, 2}]


def _charged_once(books: Books) -> Iterator[str]:
    if sum(charge.succeeded for charge in books.charged) > 1:
        yield f"charged more than once: {books.charged}"
    for attempt, count in Counter(charge.attempt for charge in books.charged).items():
        if count > 1:
            yield f"{count} charges of one attempt: {attempt}"


def _never_paid_and_unknown(books: Books) -> Iterator[str]:
    theirs = {charge.attempt: charge for charge in books.charged if charge.succeeded}
    ours = {
        str(payment.id): payment
        for payment in books.payments
        if payment.kind in AT_PROVIDER and payment.status in SETTLED
    }
    if theirs.keys() != ours.keys():
        yield f"paid at the provider {sorted(theirs)}, to our knowledge {sorted(ours)}"
    for attempt in theirs.keys() & ours.keys():
        named = (theirs[attempt].reference, theirs[attempt].amount)
        if named != (ours[attempt].provider_reference, ours[attempt].amount):
            yield f"{named} at the provider is {ours[attempt]} here"
    for payment in books.payments:
        if payment.status is PaymentStatus.PENDING or payment.mismatch is not None:
            yield f"in doubt: {payment}"


def _refunded_as_promised(books: Books) -> Iterator[str]:
    promised = Counter[object]()
    for refund in books.refunds:
        if refund.status is RefundStatus.PENDING:
            yield f"not paid out: {refund}"
        if refund.status is not RefundStatus.FAILED:
            promised[refund.payment_id] += refund.amount
    for payment in books.payments:
        if payment.refunded != promised[payment.id] or payment.refunded > payment.amount:
            yield f"{promised[payment.id]} was promised of {payment}"
    ours = {
        (str(refund.id), refund.provider_reference, refund.amount)
        for refund in books.refunds
        if refund.status is RefundStatus.SUCCEEDED and not refund.by_transfer
    }
    theirs = [(each.attempt, each.reference, each.amount) for each in books.returned if each.succeeded]
    if len(theirs) != len(ours) or set(theirs) != ours:
        yield f"refunded at the provider {theirs}, to our knowledge {sorted(ours)}"


def _ledger_balances(books: Books) -> Iterator[str]:
    balance = Counter[LedgerAccount]()
    for entry in books.entries:
        balance[entry.debit] += entry.amount
        balance[entry.credit] -= entry.amount
    held = sum(each.amount for each in books.charged if each.succeeded)
    held -= sum(each.amount for each in books.returned if each.succeeded)
    if (balance[LedgerAccount.PROVIDER], balance[LedgerAccount.OWED]) != (held, 0):
        yield f"the provider holds {held}, the ledger says {dict(balance)}"
    bank = sum(each.amount for each in books.payments if _by_transfer(each) and each.status in SETTLED)
    bank -= sum(each.amount for each in books.refunds if each.by_transfer and each.status is RefundStatus.SUCCEEDED)
    if balance[LedgerAccount.BANK] != bank:
        yield f"the bank holds {bank}, the ledger says {dict(balance)}"
    if -balance[LedgerAccount.PAID] != _kept(books):
        yield f"orders brought {_kept(books)}, the ledger says {dict(balance)}"


def _held_once(books: Books) -> Iterator[str]:
    """What is held is booked as it comes, and once more as it goes, whichever way."""
    kinds = Counter((entry.subject_id, entry.kind) for entry in books.held_entries)
    for each in books.held:
        booked = kinds[each.id, EntryKind.HELD_RECEIVED], kinds[each.id, EntryKind.HELD_RELEASED]
        if booked != (1, each.resolved_at is not None):
            yield f"{each} is booked {booked}"


def _late_once(books: Books) -> Iterator[str]:
    """Money either pays the order or goes back, and the history says so once."""
    arrived = sum(payment.status in SETTLED for payment in books.payments)
    pays = sum(change.from_status == "UNPAID" and change.to_status in PAID for change in books.changes)
    late = sum(change.kind is ChangeKind.LATE_PAYMENT_REFUNDED for change in books.changes)
    if late != arrived - pays:
        yield f"{late} payments came too late of {arrived}, of which {pays} pays the order"


def _one_customer(books: Books) -> Iterator[str]:
    if books.customers > 1:
        yield f"the customer is {books.customers} customers at the provider"


def _sums_reproduce(books: Books) -> Iterator[str]:
    """From the lines up, in whole minor units."""
    order, left = books.order, 0
    for line in books.lines:
        off = sum(each.amount for each in books.reductions if each.line_position == line.position)
        left += line.total_without_tax
        if line.total_without_tax != line.quantity * line.unit_price - off:
            yield f"{line} with {off} off"
    left -= sum(each.amount for each in books.reductions if each.line_position == 0)
    bases, taxes = sum(each.base for each in books.taxes), sum(each.amount for each in books.taxes)
    if any(each.amount != (2 * each.base * each.rate + 10_000) // 20_000 for each in books.taxes):
        yield f"taxes {books.taxes}"
    if order.subtotal != sum(line.quantity * line.unit_price for line in books.lines):
        yield f"a subtotal of {order.subtotal} over {books.lines}"
    if not left == bases == order.total_without_tax or (order.tax, order.total) != (taxes, left + taxes):
        yield f"{order} of {left} and taxes {taxes} on {bases}"


def _order_agrees(books: Books) -> Iterator[str]:
    brought = sum(payment.amount for payment in books.payments if payment.status in SETTLED)
    if books.order.status in PAID and brought != books.order.total:
        yield f"{books.order.status} with {brought} of {books.order.total}"
    if books.order.status not in PAID and _kept(books):
        yield f"{books.order.status} with {_kept(books)} kept"


def _nothing_left_to_charge(books: Books) -> Iterator[str]:
    """Whoever could still be asked for money has an order that waits for it."""
    if books.order.status != OrderStatus.UNPAID:
        yield from (f"{books.order.status} with {each}" for each in books.payments if each.status in OPEN)


def _history_without_a_hole(books: Books) -> Iterator[str]:
    if [change.version for change in books.changes] != list(range(1, books.order.version + 1)):
        yield f"versions {[change.version for change in books.changes]} of {books.order.version}"
    moves = [change for change in books.changes if change.sequence is not None]
    if [move.sequence for move in moves] != list(range(1, len(moves) + 1)):
        yield f"sequences {[move.sequence for move in moves]}"
    way = [(move.from_status, move.to_status) for move in moves]
    ends = [to for _, to in way]
    if not set(way) <= STEPS or [since for since, _ in way] != [None, *ends[:-1]] or ends[-1] != books.order.status:
        yield f"the way {way} to {books.order.status}"


def _mails_once(books: Books) -> Iterator[str]:
    moves: Counter[tuple[object, object]] = Counter((change.from_status, change.to_status) for change in books.changes)
    expected = {
        MailKind.ORDER_PLACED: 1,
        MailKind.PAYMENT_RECEIVED: sum(n for (since, to), n in moves.items() if since == "UNPAID" and to in PAID),
        MailKind.TRANSFER_ANNOUNCED: books.announced,
        MailKind.ORDER_EXPIRED: moves["UNPAID", "EXPIRED"],
        MailKind.ORDER_CANCELLED: sum(n for (_, to), n in moves.items() if to == "CANCELLED"),
        MailKind.REFUNDED: sum(refund.status is RefundStatus.SUCCEEDED for refund in books.refunds)
        + sum(each.resolution is HeldResolution.RETURNED for each in books.held),
    }
    written = Counter(mail.kind for mail in books.mails)
    if +written != +Counter(expected):
        yield f"mails {dict(written)} where {expected} were due"
    if any(mail.dead_at is not None for mail in books.mails):
        yield "a mail was given up"


def _no_event_held(books: Books) -> Iterator[str]:
    for event in books.events:
        if event.held_for is not None and event.resolved_at is None:
            yield f"{event.type} is held for {event.held_for}"


def _by_transfer(payment: Payment) -> bool:
    return payment.kind is PaymentMethodKind.BANK_TRANSFER


def _kept(books: Books) -> int:
    return sum(payment.amount - payment.refunded for payment in books.payments if payment.status in SETTLED)


_CHECKS: Final[tuple[Callable[[Books], Iterator[str]], ...]] = (
    _charged_once,
    _never_paid_and_unknown,
    _refunded_as_promised,
    _ledger_balances,
    _held_once,
    _late_once,
    _one_customer,
    _sums_reproduce,
    _order_agrees,
    _nothing_left_to_charge,
    _history_without_a_hole,
    _mails_once,
    _no_event_held,
)
