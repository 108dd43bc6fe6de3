"""From what a document shows to a sheet: every text chosen, translated and formatted, once for screen and paper."""

from gateways.documents.contents import InvoiceDocument, PaymentMethodLine, PurchaseOrderDocument
from gateways.documents.labels import METHOD_LABELS, STATUS_LABELS
from gateways.documents.parts import columns, mention, party, rows, seller, sums
from gateways.documents.sheet import Labelled, Method, Methods, Notice, Sheet, Tone
from gateways.transfer import transfer_facts
from gateways.wording import Wording
from models.document import InvoiceKind
from models.order import OrderStatus
from texts import mark, one_line

_TONES: dict[OrderStatus, Tone] = {
    OrderStatus.UNPAID: "warn",
    OrderStatus.COMPLETE: "good",
    OrderStatus.EXPIRED: "bad",
    OrderStatus.CANCELLED: "bad",
}
_PAGE = mark("Page {page} of {pages}")


def purchase_order_sheet(doc: PurchaseOrderDocument) -> Sheet:
    say = Wording(doc.language)
    status = OrderStatus.EXPIRED if doc.expired and doc.status is OrderStatus.UNPAID else doc.status
    payable = status is OrderStatus.UNPAID and not doc.payment_under_way
    charges = doc.charges
    return Sheet(
        language=say.language,
        title=say("Purchase order"),
        number=doc.number,
        status=say(STATUS_LABELS[status]),
        tone=_TONES.get(status, "calm"),
        facts=(
            Labelled(say("Order number"), doc.number),
            Labelled(say("Created on"), say.day(doc.created_at), say.time(doc.created_at)),
            Labelled(
                say("Expired on") if status is OrderStatus.EXPIRED else say("Expires on"),
                say.day(doc.expires_at),
                say.time(doc.expires_at),
            ),
        ),
        notices=(_standing(doc, status, say),),
        seller=seller(doc.seller, say),
        billing=party(doc.billing, say),
        columns=columns(say),
        rows=rows(charges, say),
        sums=sums(charges, say),
        total=Labelled(say("Total incl. VAT"), say.money(charges.total)),
        mention=mention(charges, say),
        methods=(_saved(doc, payable, say), _available(doc, say)),
        pdf=Labelled(say("View as PDF"), doc.pdf_url),
        page=say(_PAGE),
    )


def invoice_sheet(doc: InvoiceDocument) -> Sheet:
    say = Wording(doc.language)
    credit = doc.kind is InvoiceKind.CREDIT_NOTE
    charges = doc.charges
    return Sheet(
        language=say.language,
        title=say("Credit note") if credit else say("Invoice"),
        number=doc.reference,
        status="",
        tone="calm",
        facts=_invoice_facts(doc, say),
        notices=(_correction(doc, say),) if credit else (),
        seller=seller(doc.seller, say),
        billing=party(doc.billing, say),
        columns=columns(say),
        rows=rows(charges, say),
        sums=sums(charges, say),
        total=Labelled(say("Total credited incl. VAT") if credit else say("Total incl. VAT"), say.money(charges.total)),
        mention=mention(charges, say),
        methods=(),
        pdf=Labelled(say("View as PDF"), doc.pdf_url),
        page=say(_PAGE),
    )


def _standing(doc: PurchaseOrderDocument, status: OrderStatus, say: Wording) -> Notice:
    """Where the order stands between being placed and being paid, and what its customer can do about it."""
    if status is OrderStatus.EXPIRED:
        return Notice(
            "bad",
            say("This purchase order has expired"),
            say("It can no longer be paid. To buy these products, please place the order again at today's prices."),
        )
    if status is OrderStatus.CANCELLED:
        return Notice("bad", say("This order has been cancelled"), say("It can no longer be paid."))
    if doc.transfer is not None:
        text = say(
            "Transfer the exact amount to this account, with this reference and nothing else. It has to be there by "
            "{moment}.",
            moment=say.moment(doc.expires_at),
        )
        amount = (say("Amount"), say.money(doc.charges.total))
        facts = tuple(Labelled(*fact) for fact in (amount, *transfer_facts(doc.transfer, say)))
        return Notice("warn", say("We are waiting for your bank transfer"), text, facts)
    if doc.payment_under_way:
        return Notice(
            "calm", say("Your payment is under way"), say("We will write to you as soon as it has been received.")
        )
    if status is OrderStatus.UNPAID:
        text = say(
            "Sign in to your account and choose one of the payment methods below by {moment}. "
            "After that the order expires.",
            moment=say.moment(doc.expires_at),
        )
        return Notice("warn", say("How to pay"), text)
    return Notice("good", say("Nothing left to pay"), say("This order has been settled. Thank you."))


def _correction(doc: InvoiceDocument, say: Wording) -> Notice:
    corrected = one_line(doc.corrects or doc.order_number)
    return Notice("calm", say("Corrects invoice {reference}", reference=corrected), one_line(say(doc.reason or "")))


def _invoice_facts(doc: InvoiceDocument, say: Wording) -> tuple[Labelled, ...]:
    credit = doc.kind is InvoiceKind.CREDIT_NOTE
    facts = [
        Labelled(say("Credit note number") if credit else say("Invoice number"), doc.reference),
        Labelled(say("Issued on"), say.day(doc.issued_at)),
        Labelled(say("Order number"), doc.order_number),
    ]
    if doc.payment:
        day = say.day(doc.paid_at) if doc.paid_at else ""
        facts.append(Labelled(say("Refunded to") if credit else say("Paid by"), one_line(doc.payment), day))
    return tuple(facts)


def _saved(doc: PurchaseOrderDocument, payable: bool, say: Wording) -> Methods:
    entries = tuple(_saved_method(method, payable, say) for method in doc.saved_methods)
    return Methods(say("Saved payment methods"), entries, say("No payment method is saved to this account."))


def _saved_method(method: PaymentMethodLine, payable: bool, say: Wording) -> Method:
    """Whether it can pay is said only of an order that can be paid."""
    notes = [say("Default")] if method.default else []
    if payable and method.usable:
        notes.append(say("Can pay this order"))
    elif payable:
        notes.append(one_line(method.reason or "") or say("Cannot pay this order"))
    return Method(one_line(method.label), " · ".join(notes), method.usable if payable else None)


def _available(doc: PurchaseOrderDocument, say: Wording) -> Methods:
    entries = tuple(Method(say(METHOD_LABELS[kind]), "", None) for kind in doc.available_methods)
    return Methods(say("Available payment methods"), entries, say("No payment method is available for this account."))
