"""Uploads: what is taken, where it is kept, who can open it, and when it goes."""

import io
import os
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from models.document import DocumentKind, DocumentRequest, Upload
from pages.file_types import media_type
from pages.uploads import LARGEST_FILE, LARGEST_REQUEST
from tests.pages.files import BAD, GOOD, JPEG, PDF, PNG
from tests.pages.orders import an_order
from tests.pages.site import EVIL, Site


def send(client: httpx2.Client, *contents: bytes, name: str = "scan.pdf") -> httpx2.Response:
    return client.post("/uploads", files=[("file", (name, content, "image/gif")) for content in contents])


@pytest.mark.parametrize(("kind", "content"), GOOD.items(), ids=str)
def test_knows_files_by_their_content(kind: str, content: bytes) -> None:
    assert media_type(io.BytesIO(content)) == kind


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_knows_what_is_none_of_them(content: bytes) -> None:
    assert media_type(io.BytesIO(content)) is None


def test_a_photograph_may_have_a_maker_s_data_behind_it() -> None:
    assert media_type(io.BytesIO(JPEG + b"SEFT")) == "image/jpeg"


def test_takes_a_file_and_hands_it_to_its_owner_and_to_staff(site: Site) -> None:
    with site.browser("ada@example.com") as ada:
        answer = send(ada, PDF, name="C:\\secret folder\\pass\u202eport é.pdf")
        assert answer.status_code == 201
        upload = answer.json()["id"]
        assert answer.json()["ids"] == [upload]
        got = ada.get(f"/uploads/{upload}")
    with site.browser("sue@example.com") as staff:
        assert staff.get(f"/uploads/{upload}").content == PDF

    assert got.content == PDF
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"] == "attachment; filename*=utf-8''passport%20%C3%A9.pdf"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"] == "sandbox"
    path = site.store.path(UUID(upload))
    assert path.read_bytes() == PDF
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"


def test_a_program_sends_several_with_its_token(site: Site) -> None:
    with site.client(authorization=f"Bearer {site.token('ada@example.com')}") as client:
        answer = send(client, PDF, PNG, JPEG)
        assert answer.status_code == 201
        ids = answer.json()["ids"]
        assert answer.json()["id"] == ids[0]
        assert [client.get(f"/uploads/{each}").content for each in ids] == [PDF, PNG, JPEG]


def test_case_19_for_others_it_is_as_if_it_did_not_exist(site: Site) -> None:
    with site.browser("ada@example.com") as ada:
        upload = send(ada, PDF).json()["id"]
    with site.client(authorization=f"Bearer {site.token('bob@example.com')}") as bob:
        theirs, unknown, nonsense = (
            bob.get(f"/uploads/{each}") for each in (upload, uuid4(), "..%2f..%2fetc%2fpasswd")
        )
    for answer in (theirs, unknown):
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert theirs.content == unknown.content
    assert nonsense.status_code == 404
    with site.client() as nobody:
        assert nobody.get(f"/uploads/{upload}").status_code == 401


def test_takes_no_documents_from_staff_and_nothing_from_strangers(site: Site) -> None:
    with site.browser("sue@example.com") as staff:
        answer = send(staff, PDF)
        assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_FILE")
    with site.client() as nobody:
        answer = send(nobody, PDF)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert not site.store.directory.exists()


@pytest.mark.parametrize(
    "headers", [{"origin": EVIL}, {"origin": "null"}, {"sec_fetch_site": "same-site"}, {}], ids=str
)
def test_case_26_a_foreign_page_uploads_nothing_with_the_cookie(site: Site, headers: dict[str, str]) -> None:
    with site.stolen("ada@example.com", **headers) as foreign:
        answer = send(foreign, PDF)
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert not site.store.directory.exists()


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ([("file", ("a.pdf", b"hello", "application/pdf"))], 415, "UNSUPPORTED_FILE"),
        (
            [("file", ("a.pdf", PDF, "application/pdf")), ("file", ("b.pdf", b"x", "application/pdf"))],
            415,
            "UNSUPPORTED_FILE",
        ),
        ([("file", ("a.pdf", b"", "application/pdf"))], 415, "UNSUPPORTED_FILE"),
        ([("other", ("a.pdf", PDF, "application/pdf"))], 400, "INVALID_INPUT"),
        ([("file", (None, "text"))], 400, "INVALID_INPUT"),
        ([("file", ("a.pdf", PDF, "application/pdf"))] * 11, 413, "TOO_LARGE"),
        ([("file", ("a.pdf", PDF, "application/pdf"))] * 30, 400, "INVALID_INPUT"),
        ([("file", ("a.pdf", PDF + b"\n" * LARGEST_FILE, "application/pdf"))], 413, "TOO_LARGE"),
    ],
)
def test_refuses_what_it_cannot_take_and_keeps_nothing(site: Site, files: Any, status: int, code: str) -> None:
    with site.browser("ada@example.com") as ada:
        answer = ada.post("/uploads", files=files)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert not site.store.directory.exists()


def test_takes_a_file_of_just_10_mb(site: Site) -> None:
    content = PDF[:9] + b"%" * (LARGEST_FILE - len(PDF)) + PDF[9:]
    with site.browser("ada@example.com") as ada:
        assert send(ada, content).status_code == 201


def test_a_request_that_is_too_big_is_refused_unread(site: Site) -> None:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.putrequest("POST", "/uploads")
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Content-Length", str(LARGEST_REQUEST + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("media", ["application/json", "multipart/form-data", "text/plain", ""])
def test_what_is_no_form_is_refused(site: Site, media: str) -> None:
    with site.browser("ada@example.com") as ada:
        answer = ada.post("/uploads", content=PDF, headers={"content-type": media})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_INPUT")


def test_a_disk_is_not_filled_by_what_nobody_uses(site: Site) -> None:
    with site.browser("ada@example.com") as ada:
        for _ in range(5):
            assert send(ada, *[PDF] * 10).status_code == 201
        answer = send(ada, PDF)
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_UPLOADS")
    assert len(list(site.store.directory.iterdir())) == 50


def test_what_is_not_used_goes_after_a_day_and_strays_go_with_it(site: Site) -> None:
    with site.browser("ada@example.com") as ada:
        used, unused = (send(ada, PDF).json()["id"] for _ in range(2))
    order = an_order(site, "ada@example.com")
    request = DocumentRequest(
        id=uuid4(), order_id=order.id, documents=["IDENTITY"], requested_at=datetime.now(UTC), due_at=datetime.now(UTC)
    )
    site.house.store(request)
    site.house.run(use(site, UUID(used), request.id))
    stray, fresh, foreign = (site.store.directory / name for name in (str(uuid4()), str(uuid4()), "README"))
    for path in (stray, fresh, foreign):
        path.write_bytes(b"x")

    assert site.house.run(site.store.delete_unused()) == 0
    assert site.store.path(UUID(unused)).exists()

    site.house.move_clock(timedelta(hours=25))
    later = datetime.now(UTC).timestamp() + 25 * 3600
    os.utime(fresh, (later, later))
    assert site.house.run(site.store.delete_unused()) == 1

    left = {path.name for path in site.store.directory.iterdir()}
    assert left == {used, fresh.name, foreign.name}


async def use(site: Site, upload_id: UUID, request_id: UUID) -> None:
    async with site.house.database.writing() as tx:
        upload = await tx.session.get_one(Upload, upload_id)
        upload.request_id, upload.kind = request_id, DocumentKind.IDENTITY
