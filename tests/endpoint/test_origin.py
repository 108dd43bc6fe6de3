"""Case 26 once more, where a cookie is weighed: only our own pages may use it."""

import pytest

from access.origin import is_ours, normalised_origin, trusted_origins

TRUSTED = trusted_origins("https://orders.example", ["https://shop.example:8443/"])


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("https://orders.example", True),
        ("https://orders.example:443", True),
        ("HTTPS://Orders.Example", True),
        ("https://shop.example:8443", True),
        ("https://shop.example", False),
        ("http://orders.example", False),
        ("https://orders.example:444", False),
        ("https://orders.example.evil.io", False),
        ("https://evilorders.example", False),
        ("https://orders.example@evil.io", False),
        ("null", False),
        ("", False),
        ("https://[", False),
        ("https://orders.example:port", False),
        ("orders.example", False),
        ("file://", False),
    ],
)
def test_case_26_the_origin_decides_where_there_is_one(origin: str, ours: bool) -> None:
    assert is_ours(origin=origin, sec_fetch_site=None, trusted=TRUSTED) is ours
    assert is_ours(origin=origin, sec_fetch_site="same-origin", trusted=TRUSTED) is ours


@pytest.mark.parametrize(
    ("site", "ours"),
    [("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False), ("", False), (None, False)],
)
def test_case_26_without_an_origin_the_browser_tells_where_a_request_comes_from(site: str | None, ours: bool) -> None:
    assert is_ours(origin=None, sec_fetch_site=site, trusted=TRUSTED) is ours


def test_the_names_of_loopback_stand_for_each_other() -> None:
    assert trusted_origins("http://127.0.0.1:8000/") == {
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://[::1]:8000",
    }
    assert trusted_origins("http://[::1]") >= {"http://localhost"}


@pytest.mark.parametrize("url", ["orders.example", "null", "ftp://orders.example", ""])
def test_a_setting_that_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not an origin"):
        trusted_origins("https://orders.example", [url])


def test_origins_are_written_as_browsers_write_them() -> None:
    assert normalised_origin("http://Shop.example:80/path?x#y") == "http://shop.example"
    assert normalised_origin("https://[2001:DB8::1]:8443") == "https://[2001:db8::1]:8443"
