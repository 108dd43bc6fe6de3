"""The scope of a shared subscription: all of a subscriber that its answers may depend on."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self
from uuid import UUID

from access.principal import Principal
from models.account import AccountKind
from schema.context import Context

_NOBODY: Final = UUID(int=0)
_EVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scope:
    """All of staff, where there is no customer; that customer, in whichever session. `language` is that of texts."""

    customer_id: UUID | None
    language: str

    @classmethod
    def of(cls, context: Context) -> Self:
        """Raises Unauthenticated."""
        return cls(None if context.viewer.is_staff else context.viewer.account_id, context.language)

    def confine(self, context: Context) -> Context:
        """Made of the scope and the services alone."""
        kind = AccountKind.STAFF if self.customer_id is None else AccountKind.CUSTOMER
        principal = Principal(self.customer_id or _NOBODY, kind, session_id=None, expires_at=_EVER)
        return Context(services=context.services, principal=principal, language=self.language, address="")
