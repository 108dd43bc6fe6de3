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
from tests.readme.test_tour import TOUR, Shell, must_be_alike, shown_after

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]

HEADING, PORT = "Taking real payments", "8420"
#: The demo's past is shorter here.
AT_SANDBOX = re.compile(r"^\d+(?= movements at another provider)", re.MULTILINE)


def test_an_order_is_paid_as_it_shows(tmp_path: Path) -> None:
    stand_in, serve, pay, look, audit = under(HEADING, "sh")
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
            must_be_alike(shell.run(pay.at(url)), shown_after(pay))
            must_be_alike(shell.run(look.at(url)), shown_after(look))
            assert [intent["status"] for intent in peer.things("payment_intents")] == ["succeeded"]
            # It told of it by itself, too, and was believed.
            peer.wait(lambda: bool(peer.state()["webhooks"]["tried"]), what="an event was delivered")
            peer.wait_until_quiet()
            assert {tried["status"] for tried in peer.state()["webhooks"]["tried"]} == {200}
            # What a reader has in this terminal is the file alone.
            shown = shown_after(audit)
            assert shown is not None
            audited = shell.run(f"export DATA_DIR='{tmp_path}'\n{_as_made(audit.text, 'audit-money', port, url)}")
            assert AT_SANDBOX.sub("n", audited) == AT_SANDBOX.sub("n", shown.text.strip())
            assert AT_SANDBOX.search(audited)
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
    # Only what goes on for ever takes the place of the shell.
    made = f"(cd '{REPOSITORY}' && {run})" if target == "audit-money" else f"exec {run}"
    return commands.replace(f"make {target}", made).replace(PORT, port)


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
