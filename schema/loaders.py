"""Loaders: gather what the fields of one answer ask for, so that each kind of thing costs one statement."""

from collections.abc import Awaitable, Callable, Collection, Hashable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from models.database import Database, Selecting
from reading import batches

_Value = TypeVar("_Value")
_Batch = Callable[[Selecting, Collection[UUID]], Awaitable[dict[UUID, _Value]]]


class Loaders:
    """New for every answer: what they have loaded is never older than it. Each batch has a session of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.orders = self._one(batches.orders_by_id)
        self.lines = self._many(batches.lines_of)
        self.reductions = self._many(batches.reductions_of)
        self.taxes = self._many(batches.taxes_of)
        self.payments = self._many(batches.payments_of)
        self.payment = self._one(batches.payments_by_id)
        self.transitions = self._many(batches.transitions_of)
        self.changes = self._many(batches.changes_of)
        self.requests = self._one(batches.open_requests_of)
        self.invoices = self._one(batches.invoices_of)
        self.accounts = self._one(batches.accounts_by_id)
        self.saved_methods = self._many(batches.methods_of)
        self.methods = self._one(batches.methods_by_id)
        self.balances = self._by_currency(batches.balances_of)
        self.paid_before = self._loader(batches.have_paid, default=False)
        self.products = self._one(batches.products_by_id)
        self.prices = self._by_currency(batches.prices_of)
        self._shared: dict[Hashable, DataLoader[UUID, Any]] = {}
        self._clock: DataLoader[None, datetime] = DataLoader(load_fn=self._read_clock)

    def shared(self, arguments: Hashable, load: Callable[[list[UUID]], Awaitable[list[Any]]]) -> DataLoader[UUID, Any]:
        """The one loader for what is asked with these arguments: `load` makes it where there is none yet."""
        return self._shared.setdefault(arguments, DataLoader(load_fn=load))

    async def now(self) -> datetime:
        """The moment of this answer."""
        return await self._clock.load(None)

    async def _read_clock(self, keys: list[None]) -> list[datetime]:
        async with self._database.selecting() as session:
            return [await self._database.now(session)] * len(keys)

    def _one(self, batch: _Batch[Any]) -> DataLoader[UUID, Any]:
        return self._loader(batch, default=None)

    def _many(self, batch: _Batch[list[Any]]) -> DataLoader[UUID, list[Any]]:
        return self._loader(batch, default=[])

    def _by_currency(self, batch: _Batch[dict[str, int]]) -> DataLoader[UUID, dict[str, int]]:
        return self._loader(batch, default={})

    def _loader(self, batch: _Batch[_Value], *, default: _Value) -> DataLoader[UUID, _Value]:
        async def load(keys: list[UUID]) -> list[_Value]:
            async with self._database.selecting() as session:
                found = await batch(session, keys)
            return [found.get(key, default) for key in keys]

        return DataLoader(load_fn=load)
