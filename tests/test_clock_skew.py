"""Case 8: processes whose clocks differ come to the same: on PostgreSQL the database's clock decides, on SQLite there
is one process."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

import models.database
from models.order import Order
from schema.ids import uuid_of
from tests.api import Api

SKEW = timedelta(minutes=5)


@pytest.mark.parametrize("running", ["postgresql"], indirect=True)
@pytest.mark.parametrize("ahead", [SKEW, -SKEW])
def test_case_08_the_databases_clock_decides_whether_an_order_has_expired(
    api: Api, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    """A minute before its time and a minute after, by the database; the process thinks otherwise of one of them."""
    customer = api.customer()
    payable, expired = customer.place("server"), customer.place("server")
    api.running.do(_expires_in(api, payable, timedelta(minutes=1)))
    api.running.do(_expires_in(api, expired, -timedelta(minutes=1)))

    class Skewed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override] # it is none of its own
            return datetime.now(tz) + ahead

    with monkeypatch.context() as patched:
        patched.setattr(models.database, "datetime", Skewed)
        assert customer.pay(payable)["errors"] == []
        assert [error["code"] for error in customer.pay(expired)["errors"]] == ["ORDER_EXPIRED"]
        shown = customer.run("purchase_order", number=expired["number"])
        assert shown["purchaseOrder"]["expired"] is True
        api.running.relay_once()
    assert customer.run("purchase_order", number=expired["number"])["status"] == "EXPIRED"
    assert customer.run("purchase_order", number=payable["number"])["status"] == "CONFIRMATION"


async def _expires_in(api: Api, order: dict[str, Any], time: timedelta) -> None:
    async with api.running.database.writing() as tx:
        at = datetime.now(UTC) + time
        await tx.session.execute(
            sa.update(Order).where(col(Order.id) == uuid_of(order["id"], "Order")).values(expires_at=at)
        )
