"""What each kind of mail says, in the reader's language; how it looks is for the templates."""

from collections.abc import Callable, Mapping
from typing import Final

from gateways.mail.contents import Letter, MailContext
from gateways.transfer import transfer_facts
from gateways.wording import Wording
from models.document import DocumentKind
from models.mail import MailKind
from texts import mark, plain

DOCUMENT_LABELS: Final[Mapping[DocumentKind, str]] = {
    DocumentKind.IDENTITY: mark("Proof of identity"),
    DocumentKind.PROOF_OF_ADDRESS: mark("Proof of address"),
    DocumentKind.COMPANY_REGISTRATION: mark("Company registration"),
    DocumentKind.PAYMENT_PROOF: mark("Proof of payment"),
    DocumentKind.OTHER: mark("Other document"),
}


def write(kind: MailKind, about: MailContext, say: Wording) -> Letter:
    return _LETTERS[kind](about, say)


def _placed(about: MailContext, say: Wording) -> Letter:
    paragraphs = [say("Thank you for your order. Here is your purchase order.")]
    due = None
    if about.expires_at is not None:
        due = (say("To be paid by"), say.moment(about.expires_at))
        paragraphs.append(say("Please pay it in time: after that it expires, and you would have to order again."))
    return Letter(
        subject=say("Your purchase order {number}", number=about.order_number),
        paragraphs=tuple(paragraphs),
        due=due,
        action=(say("View the purchase order"), about.order_url),
    )


def _transfer_announced(about: MailContext, say: Wording) -> Letter:
    return Letter(
        subject=say("Your bank transfer for order {number}", number=about.order_number),
        paragraphs=(
            say("Please transfer the exact amount to our account, with the reference below and nothing else."),
            say("We will write to you as soon as it has been received. A transfer may take a few working days."),
        ),
        facts=transfer_facts(about.transfer, say) if about.transfer else (),
        due=(say("To be received by"), say.moment(about.expires_at)) if about.expires_at else None,
        action=(say("View your order"), about.order_url),
    )


def _payment_received(about: MailContext, say: Wording) -> Letter:
    return Letter(
        subject=say("We have received your payment for order {number}", number=about.order_number),
        paragraphs=(
            say("Thank you: your payment has been received."),
            say("Our team now verifies your order, on working days. We will write to you when it has been delivered."),
        ),
        action=(say("View your order"), about.order_url),
    )


def _documents_requested(about: MailContext, say: Wording) -> Letter:
    return Letter(
        subject=say("Action required: documents for your order {number}", number=about.order_number),
        paragraphs=(
            say("To verify your order, we need these documents from you:"),
            say("If they do not reach us in time, the order is cancelled and what you paid is refunded."),
        ),
        bullets=tuple(say(DOCUMENT_LABELS[kind]) for kind in about.documents),
        quote=_quote(say("Message from our team"), about.message),
        due=(say("To be sent by"), say.moment(about.due_at)) if about.due_at else None,
        action=(say("Send the documents"), about.order_url),
    )


def _complete(about: MailContext, say: Wording) -> Letter:
    secret = None
    if about.access_details:
        caution = say("Keep them in a safe place: this mail is their only copy.")
        secret = (say("Your access details"), plain(about.access_details), caution)
    invoice = about.invoice_url
    return Letter(
        subject=say("Your order {number} is complete", number=about.order_number),
        paragraphs=(say("Everything that you ordered has been delivered. Thank you for your trust."),),
        secret=secret,
        action=(say("View the invoice"), invoice) if invoice else (say("View your order"), about.order_url),
    )


def _expiring(about: MailContext, say: Wording) -> Letter:
    return Letter(
        subject=say("Your order {number} expires soon", number=about.order_number),
        paragraphs=(
            say("Your order has not been paid yet."),
            say("Please pay it in time: after that it expires, and you would have to order again."),
        ),
        due=(say("To be paid by"), say.moment(about.expires_at)) if about.expires_at else None,
        action=(say("View and pay the order"), about.order_url),
    )


def _expired(about: MailContext, say: Wording) -> Letter:
    return Letter(
        subject=say("Your order {number} has expired", number=about.order_number),
        paragraphs=(
            say("Your order was not paid in time and has expired. You have not been charged."),
            say("If you still want these products, please order them again: today's prices then apply."),
        ),
        action=(say("View your order"), about.order_url),
    )


def _cancelled(about: MailContext, say: Wording) -> Letter:
    return Letter(
        subject=say("Your order {number} has been cancelled", number=about.order_number),
        paragraphs=(say("Your order has been cancelled."),),
        quote=_reason(about, say),
        action=(say("View your order"), about.order_url),
    )


def _refunded(about: MailContext, say: Wording) -> Letter:
    amount = say.money(about.refund if about.refund is not None else about.total)
    note = about.invoice_url
    if about.by_transfer:
        sent = say("We are sending {amount} back by bank transfer, to the account that yours came from.", amount=amount)
    else:
        sent = say("We have refunded {amount} to the payment method that you paid with.", amount=amount)
    return Letter(
        subject=say("Refund of {amount} for your order {number}", amount=amount, number=about.order_number),
        paragraphs=(
            sent,
            say("Depending on your bank, it may take a few days to appear on your account."),
        ),
        quote=_reason(about, say),
        action=(say("View the credit note"), note) if note else (say("View your order"), about.order_url),
    )


def _reason(about: MailContext, say: Wording) -> tuple[str, str] | None:
    """A reason that a rule gave is translated like any text; what a person wrote has no translation and stays."""
    return _quote(say("Reason"), say(about.reason)) if about.reason else None


def _quote(label: str, text: str | None) -> tuple[str, str] | None:
    return (label, plain(text)) if text else None


_LETTERS: Final[Mapping[MailKind, Callable[[MailContext, Wording], Letter]]] = {
    MailKind.ORDER_PLACED: _placed,
    MailKind.TRANSFER_ANNOUNCED: _transfer_announced,
    MailKind.PAYMENT_RECEIVED: _payment_received,
    MailKind.DOCUMENTS_REQUESTED: _documents_requested,
    MailKind.ORDER_COMPLETE: _complete,
    MailKind.ORDER_EXPIRING: _expiring,
    MailKind.ORDER_EXPIRED: _expired,
    MailKind.ORDER_CANCELLED: _cancelled,
    MailKind.REFUNDED: _refunded,
}
