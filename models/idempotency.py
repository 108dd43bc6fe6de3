"""Idempotency records: what a request under a key came to, so that asking again changes nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import TIMESTAMP


class IdempotencyRecord(SQLModel, table=True):
    """`outcome` is None while the request is under way; `subject_id` is what it has made so far."""

    __tablename__ = "idempotency_records"

    account_id: UUID = Field(foreign_key="accounts.id", primary_key=True)
    operation: str = Field(max_length=32, primary_key=True)
    key: str = Field(max_length=255, primary_key=True)
    #: SHA-256 of the input, in hexadecimal.
    fingerprint: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=TIMESTAMP, index=True)
    subject_id: UUID | None = None
    outcome: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
