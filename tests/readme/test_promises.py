"""What the README says of files, targets, settings and tokens is so, and no block of it goes unrun."""

import re
from collections import Counter

from tests.peers.processes import REPOSITORY
from tests.readme.blocks import BLOCKS, README, under
from tests.readme.tables import settings_rows, token_rows

MAKEFILE = (REPOSITORY / "Makefile").read_text()


def test_every_block_is_run_by_one_of_these_tests() -> None:
    assert Counter((block.heading, block.language) for block in BLOCKS) == {
        ("Start", "sh"): 1,  # below
        ("A tour of one order", "sh"): 8,  # test_tour.py
        ("A tour of one order", "json"): 4,
        ("A tour of one order", "python"): 1,
        ("A tour of one order", "text"): 3,
        ("Connect a client", "graphql"): 1,  # test_documents.py
        ("JavaScript: urql and graphql-ws", "js"): 1,  # test_clients.py
        ("Python: gql", "python"): 1,
        ("Errors", "graphql"): 1,  # test_documents.py
        ("Errors", "json"): 1,
        ("Taking real payments", "sh"): 5,  # test_real_payments.py
        ("Taking real payments", "text"): 2,
        ("Taking real payments", "json"): 1,
        ("PostgreSQL and Valkey", "sh"): 1,  # test_growing.py
        ("Production", "sh"): 1,
    }


def test_targets_of_make_are_there() -> None:
    commands = under("Start", "sh")[0].text.splitlines()
    assert commands == ["make serve", "make test"]
    for target in set(re.findall(r"\bmake ([a-z-]+)", "\n".join([*commands, *re.findall("`(.+?)`", README)]))):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_table_of_settings_is_that_of_the_code() -> None:
    assert _table("Settings") == settings_rows()


def test_table_of_tokens_is_that_of_the_code() -> None:
    assert _table("What the sandbox does") == token_rows()


def test_table_of_errors_names_every_code() -> None:
    described = [row.split("|")[1].strip(" `") for row in _table("Errors")]
    schema_errors = (REPOSITORY / "schema" / "errors.py").read_text()
    assert described == re.findall(r'^    ([A-Z_]+) = "\1"$', schema_errors, re.MULTILINE)


def test_links_lead_somewhere() -> None:
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
    links = [(page.parent, link) for page in pages for link in re.findall(r"\]\(([^)#]+)\)", page.read_text())]
    assert len(links) > 5
    assert [link for folder, link in links if not (folder / link).exists()] == []


def test_files_on_the_way_of_a_payment_are_there() -> None:
    tour = (REPOSITORY / "docs" / "architecture.md").read_text().split("## To add")[0]
    paths = re.findall(r"`([a-z_]+/[a-z_/]+(?:\.[a-z]+|/))`", tour)
    assert len(paths) > 15
    assert [path for path in paths if not (REPOSITORY / path).exists()] == []


def _table(heading: str) -> list[str]:
    """The rows below the head of the table under a heading."""
    section = re.split(r"^#+ ", README.split(f"# {heading}\n")[1], flags=re.MULTILINE)[0]
    return [line for line in section.splitlines() if line.startswith("| `")]
