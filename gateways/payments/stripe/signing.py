"""Who signed what claims to be Stripe's, and when."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from gateways.payments import BadSignature

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
