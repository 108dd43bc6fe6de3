"""Idempotency keys, which localstripe ignores: the first answer under a key is the answer."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tests.peers.stripe.upstream import Json

Answer = tuple[int, Json]


@dataclass(slots=True)
class _Kept:
    fingerprint: str
    answer: Answer | None = None


class Keys:
    """As Stripe does it: another body under a known key is an error, one that is under way is a conflict."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def forget(self) -> None:
        """What Stripe may do after 24 hours."""
        self._kept.clear()

    def known(self, key: str | None) -> bool:
        """Whether what is asked under it has its answer already."""
        return key in self._kept and self._kept[key].answer is not None

    def keep(self, key: str | None, path: str, form: Mapping[str, str], answer: Answer) -> None:
        """Errors of the server are kept, too."""
        if key is not None:
            self._kept[key] = _Kept(_fingerprint(path, form), answer)

    async def once(
        self, key: str | None, path: str, form: Mapping[str, str], work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        if key is None:
            return await work()
        mine = _Kept(_fingerprint(path, form))
        known = self._kept.setdefault(key, mine)
        if known.fingerprint != mine.fingerprint:
            return 400, _error(
                "idempotency_error", "Keys can only be used with the parameters they were first used with."
            )
        if known is not mine:
            return known.answer or (409, _error("idempotency_error", "This key is in use.", "idempotency_key_in_use"))
        try:
            mine.answer = await work()
        finally:
            if mine.answer is None:
                del self._kept[key]
        return mine.answer


def _fingerprint(path: str, form: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps([path, sorted(form.items())]).encode()).hexdigest()


def _error(kind: str, message: str, code: str | None = None) -> Json:
    return {"error": {"type": kind, "message": message, **({"code": code} if code else {})}}
