"""The README's way from a Stripe key to a paid order: its commands are run against the stand-in, on free ports."""

import re
import shutil
import socket
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from settings import read_settings
from tests.demonstration import fill_demo
from tests.peers.processes import REPOSITORY, Process, free_port
from tests.peers.stripe import StripePeer
from tests.readme.blocks import under
from tests.readme.folder import make_folder
from tests.readme.test_tour import TOUR, Shell

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]

HEADING, PORT = "Taking real payments", "8420"


def test_an_order_is_paid_as_it_shows(tmp_path: Path) -> None:
    stand_in, serve, pay = under(HEADING, "sh")
    (shown,) = under(HEADING, "text")
    url, port = f"http://127.0.0.1:{free_port()}", str(free_port())
    fill_demo(read_settings({"DATA_DIR": str(tmp_path)}))
    make_folder(tmp_path)
    settings = f"cd '{tmp_path}'\nexport PORT={url.rpartition(':')[2]} DATA_DIR='{tmp_path}'\n"

    stripe = _run(f"cd '{REPOSITORY}'\n{_as_made(stand_in.at(url), 'stripe', port, url)}", tmp_path / "stripe.log")
    server = _run(settings + _as_made(serve.text, "serve", port, url), tmp_path / "server.log")
    try:
        with StripePeer(f"http://127.0.0.1:{port}") as peer, Shell(tmp_path) as shell:
            server.wait_until(lambda: _ready(url), seconds=120)
            stripe.wait_until(lambda: _listens(port), seconds=120)
            (helpers,) = (block for block in under(TOUR, "sh") if "ask()" in block.text)
            shell.run(helpers.at(url))
            assert shell.run(pay.at(url)) == shown.text.strip()
            assert [intent["status"] for intent in peer.things("payment_intents")] == ["succeeded"]
            # It told of it by itself, too, and was believed.
            peer.wait(lambda: bool(peer.state()["webhooks"]["tried"]), what="an event was delivered")
            peer.wait_until_quiet()
            assert {tried["status"] for tried in peer.state()["webhooks"]["tried"]} == {200}
    finally:
        server.kill()
        stripe.kill()


def _as_made(commands: str, target: str, port: str, url: str) -> str:
    """What make runs for it, on other ports."""
    makefile = (REPOSITORY / "Makefile").read_text()
    recipe = re.search(rf"^{target}:.*\n\t@(?:exec )?(.+)$", makefile, re.MULTILINE)
    assert recipe is not None
    assert f"make {target}\n" in commands
    run = recipe[1].replace("$(RUN)", ".venv/bin/python -m").replace("http://127.0.0.1:8000", url)
    if target == "stripe":
        run += f" --port {port}"
    return commands.replace(f"make {target}", f"exec {run}").replace(PORT, port)


def _run(commands: str, log: Path) -> Process:
    return Process([shutil.which("bash") or "bash", "-c", commands], log=log)


def _listens(port: str) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), timeout=5):
        return True
    return False


def _ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz", timeout=10).status_code == 200
    except httpx2.TransportError:
        return False
