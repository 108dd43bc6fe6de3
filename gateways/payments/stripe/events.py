"""What Stripe tells by itself: who signed it, and what it is about."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from gateways.payments import BadSignature, ProviderEvent
from gateways.payments.stripe.telling import moment

#: How far a message's time may lie from ours, in either direction: what was overheard is of no use for long.
TOLERANCE: Final = timedelta(minutes=5)


def check_signature(body: bytes, signature: str, *, secrets: Sequence[str], now: datetime) -> None:
    """Any of the secrets will do, so that one can take over from another. Raises BadSignature.

    The scheme: `t=<seconds>,v1=<hex>`, where v1 is HMAC-SHA256 over `<seconds>.<body>` and may be there repeatedly."""
    parts = [part.partition("=") for part in signature.split(",")]
    times = [value for name, _, value in parts if name.strip() == "t"]
    given = [value.strip().encode() for name, _, value in parts if name.strip() == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdecimal() or len(times[0]) > 12:
        raise BadSignature("no time")
    signed = times[0].encode() + b"." + body
    right = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets]
    if not any(hmac.compare_digest(one, other) for one in right for other in given):
        raise BadSignature("not ours")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE.total_seconds():
        raise BadSignature("too old or too new")


def read_event(body: bytes) -> ProviderEvent:
    """Raises ValueError for what is no event of Stripe's."""
    try:
        event = json.loads(body)
        about = event["data"]["object"]
        return ProviderEvent(
            id=str(event["id"]),
            type=str(event["type"]),
            created_at=moment(int(event["created"])),
            **_references(about),
        )
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("this is no event") from error


def _references(about: dict[str, Any]) -> dict[str, Any]:
    attempt = (about.get("metadata") or {}).get("attempt")
    match about.get("object"):
        case "payment_intent":
            return {"charge": about["id"], "attempt": attempt}
        case "refund":
            return {"refund": about["id"], "charge": about.get("payment_intent"), "attempt": attempt}
        case "setup_intent":
            return {"setup": about["id"], "attempt": attempt}
        case "charge":
            return {"charge": about.get("payment_intent")}
        case "dispute":
            return {"charge": about.get("payment_intent"), "disputed": True}
    return {}
