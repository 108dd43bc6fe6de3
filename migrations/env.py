"""What Alembic is told when it runs or writes migrations; `models.migrating` hands it an open connection."""

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel.sql.sqltypes import AutoString

import models
from models.base import UtcDateTime, metadata

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

# Whatever declares a table is imported, so that none is ever forgotten.
for module in pkgutil.iter_modules(models.__path__, prefix="models."):
    import_module(module.name)


def render_item(kind: str, item: Any, _context: "AutogenContext") -> str | Literal[False]:
    """Our own types by what the database makes of them: a migration must not change when they do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})"
    return False


connection: sa.Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=render_item,
    render_as_batch=True,  # SQLite alters a table by making it anew
)
context.run_migrations()
