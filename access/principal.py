"""Principals: who is asking, as established once for a request or a socket."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.account import AccountKind


@dataclass(frozen=True, slots=True)
class Principal:
    """`session_id` is None for a token of an external issuer. What is asked after `expires_at` is not by them."""

    account_id: UUID
    kind: AccountKind
    session_id: UUID | None
    expires_at: datetime

    @property
    def is_staff(self) -> bool:
        return self.kind is AccountKind.STAFF
