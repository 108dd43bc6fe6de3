"""Leases: which process does work that only one may do at a time."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.base import TIMESTAMP


class Lease(SQLModel, table=True):
    """Held until it runs out or is renewed by its holder."""

    __tablename__ = "leases"

    name: str = Field(max_length=32, primary_key=True)
    holder: str = Field(max_length=64)
    until: datetime = Field(sa_type=TIMESTAMP)
