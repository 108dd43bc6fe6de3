"""Where uploads lie: each file in one folder under its id, readable by this program alone, and a row that knows it."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.concurrency import run_in_threadpool
from uuid_utils.compat import uuid7

from access.principal import Principal
from gateways.statements import CAMT, CSV
from models.account import Account
from models.database import Database
from models.document import Upload

UNUSED_FOR: Final = timedelta(hours=24)
#: Files of one account that wait to be used; more would only fill the disk.
MOST_WAITING: Final = 50


class TooManyWaiting(Exception):
    """The account has sent files enough that it has not used."""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """`content` stands somewhere that will go away; `media_type` has been established by looking at it."""

    name: str
    media_type: str
    size: int
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class UploadStore:
    """`directory` is outside of anything that is served as it is."""

    database: Database
    directory: Path

    def path(self, upload_id: UUID) -> Path:
        return self.directory / str(upload_id)

    async def store(self, files: Sequence[ReceivedFile], *, account_id: UUID) -> list[UUID]:
        """Keeps all of them or none. Raises TooManyWaiting."""
        stored = {uuid7(): file for file in files}
        async with self.database.reading() as session:  # whoever may not send more does not fill the disk meanwhile
            await _check_waiting(session, len(files), account_id)
        try:
            for upload_id, file in stored.items():
                await run_in_threadpool(_write, self.path(upload_id), file.content)
            await self._record(stored, account_id)
        except BaseException:
            await run_in_threadpool(_remove, [self.path(upload_id) for upload_id in stored])
            raise
        return list(stored)

    async def _record(self, files: dict[UUID, ReceivedFile], account_id: UUID) -> None:
        # Of requests that come at once, each has to count what the others bring.
        lock = sa.select(col(Account.id)).where(col(Account.id) == account_id).with_for_update(key_share=True)
        async with self.database.writing() as tx:
            await tx.session.execute(lock)
            await _check_waiting(tx.session, len(files), account_id)
            tx.session.add_all(
                Upload(
                    id=upload_id,
                    account_id=account_id,
                    file_name=file.name,
                    media_type=file.media_type,
                    size=file.size,
                    created_at=tx.now,
                )
                for upload_id, file in files.items()
            )

    async def find(self, upload_id: UUID, *, principal: Principal) -> Upload | None:
        """What staff or its owner ask for; None for everyone else, and where there is none."""
        theirs = sa.true() if principal.is_staff else col(Upload.account_id) == principal.account_id
        query = sa.select(Upload).where(col(Upload.id) == upload_id, theirs)
        async with self.database.reading() as session:
            return (await session.execute(query)).scalar_one_or_none()

    async def statement(self, upload_id: UUID, principal: Principal) -> tuple[Path, str] | None:
        """A bank statement that staff have sent, and its media type; None where there is none, or no more."""
        upload = await self.find(upload_id, principal=principal)
        path = self.path(upload_id)
        if upload is None or upload.media_type not in (CAMT, CSV) or not await run_in_threadpool(path.is_file):
            return None
        return path, upload.media_type

    async def delete_unused(self) -> int:
        """Deletes what was sent a day ago and never used, and files that no row knows; returns how many rows that were.

        Rows go first: a crash in between leaves files, which the next run finds."""
        async with self.database.writing() as tx:
            cutoff = tx.now - UNUSED_FOR
            unused = sa.delete(Upload).where(col(Upload.request_id).is_(None), col(Upload.created_at) < cutoff)
            gone = list((await tx.session.execute(unused.returning(col(Upload.id)))).scalars())
        await run_in_threadpool(_remove, [self.path(upload_id) for upload_id in gone])
        await self._remove_strays(cutoff)
        return len(gone)

    async def _remove_strays(self, cutoff: datetime) -> None:
        old = await run_in_threadpool(partial(_older, self.directory, cutoff))
        for start in range(0, len(old), 500):
            some = old[start : start + 500]
            async with self.database.reading() as session:
                query = sa.select(col(Upload.id)).where(col(Upload.id).in_(some))
                known = set((await session.execute(query)).scalars())
            await run_in_threadpool(_remove, [self.path(each) for each in some if each not in known])


async def _check_waiting(session: AsyncSession, more: int, account_id: UUID) -> None:
    waiting = sa.select(sa.func.count()).where(col(Upload.account_id) == account_id, col(Upload.request_id).is_(None))
    if (await session.execute(waiting)).scalar_one() + more > MOST_WAITING:
        raise TooManyWaiting


def _write(path: Path, content: BinaryIO) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content.seek(0)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file)


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _older(directory: Path, cutoff: datetime) -> list[UUID]:
    """The ids of files that were written before; what is not named like an upload is none."""
    if not directory.exists():
        return []
    found = []
    for entry in os.scandir(directory):
        with suppress(ValueError, FileNotFoundError):
            if entry.stat().st_mtime < cutoff.timestamp():
                found.append(UUID(entry.name))
    return found
