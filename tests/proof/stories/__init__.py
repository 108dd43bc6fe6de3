"""How each step of paying, refunding and expiring is come to: the stories, and the failpoints that they come to."""

from collections.abc import Mapping
from typing import Final

from tests.proof.stories import ending, paying, refunding, telling, transfers
from tests.proof.stories.act import Act, Story

__all__ = ["STORIES", "Act", "Story"]

_PAYS_OUT: Final = ("pay_out.asking", "pay_out.answered", "pay_out.recording", "pay_out.recorded")
_RELEASES: Final = ("release.asking", "release.answered", "release.recording", "release.recorded")
_EVENT: Final = ("event.received", "event.looked", "event.recording", "event.recorded")
_SETTLES: Final = ("settle.asking", "settle.answered", "settle.recording", "settle.recorded")
_REFUNDS: Final = ("refund.asked", "refund.promising", "refund.promised", "refund.paid_out", "refund.finishing")
_REFERENCE: Final = ("reference.asked", "reference.recording", "reference.recorded")

#: Which stories come to which failpoint.
STORIES: Final[Mapping[Story, tuple[str, ...]]] = {
    paying.paying: ("pay.asked", "pay.beginning", "pay.begun", "pay.answered", "pay.recording", "pay.recorded"),
    paying.paying_first: ("customer.asking", "customer.answered", "customer.recording", "customer.recorded"),
    paying.paying_in_vain: ("pay.refused", "pay.keeping_refusal"),
    paying.paying_instead: ("pay.replacing", *_RELEASES),
    paying.paying_unanswered: ("pay.unanswered", "pay.leaving_open", "pay.left_open"),
    paying.paying_turned_down: ("pay.turned_down", "pay.failing"),
    paying.settling: _SETTLES,
    paying.settling_unanswered: ("settle.unanswered", "settle.postponing"),
    paying.settling_turned_down: ("settle.turned_down", "settle.failing"),
    paying.writing: ("mail.sending", "mail.sent"),
    telling.told: _EVENT,
    telling.told_too_late: (*_EVENT, *_PAYS_OUT),
    telling.found_too_late: (*_SETTLES, *_PAYS_OUT),
    telling.found_after_all: ("find.answered", "find.recording"),
    telling.applying_held: ("held_event.asked", "held_event.looked", "held_event.applying", "held_event.applied"),
    telling.resolving_held: ("held_event.resolving", "held_event.resolved"),
    refunding.refunding: (*_REFUNDS, *_PAYS_OUT),
    refunding.refunding_too_much: ("refund.asked", "refund.keeping_refusal"),
    refunding.refunding_unanswered: ("pay_out.unanswered", "pay_out.postponing"),
    refunding.refunding_turned_down: ("pay_out.turned_down", "pay_out.failing"),
    refunding.refunding_again: ("refund_again.asked", "refund_again.promising", "refund_again.promised", *_PAYS_OUT),
    refunding.dismissing: ("refund_dismissed.asked", "refund_dismissed.recording", "refund_dismissed.recorded"),
    refunding.refusing: ("refuse.asked", "refuse.recording", "refuse.recorded", *_PAYS_OUT),
    refunding.withdrawing: ("withdraw.asked", "withdraw.recording", "withdraw.recorded", *_PAYS_OUT),
    ending.expiring: ("expire.asked", "expire.recording", "expire.recorded"),
    ending.expiring_while_asked: ("expire.going_on",),
    ending.cancelling: ("cancel.asked", "cancel.recording", "cancel.recorded"),
    ending.cancelling_while_asked: (*_RELEASES, "cancel.recording"),
    transfers.announcing: ("pay.asked", "pay.beginning"),
    transfers.giving_up: ("transfer.giving_up", "transfer.given_up"),
    transfers.paying_instead_of_it: ("pay.beginning", "pay.begun", "pay.answered", "pay.recording"),
    transfers.recording: ("transfer.asked", "transfer.recording", "transfer.recorded"),
    transfers.recording_by_reference: _REFERENCE,
    transfers.recording_too_little: _REFERENCE,
    transfers.recording_of_no_order: ("key.keeping_refusal",),
    transfers.importing: ("import.asked", "import.recording", "import.recorded"),
    transfers.sending_back: ("refund_sent.asked", "refund_sent.recording", "refund_sent.recorded"),
    transfers.settling_held: ("held.asked", "held.settling", "held.resolved"),
    transfers.returning_held: ("held.returning", "held.resolved"),
    transfers.dismissing_held: ("held.dismissing",),
}
