"""What Stripe tells by itself: what each message is about, and what it means to us."""

import hashlib
import json
from datetime import datetime
from typing import Any, Final

from gateways.payments import ProviderEvent
from gateways.payments.stripe.telling import moment
from models.payment import Mismatch

#: What we act on: how the intent, refund or set-up stands is then asked for, and staff are told of disputes.
HEEDED: Final = frozenset(
    {
        *(f"payment_intent.{word}" for word in ("created", "processing", "requires_action")),
        *(f"payment_intent.{word}" for word in ("succeeded", "payment_failed", "canceled")),
        *(f"charge.{word}" for word in ("pending", "succeeded", "failed", "updated", "refunded")),
        *(f"refund.{word}" for word in ("created", "updated", "failed")),
        "charge.refund.updated",
        *(f"charge.dispute.{word}" for word in ("created", "updated", "closed")),
        *(f"charge.dispute.{word}" for word in ("funds_withdrawn", "funds_reinstated")),
        *(f"setup_intent.{word}" for word in ("created", "requires_action", "succeeded", "setup_failed", "canceled")),
    }
)
#: What moves no money and leaves nothing to do: our own calls cause most of it. Not among it is what only somebody else
#: can have done at Stripe (customer.deleted, payment_method.detached, charge.captured), what warns of money that may be
#: lost (radar, review), and our own money on its way to the bank (payout), which may fail to arrive.
HARMLESS: Final = frozenset(
    {
        *("customer.created", "customer.updated"),
        *("payment_method.attached", "payment_method.updated", "payment_method.automatically_updated"),
        "mandate.updated",  # a debit that fails for it tells so itself
        "balance.available",  # the same money as before
    }
)
_OBJECTS: Final = frozenset({"payment_intent", "refund", "setup_intent", "charge", "dispute"})


def read_event(body: bytes, *, live: bool, now: datetime) -> ProviderEvent:
    """`live`: what our own key is for. `now` is when it happened, where it does not say so itself."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        event = None
    event = event if isinstance(event, dict) else {}
    try:
        kind, about = _name(event["type"])[:100], event["data"]["object"]
        return ProviderEvent(
            id=_name(event["id"]),
            type=kind,
            created_at=moment(int(event["created"])),
            **_references(about),
            **_meaning(event, kind, about, live=live),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        return _unreadable(event, body, now)


def _references(about: dict[str, Any]) -> dict[str, Any]:
    """By which names of Stripe's and ours the thing is known; money that belongs to no intent, by its charge."""
    charge = _named(about, "payment_intent") or _named(about, "charge")
    attempt = _fitting((about.get("metadata") or {}).get("attempt"))
    match about.get("object"):
        case "payment_intent":
            return {"charge": _name(about["id"]), "attempt": attempt}
        case "refund":
            return {"refund": _name(about["id"]), "charge": charge, "attempt": attempt}
        case "setup_intent":
            return {"setup": _name(about["id"]), "attempt": attempt}
        case "charge":
            # It has its intent's metadata, by which it is ours before we know the intent's name.
            return {"charge": charge or _name(about["id"]), "attempt": attempt}
        case "dispute":
            return {"charge": charge, "disputed": True}
    return {"charge": charge}


def _meaning(event: dict[str, Any], kind: str, about: dict[str, Any], *, live: bool) -> dict[str, Any]:
    if event.get("livemode", live) is not live:
        return {"unfit": Mismatch.OTHER_MODE}
    if kind in HARMLESS:
        return {"harmless": True}
    return {} if kind in HEEDED and about.get("object") in _OBJECTS else {"unfit": Mismatch.UNKNOWN_TYPE}


def _unreadable(event: dict[str, Any], body: bytes, now: datetime) -> ProviderEvent:
    return ProviderEvent(
        id=_fitting(event.get("id")) or f"sha256:{hashlib.sha256(body).hexdigest()}",
        type=(_fitting(event.get("type")) or "unreadable")[:100],
        created_at=now,
        unfit=Mismatch.UNREADABLE,
    )


def _named(about: dict[str, Any], field: str) -> str | None:
    value = about.get(field)
    return None if value is None else _name(value)


def _name(value: Any) -> str:
    """Raises ValueError for what is no name that Stripe gives."""
    name = _fitting(value)
    if name is None:
        raise ValueError("this is no name")
    return name


def _fitting(value: Any) -> str | None:
    """None for what can be no name, neither Stripe's nor ours: others may leave any text in `metadata`."""
    fits = isinstance(value, str) and 0 < len(value) <= 255 and value.isascii() and value.isprintable()
    return value if fits else None
