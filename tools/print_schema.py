"""Writes schema/schema.graphql, the printed contract: `python -m tools.print_schema`; a test says when it is due."""

from typing import Final

from application import make_schema
from tools.running import ROOT

PRINTED: Final = ROOT / "schema" / "schema.graphql"


def print_schema() -> str:
    """The schema as its file has it."""
    return make_schema().as_str() + "\n"


if __name__ == "__main__":
    PRINTED.write_text(print_schema())
    print(f"wrote {PRINTED.relative_to(ROOT)}")
