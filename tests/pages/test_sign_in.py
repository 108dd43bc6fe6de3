"""Signing in and out with a browser."""

from datetime import timedelta

import pytest

from access.sessions import SESSION_LIFETIME
from pages.sign_in import local_path
from pages.viewer import COOKIE
from tests.access.house import PASSWORD
from tests.pages.site import BROWSER, EVIL, Site

FORM = {"email": "ada@example.com", "password": PASSWORD}


def test_signs_in_goes_on_and_signs_out(site: Site) -> None:
    with site.browser() as browser:
        page = browser.get("/sign-in", params={"next": "/graphiql"})
        assert page.status_code == 200
        assert 'value="/graphiql"' in page.text

        answer = browser.post("/sign-in", data={**FORM, "next": "/graphiql"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/graphiql")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie

        viewer = {"kind": "CUSTOMER", "email": "ada@example.com", "name": "Ada"}
        assert browser.get("/session").json() == {"viewer": viewer, "mailbox": False}
        kept = dict(browser.cookies)

        answer = browser.post("/sign-out", data={"next": "/graphiql"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/graphiql")
        assert dict(browser.cookies) == {}
        browser.cookies.update(kept)
        assert browser.get("/session").json() == {"viewer": None, "mailbox": False}


def test_whoever_goes_on_looking_stays_signed_in(site: Site) -> None:
    with site.browser("ada@example.com") as browser:
        first = browser.cookies[COOKIE]
        site.house.move_clock(timedelta(minutes=29))
        assert "set-cookie" not in browser.get("/session").headers

        site.house.move_clock(timedelta(minutes=2))
        cookie = browser.get("/session").headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert browser.cookies[COOKIE] != first

        site.house.move_clock(timedelta(minutes=58))
        assert browser.get("/session").json()["viewer"]["email"] == "ada@example.com"
        site.house.move_clock(SESSION_LIFETIME)
        answer = browser.get("/session")
    assert answer.json()["viewer"] is None
    assert "set-cookie" not in answer.headers


def test_only_a_cookie_from_our_pages_is_renewed(site: Site) -> None:
    token = site.token("ada@example.com")
    site.house.move_clock(timedelta(minutes=31))
    with site.client(authorization=f"Bearer {token}") as client, site.client(origin=EVIL) as foreign:
        foreign.cookies.set(COOKIE, token, domain="127.0.0.1")
        program, foreigner = client.get("/session"), foreign.get("/session")
    assert program.json()["viewer"]["email"] == "ada@example.com"
    assert "set-cookie" not in program.headers
    assert foreigner.json()["viewer"] is None
    assert "set-cookie" not in foreigner.headers


def test_staff_of_the_demo_have_a_mailbox(site: Site) -> None:
    with site.browser("sue@example.com") as browser:
        assert browser.get("/session").json()["mailbox"] is True


def test_case_31_tells_everyone_the_same_who_is_not_let_in(site: Site) -> None:
    with site.browser() as browser:
        wrong = browser.post("/sign-in", data={**FORM, "password": "wrong"})
        unknown = browser.post("/sign-in", data={**FORM, "email": "eve@example.com"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text == unknown.text.replace("eve@", "ada@")
    assert "The e-mail address or the password is wrong." in wrong.text
    assert "set-cookie" not in wrong.headers


def test_case_30_guessing_is_slowed_down(site: Site) -> None:
    with site.browser() as browser:
        for _ in range(10):
            assert browser.post("/sign-in", data={**FORM, "password": "guess"}).status_code == 401
        answer = browser.post("/sign-in", data=FORM)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": EVIL, "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_case_26_foreign_pages_can_sign_nobody_in_or_out(site: Site, path: str, headers: dict[str, str]) -> None:
    with site.stolen("ada@example.com", **headers) as foreign:
        before = foreign.cookies[COOKIE]
        answer = foreign.post(path, data=FORM)
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
        assert "set-cookie" not in answer.headers
    with site.client(authorization=f"Bearer {before}") as client:
        assert client.get("/session").json()["viewer"]["email"] == "ada@example.com"


@pytest.mark.parametrize("headers", [{}, {"origin": EVIL}, {"sec_fetch_site": "cross-site"}], ids=str)
def test_case_26_the_cookie_alone_tells_foreign_pages_nothing(site: Site, headers: dict[str, str]) -> None:
    with site.stolen("ada@example.com", **headers) as foreign:
        assert foreign.get("/session").json() == {"viewer": None, "mailbox": False}


def test_a_token_in_the_header_counts_instead_of_the_cookie(site: Site) -> None:
    with site.browser("ada@example.com") as browser:
        answer = browser.get("/session", headers={"authorization": "Bearer forged"})
        assert answer.json()["viewer"] is None


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/graphiql?a=b#c", "/graphiql?a=b#c"),
        ("", "/"),
        ("orders", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("///evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("/\n/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/ok\r\nSet-Cookie: a=b", "/"),
        ("//[", "/"),
    ],
)
def test_goes_on_to_our_own_pages_only(path: str, leads_to: str) -> None:
    assert local_path(path) == leads_to


def test_case_33_shows_what_was_typed_as_text(site: Site) -> None:
    typed = '"><script>alert(1)</script>{{7*7}}@example.com'
    with site.browser() as browser:
        answer = browser.post("/sign-in", data={"email": typed, "password": "x", "next": '/"><script>'})
    assert "<script>" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}@example.com" in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"--x--", "multipart/form-data", 400),
        (b"\xff\xfe", "multipart/form-data; boundary=x", 400),
        (b"{}", "application/json", 401),
        (b"email=%00&password=%ff", "application/x-www-form-urlencoded", 401),
        (b"a=b&" * 100, "application/x-www-form-urlencoded", 400),
        (b"email=" + b"x" * 5000, "application/x-www-form-urlencoded", 400),
        (b"x" * 70_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_nonsense_is_refused(site: Site, body: bytes, media_type: str, status: int) -> None:
    with site.browser() as browser:
        answer = browser.post("/sign-in", content=body, headers={"content-type": media_type})
    assert answer.status_code == status


def test_shows_the_accounts_of_the_demo_in_the_readers_language(site: Site) -> None:
    with site.client(**BROWSER, accept_language="de") as browser:
        page = browser.get("/sign-in")
    assert "customer@example.com" in page.text
    assert '<html lang="de">' in page.text
    assert page.headers["cache-control"] == "private, no-store"


def test_shows_no_accounts_in_production(production: Site) -> None:
    with production.browser() as browser:
        assert "customer@example.com" not in browser.get("/sign-in").text
