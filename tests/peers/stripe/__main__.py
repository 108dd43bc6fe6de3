"""A Stripe of one's own: `python -m tests.peers.stripe --webhook http://127.0.0.1:8000/webhooks/stripe`."""

import argparse
import asyncio
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from tests.peers.processes import Process, free_port
from tests.peers.scratch import new_folder
from tests.peers.stripe import SECRET
from tests.peers.stripe.control import Control
from tests.peers.stripe.deliveries import Endpoint
from tests.peers.stripe.front import Front
from tests.peers.stripe.upstream import Upstream


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.peers.stripe", description=__doc__)
    options.add_argument("--port", type=int, default=8420)
    options.add_argument("--webhook", action="append", default=[], help="where to deliver events")
    options.add_argument("--secret", default=SECRET, help="what to sign them with")
    chosen = options.parse_args()
    asyncio.run(serve(chosen.port, [Endpoint(url, [chosen.secret]) for url in chosen.webhook]))


async def serve(port: int, endpoints: list[Endpoint]) -> None:
    """Until it is told to end."""
    folder, behind = new_folder("stripe"), free_port()
    program = Path(__file__).with_name("loopback.py")
    command = [sys.executable, str(program), "--port", str(behind), "--from-scratch"]
    stripe = await asyncio.to_thread(Process, command, log=folder / "localstripe.log")
    front = Front(Upstream(f"http://127.0.0.1:{behind}"), f"http://127.0.0.1:{port}")
    front.deliveries.endpoints = endpoints
    app = web.Application(client_max_size=2**23)
    app.add_routes([*front.routes(), *Control(front).routes()])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await asyncio.to_thread(stripe.wait_until, lambda: _listens(behind), seconds=20)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        sys.stdout.write(f"Stripe's fake: http://127.0.0.1:{port}\n")
        sys.stdout.flush()
        await _told_to_end()
    finally:
        await front.deliveries.close()
        await front.upstream.close()
        await runner.cleanup()
        await asyncio.to_thread(stripe.stop)


async def _told_to_end() -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main()
