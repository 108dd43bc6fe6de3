"""A plain model of orders: what each should be like after whatever was done, written without the product's rules."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY = timedelta(days=1)
#: What staff, or the customer, may do in which status, guards aside.
STAFF_MAY = {
    "CANCEL": {"UNPAID"},
    "CONFIRM": {"CONFIRMATION"},
    "REQUEST_DOCUMENTS": {"CONFIRMATION"},
    "REFUSE": {"CONFIRMATION", "DOCUMENTS_REQUESTED", "BEING_PROCESSED"},
    "COMPLETE": {"BEING_PROCESSED"},
}
CUSTOMER_MAY = {
    "PAY": {"UNPAID"},
    "CANCEL": {"UNPAID"},
    "PROVIDE_DOCUMENTS": {"DOCUMENTS_REQUESTED"},
    "WITHDRAW": {"CONFIRMATION", "DOCUMENTS_REQUESTED", "BEING_PROCESSED", "COMPLETE"},
    "REORDER": {"COMPLETE", "EXPIRED", "CANCELLED"},
}
LEADS_TO = {
    "CANCEL": "CANCELLED",
    "CONFIRM": "BEING_PROCESSED",
    "REQUEST_DOCUMENTS": "DOCUMENTS_REQUESTED",
    "PROVIDE_DOCUMENTS": "CONFIRMATION",
    "REFUSE": "CANCELLED",
    "COMPLETE": "COMPLETE",
    "WITHDRAW": "CANCELLED",
}
#: What an attempt with each token comes to at first.
TOKENS = {
    ("CARD", "sandbox_card"): "SUCCEEDED",
    ("CARD", "sandbox_card_declined"): "FAILED",
    ("CARD", "sandbox_card_authentication"): "ACTION_REQUIRED",
    ("CARD", "sandbox_card_timeout"): "PENDING",
    ("PAYPAL", "sandbox_paypal"): "ACTION_REQUIRED",
    ("BANK_TRANSFER", ""): "PENDING",
    ("PREPAID_ACCOUNT", ""): "SUCCEEDED",
}
TRANSFER = timedelta(days=14)


@dataclass
class Attempt:
    """`answered`: what the bank knows and we do not yet."""

    kind: str
    status: str
    since: timedelta
    id: str = ""
    path: str = ""
    answered: bool | None = None

    @property
    def is_open(self) -> bool:
        return self.status in ("PENDING", "ACTION_REQUIRED")


@dataclass
class ModelOrder:
    """Moments are how far the clock had been moved."""

    id: str
    number: str
    total: int
    placed: timedelta
    withdrawable_until: datetime | None
    status: str = "UNPAID"
    version: int = 1
    back: int = 0
    due: timedelta | None = None
    delivered: bool = False
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def open_attempt(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.is_open), None)

    @property
    def transfer_announced(self) -> bool:
        return self.open_attempt is not None and self.open_attempt.kind == "BANK_TRANSFER"

    @property
    def paid(self) -> int:
        return self.total if any(attempt.status == "SUCCEEDED" for attempt in self.attempts) else 0

    def is_over(self, clock: timedelta) -> bool:
        """A transfer that was announced has given it more time, whatever became of that."""
        transfers = (each.since for each in self.attempts if each.kind == "BANK_TRANSFER" and each.id)
        return clock >= max([self.placed + DAY, *(since + TRANSFER for since in transfers)])

    @property
    def returned(self) -> int:
        """What arrived too late and went back."""
        return self.total * sum(attempt.status == "REFUNDED" for attempt in self.attempts)

    def why_not(self, action: str, *, staff: bool, clock: timedelta, now: datetime) -> str | None:
        """The code of the refusal; None where it is allowed."""
        pending = self.open_attempt is not None and self.open_attempt.status == "PENDING"
        if action == "REFUND":
            return None if self.paid > self.back else "REFUND_NOT_POSSIBLE"
        if action == "PAY" and self.status in ("CONFIRMATION", "DOCUMENTS_REQUESTED", "BEING_PROCESSED", "COMPLETE"):
            return "ALREADY_PAID"
        if action == "PAY" and pending and not self.transfer_announced:
            return "PAYMENT_IN_PROGRESS"
        if action == "PAY" and (self.status == "EXPIRED" or (self.status == "UNPAID" and self.is_over(clock))):
            return "ORDER_EXPIRED"
        if self.status not in (STAFF_MAY if staff else CUSTOMER_MAY)[action]:
            return "ILLEGAL_TRANSITION"
        if action == "CANCEL" and pending and not self.transfer_announced:
            return "PAYMENT_IN_PROGRESS"
        if action == "WITHDRAW" and (self.withdrawable_until is None or now >= self.withdrawable_until):
            return "WITHDRAWAL_NOT_POSSIBLE"
        return None

    def settle(self, attempt: Attempt, status: str) -> None:
        """An attempt has ended; the order is paid if it succeeded."""
        attempt.status = status
        if status == "SUCCEEDED":
            assert self.status == "UNPAID"
            self.status = "CONFIRMATION"

    def arrive(self, transfer: Attempt) -> None:
        """Its money is there: it pays an order that still waits for it, and goes back otherwise."""
        other = self.open_attempt not in (None, transfer)
        self.settle(transfer, "SUCCEEDED" if self.status == "UNPAID" and not other else "REFUNDED")

    def attempt_of_transfer(self) -> Attempt | None:
        """Which attempt money that arrives belongs to, announced or not; None while another one is under way."""
        if self.open_attempt is not None:
            return self.open_attempt if self.transfer_announced else None
        late = [
            each for each in self.attempts if each.kind == "BANK_TRANSFER" and each.status in ("FAILED", "CANCELLED")
        ]
        return late[-1] if late else Attempt("BANK_TRANSFER", "PENDING", timedelta())

    def release(self) -> bool:
        """Ends a transfer, or an attempt that waits for the customer. False where that one proves to be paid."""
        waiting = self.open_attempt
        if waiting is None:
            return True
        if waiting.kind == "BANK_TRANSFER":
            self.settle(waiting, "CANCELLED")
            return True
        assert waiting.status == "ACTION_REQUIRED"
        outcome = {True: "SUCCEEDED", False: "FAILED", None: "CANCELLED"}[waiting.answered]
        self.settle(waiting, outcome)
        return outcome != "SUCCEEDED"

    def relay(self, clock: timedelta) -> None:
        """What the relay does, once everything that can be due is."""
        attempt = self.open_attempt
        if attempt is not None and attempt.kind == "BANK_TRANSFER" and clock >= attempt.since + TRANSFER:
            self.settle(attempt, "FAILED")
        elif attempt is not None and attempt.answered is not None:
            self.settle(attempt, "SUCCEEDED" if attempt.answered else "FAILED")
        elif attempt is not None and attempt.status == "PENDING" and attempt.kind != "BANK_TRANSFER":
            self.settle(attempt, "SUCCEEDED")
        if (
            self.status == "UNPAID"
            and self.is_over(clock)
            and not (self.open_attempt and self.open_attempt.status == "PENDING")
        ):
            self.release()
            self.status = "EXPIRED"
        if self.status == "DOCUMENTS_REQUESTED" and self.due is not None and clock >= self.due:
            self.status, self.back = "CANCELLED", self.paid
