"""The moment of a transaction, as a value in its statements: they can be sent before it is known here."""

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from models.base import TIMESTAMP


class _Moment(sa.sql.functions.FunctionElement[datetime]):
    """On PostgreSQL its clock tells, on SQLite the process's."""

    name = "moment"
    type = TIMESTAMP()
    inherit_cache = True


MOMENT: Final = _Moment(
    sa.bindparam("moment", type_=TIMESTAMP), sa.bindparam("clock_offset", type_=sa.Interval(native=True))
)


def moment_values(moment: datetime | None, clock_offset: timedelta) -> dict[str, Any]:
    """What a statement with a MOMENT is given; None where the database's clock is to tell."""
    return {"moment": moment, "clock_offset": clock_offset}


@compiles(_Moment, "postgresql")
def _on_postgresql(element: _Moment, compiler: Any, **options: Any) -> str:
    _, offset = element.clauses
    return f"(now() + {compiler.process(offset, **options)})"


@compiles(_Moment, "sqlite")
def _on_sqlite(element: _Moment, compiler: Any, **options: Any) -> str:
    moment, _ = element.clauses
    return str(compiler.process(moment, **options))
