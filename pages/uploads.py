"""Uploads: documents that customers send ahead, bank statements that staff send; both can be opened again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO, Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateways.statements import statement_type
from ordering.card_numbers import has_card_number
from pages.answers import foreign, not_found, refusal, signed_out
from pages.file_types import media_type
from pages.layout import PRIVATE, wording
from pages.upload_store import ReceivedFile, TooManyWaiting, UploadStore
from pages.viewer import Viewers
from texts import mark, one_line

MOST_FILES: Final = 10
#: Bytes: of a file, and of a request with all its files, which the server's limit on bodies is to be.
LARGEST_FILE: Final = 10 * 1024 * 1024
LARGEST_REQUEST: Final = 101 * 1024 * 1024
_LONGEST_NAME: Final = 255


def routes(*, store: UploadStore, viewers: Viewers) -> list[BaseRoute]:
    counter = _Counter(store, viewers)
    return [
        Route("/uploads", counter.take, methods=["POST"]),
        Route("/uploads/{id}", counter.hand_out, methods=["GET"]),
    ]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What somebody may send: how it is told, and what is said of anything else."""

    media_type: Callable[[BinaryIO], str | None]
    refused: str


_DOCUMENT: Final = _Kind(media_type, mark("Only PDF, PNG and JPEG files can be sent, and this is none."))
_STATEMENT: Final = _Kind(
    statement_type, mark("Only bank statements can be sent, as camt.053 or as CSV, and this is none.")
)


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True)
class _Counter:
    store: UploadStore
    viewers: Viewers

    async def take(self, request: Request) -> Response:
        """Whoever is refused is refused before the files are read."""
        say = wording(request)
        if self.viewers.is_forged(request):
            return foreign(request)
        principal = await self.viewers.acting(request)
        if principal is None:
            return signed_out(request)
        kind = _STATEMENT if principal.is_staff else _DOCUMENT
        try:
            ids = await self._receive(request, principal.account_id, kind)
        except _Refused as refused:
            return refusal(refused.status, refused.code, say(refused.message))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is left to read it
        return JSONResponse({"id": ids[0], "ids": ids}, 201, PRIVATE)

    async def _receive(self, request: Request, account_id: UUID, kind: _Kind) -> list[str]:
        """The files are spooled to disk as they come, so that memory does not grow with them."""
        try:
            async with request.form(max_files=2 * MOST_FILES, max_fields=20, max_part_size=4096) as form:
                files = [await _checked(file, kind) for file in _files(form.getlist("file"))]
                ids = await self.store.store(files, account_id=account_id)
        except HTTPException as malformed:
            raise _Refused(400, "INVALID_INPUT", malformed.detail) from malformed
        except TooManyWaiting as many:
            message = mark("Too many files wait to be used already. Use them, or try again tomorrow.")
            raise _Refused(429, "TOO_MANY_UPLOADS", message) from many
        return [str(upload_id) for upload_id in ids]

    async def hand_out(self, request: Request) -> Response:
        principal = await self.viewers.reading(request)
        if principal is None:
            return signed_out(request)
        try:
            upload_id = UUID(request.path_params["id"])
        except ValueError:
            return not_found(request)
        upload = await self.store.find(upload_id, principal=principal)
        path = self.store.path(upload_id)
        if upload is None or not await run_in_threadpool(path.is_file):
            return not_found(request)
        # As an attachment: whatever else a browser could take it for, it is not opened among our pages.
        headers = {**PRIVATE, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return FileResponse(path, headers=headers, media_type=upload.media_type, filename=upload.file_name)


def _files(parts: list[UploadFile | str]) -> list[UploadFile]:
    files = [part for part in parts if isinstance(part, UploadFile)]
    if not files or len(files) != len(parts):
        raise _Refused(400, "INVALID_INPUT", mark("Send one or more files in the field “file”."))
    if len(files) > MOST_FILES:
        raise _Refused(413, "TOO_LARGE", mark("At most ten files can be sent at once."))
    if any((file.size or 0) > LARGEST_FILE for file in files):
        raise _Refused(413, "TOO_LARGE", mark("A file may have 10 MB at most."))
    return files


async def _checked(file: UploadFile, kind: _Kind) -> ReceivedFile:
    found = await run_in_threadpool(kind.media_type, file.file)
    if found is None or not file.size:
        raise _Refused(415, "UNSUPPORTED_FILE", kind.refused)
    return ReceivedFile(_base_name(file.filename or ""), found, file.size, file.file)


def _base_name(name: str) -> str:
    """The last part of it, on whichever system it was chosen, fit to be shown."""
    base = one_line(PureWindowsPath(PurePosixPath(name).name).name)
    return "document" if has_card_number(base) else base[:_LONGEST_NAME] or "document"
