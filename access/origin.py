"""Whether a browser's request comes from our own pages, without which a cookie counts for nothing."""

from collections.abc import Iterable
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def normalised_origin(url: str) -> str | None:
    """The origin of `url` as browsers write it, or None where it has none (`null`, a bare host name, nonsense)."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def origin_of_page(url: str) -> str | None:
    """The origin that a browser would go to for this address; None where readers of addresses might disagree.

    A backslash, white space, user names and anything beyond printable ASCII are what makes them disagree.
    """
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in "\\ "):
        return None
    origin = normalised_origin(url)
    return None if origin is None or "@" in urlsplit(url).netloc else origin


def trusted_origins(public_url: str, allowed_origins: Iterable[str] = ()) -> frozenset[str]:
    """The origins whose pages may act with a visitor's cookie: our own and those that were configured.

    A server on loopback is opened as 127.0.0.1 or as localhost alike, so each name stands for the others.
    Raises ValueError for a value that is no origin.
    """
    trusted: set[str] = set()
    for url in (public_url, *allowed_origins):
        origin = normalised_origin(url)
        if origin is None:
            raise ValueError(f"{url!r} is not an origin such as https://example.com")
        trusted.add(origin)
    return frozenset(trusted | _loopback_twins(normalised_origin(public_url) or ""))


def is_ours(*, origin: str | None, sec_fetch_site: str | None, trusted: frozenset[str]) -> bool:
    """Whether the headers `Origin` and `Sec-Fetch-Site` (None where missing) show a request made by our pages.

    `Origin` decides where there is one. Browsers leave it out of plain navigation; `Sec-Fetch-Site`, which no page
    can forge, then tells our own link (same-origin) or a typed address (none) from a foreign page. With neither
    header nothing is proven.
    """
    if origin is not None:
        return normalised_origin(origin) in trusted
    return sec_fetch_site in ("same-origin", "none")


def _loopback_twins(origin: str) -> set[str]:
    parts = urlsplit(origin)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return set()
    port = "" if parts.port is None else f":{parts.port}"
    return {f"{parts.scheme}://{name}{port}" for name in _LOOPBACK_NAMES}
