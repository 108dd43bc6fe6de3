"""The failpoints that there are, out of the source: one that is new is found without being told of."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.peers.processes import REPOSITORY

#: Where the steps of paying, refunding, expiring and telling of it are.
ROOMS = ("ordering", "duties", "pages", "resolvers", "gateways", "models")


def failpoints() -> list[str]:
    """Their names, each at one place. Raises ValueError for one without a literal name, or with that of another."""
    names = [name for room in ROOMS for file in sorted((REPOSITORY / room).rglob("*.py")) for name in _in(file)]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"failpoints that share a name: {sorted(twice)}")
    return names


def _in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "reached":
            match node.args:
                case [ast.Constant(value=str(name))]:
                    yield name
                case _:
                    raise ValueError(f"{file}:{node.lineno}: a failpoint's name is to be a literal")
