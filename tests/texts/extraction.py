"""Finds every text that is to be translated: those marked in Python, and those in templates."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from jinja2.ext import babel_extract

ROOT: Final = Path(__file__).parents[2]

#: Functions whose first argument is such a text. A text made at run time cannot be found in a catalogue.
SAYING: Final = ("mark", "translate")
#: In modules that import it, a Wording goes by this name.
WORDING: Final = "say"
_ELSEWHERE: Final = ("tests", "web", "node_modules")


def texts_to_translate() -> set[str]:
    return {text for path in _files() for text in (_marked(path) if path.suffix == ".py" else _in_template(path))}


def _files() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT)
        if any(part.startswith(".") or part in _ELSEWHERE for part in inside.parts):
            continue
        if path.suffix == ".py" or ("templates" in inside.parts and path.suffix in (".html", ".txt")):
            yield path


def _marked(path: Path) -> Iterator[str]:
    source = path.read_text()
    saying = (*SAYING, WORDING) if "from gateways.wording import Wording" in source else SAYING
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in saying and node.args:
            if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                yield node.args[0].value
            elif node.func.id == "mark":
                raise AssertionError(f"{path}:{node.lineno}: mark() takes a text as it stands")


def _in_template(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for _, _, message, _ in babel_extract(file, ("_", "gettext", "ngettext", WORDING), (), {"silent": "false"}):
            yield from (message,) if isinstance(message, str) else filter(None, message or ())
