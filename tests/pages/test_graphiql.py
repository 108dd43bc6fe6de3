"""GraphiQL: served from this host alone, with the documents of a folder."""

import pytest

from pages.graphiql import policy
from tests.pages.site import Site


def test_serves_the_page_under_a_policy_of_its_own_host(site: Site) -> None:
    (site.dist / "assets").mkdir(parents=True)
    (site.dist / "index.html").write_text("<!doctype html><title>GraphiQL</title>")
    (site.dist / "assets" / "index-abc.js").write_text("1")
    with site.browser() as browser:
        home, page, asset = (browser.get(path) for path in ("/", "/graphiql", "/static/graphiql/assets/index-abc.js"))
        missing = browser.get("/static/graphiql/assets/..%2findex.html")
    assert (home.status_code, home.headers["location"]) == (303, "/graphiql")
    assert page.text.endswith("<title>GraphiQL</title>")
    host = site.url.removeprefix("http://")
    assert f"connect-src 'self' ws://{host} wss://{host};" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-cache"
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert missing.status_code == 404


def test_says_what_is_missing(site: Site, production: Site) -> None:
    with site.browser() as browser:
        answer = browser.get("/graphiql")
        assert answer.status_code == 404
        assert "make serve" in answer.text
    with production.browser() as browser:
        answer = browser.get("/graphiql")
        assert answer.status_code == 404
        assert "switched off" in answer.text
        assert browser.get("/graphiql/documents.json").status_code == 404
        home = browser.get("/")
        assert (home.status_code, "Orders API" in home.text) == (200, True)


@pytest.mark.parametrize("host", ["evil; script-src *", "a b", "", "x,y", "[::1", "a\n"])
def test_no_host_adds_to_the_policy(host: str) -> None:
    assert "connect-src 'self';" in policy(host)


@pytest.mark.parametrize("host", ["localhost:8000", "orders.example", "[::1]:8000"])
def test_sockets_of_the_host_are_allowed(host: str) -> None:
    assert f"connect-src 'self' ws://{host} wss://{host};" in policy(host)


def test_offers_the_documents_of_the_folder(site: Site) -> None:
    (site.queries / "orders.graphql").write_text(
        "# The latest orders,\n# newest first.\nquery Orders { orders { nodes { id } } }\n"
    )
    (site.queries / "order.graphql").write_text("query Order($number: String!) { order(number: $number) { id } }\n")
    (site.queries / "order.variables.json").write_text('{"number": "1234567890"}')
    (site.queries / "viewer.graphql").write_text("# Who I am.\n{ viewer { __typename } }\n")
    (site.queries / "tabs.txt").write_text("viewer\norders\ngone\n")
    with site.browser() as browser:
        documents = browser.get("/graphiql/documents.json").json()
    assert [(each["name"], each["tab"], each["comment"], each["variables"]) for each in documents] == [
        ("viewer", True, "Who I am.", None),
        ("orders", True, "The latest orders, newest first.", None),
        ("order", False, "", {"number": "1234567890"}),
    ]
    assert documents[0]["query"] == "# Who I am.\n{ viewer { __typename } }\n"
