"""What the programs import is what requirements/runtime.txt installs: a machine of one's own may have more."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from tests.peers.processes import REPOSITORY

#: What libraries take where they find it: structured logs are prettier with the first ones, and Stripe's library looks
#: for an HTTP client although it is given ours.
FOUND = {"rich", "pygments", "attrs", "setuptools"} | {
    "aiohttp", "aiohappyeyeballs", "aiosignal", "frozenlist", "multidict", "propcache", "yarl",
}  # fmt: skip

IMPORT_ALL = """
import sys
import relay, server, streaming.hints.postgres, streaming.hints.redis
import gateways.payments.stripe.provider
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_everything_imported_is_required() -> None:
    command = [sys.executable, "-c", IMPORT_ALL]
    modules = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()
    locked = (REPOSITORY / "requirements" / "runtime.txt").read_text()
    required = {_normal(name) for name in re.findall(r"^([\w.-]+)==", locked, re.MULTILINE)}
    distributions = packages_distributions()

    imported = {_normal(name) for module in modules for name in distributions.get(module, [])}

    assert {"strawberry-graphql", "fontpkg-source-sans-3"} <= imported
    assert imported - required <= FOUND


def test_what_is_not_configured_is_not_loaded() -> None:
    """A start has two seconds, and Stripe's library alone would take a quarter of one."""
    asked = 'import sys, relay, server; print("stripe" in sys.modules)'
    command = [sys.executable, "-c", asked]
    assert subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout == "False\n"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
