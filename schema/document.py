"""Documents as clients see them: where they are, and what staff ask for."""

from datetime import datetime
from typing import Any, Self

import strawberry

from schema.context import Context
from schema.enums import DocumentKind


@strawberry.type(description="A document over plain HTTP, at an address that serves its owner and staff only.")
class Document:
    url: str = strawberry.field(description="Absolute. Send the same token or cookie as here.")
    media_type: str = strawberry.field(description="What is served there, e.g. application/pdf.")

    @classmethod
    def of(cls, context: Context, path: str, media_type: str) -> Self:
        return cls(url=context.services.public_url + path, media_type=media_type)


@strawberry.type(description="What staff asked for, while documents are awaited.")
class DocumentRequest:
    documents: list[DocumentKind] = strawberry.field(description="Which kinds are needed.")
    message: str | None = strawberry.field(description="What staff wrote to the customer.")
    requested_at: datetime = strawberry.field(description="When they were asked for.")
    due_at: datetime = strawberry.field(description="When the order is cancelled without them.")

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(
            documents=[DocumentKind(kind) for kind in row.documents],
            message=row.message,
            requested_at=row.requested_at,
            due_at=row.due_at,
        )
