"""The program that people start: assembles schema, context, routes and lifespan, and serves them with uvicorn."""

import gc

# The imports below make a million objects and no garbage; looking for some takes a quarter of the time to a start.
gc.disable()

import asyncio
import contextlib
import errno
import os
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from access.watch import SessionWatch
from application import Application, limits_of, make_schema
from assembly import Assembly, assemble, prepare_database
from demo.filling import InUse
from demo.opening import banner, open_demo
from endpoint.body import GRAPHQL_BODY, BodyLimits
from endpoint.correlation import Correlation
from endpoint.headers import SecurityHeaders
from logs import configure_logs
from models.migrating import DatabaseIsNewer, upgrade
from pages.uploads import LARGEST_REQUEST
from pages.webhooks import LARGEST_EVENT
from relay import make_relay
from serving import DRAIN, DrainingServer, PromptHttp, forget_deaf_peers, run_workers
from settings import BadSettings, Settings, read_settings
from streaming.sharing.websocket import DirectWebSocket

gc.enable()
gc.freeze()

log: structlog.stdlib.BoundLogger = structlog.get_logger("server")


def create_app(settings: Settings | None = None) -> Starlette:
    """The ASGI application; without `settings`, for a worker of its own: those of the environment, and a log."""
    if settings is None:
        settings = read_settings(os.environ)
        configure_logs(level=settings.log_level, as_json=settings.logs_json)
    parts = assemble(settings)
    application = Application(parts, make_schema(limits_of(settings), is_public=settings.is_demo))
    app = Starlette(
        routes=application.routes,
        lifespan=lambda _app: _lifespan(parts, application),
        middleware=[
            Middleware(Correlation),
            Middleware(SecurityHeaders),
            Middleware(
                BodyLimits, limits={"/graphql": GRAPHQL_BODY, "/uploads": LARGEST_REQUEST, "/webhooks": LARGEST_EVENT}
            ),
        ],
    )
    app.state.parts, app.state.application = parts, application
    return app


@contextlib.asynccontextmanager
async def _lifespan(parts: Assembly, application: Application) -> AsyncIterator[dict[str, Any]]:
    """What runs beside the requests: the stream, the watch over sessions, the relay. Its state tells how to drain."""
    await upgrade(parts.database.engine)
    parts.database.announce = application.stream.announce
    await application.stream.start()
    watch = SessionWatch(
        parts.database,
        session_ended=application.sockets.close_session,
        account_disabled=application.sockets.close_account,
        staff=lambda: application.sockets.privileged,
    )
    tasks = [asyncio.create_task(watch.run()), asyncio.create_task(application.warm_up())]
    if parts.settings.relay:
        tasks.append(asyncio.create_task(make_relay(parts).run()))
    try:
        yield {DRAIN: application.drain}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await application.stream.stop()
        await application.close()
        await parts.close()


def uvicorn_options(settings: Settings) -> dict[str, Any]:
    """uvicorn's pings close with a code that clients do not retry, and its compression makes frames unshareable."""
    return {
        "http": PromptHttp,
        "ws": DirectWebSocket,
        "ws_ping_interval": None,
        "ws_max_size": settings.message_bytes,
        "ws_per_message_deflate": False,
        "server_header": False,
        "access_log": False,
        "log_config": None,
        "lifespan": "on",
        "timeout_graceful_shutdown": settings.shutdown_seconds,
    }


def main() -> None:
    settings = read_settings(os.environ)
    configure_logs(level=settings.log_level, as_json=settings.logs_json)
    with _listening(settings) as listener:
        if settings.is_demo:
            asyncio.run(open_demo(assemble(settings), say=_say))
        else:
            asyncio.run(_prepare(settings))
            if settings.has_nobodys_account:
                log.warning("SELLER_IBAN is not set: what customers pay by bank transfer will not arrive")
        _say(banner(settings))
        options = uvicorn_options(settings)
        if settings.workers == 1:
            DrainingServer(uvicorn.Config(create_app(settings), **options)).run(sockets=[listener])
            return
    config = uvicorn.Config(
        "server:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        # A worker answers only once it has imported everything; one on a busy machine would be killed before, for ever.
        timeout_worker_healthcheck=60,
        **options,
    )
    run_workers(config, settings.slow_reader_seconds)


async def _prepare(settings: Settings) -> None:
    """Migrates once, before any worker starts."""
    parts = assemble(settings)
    try:
        await prepare_database(parts.database)
    finally:
        await parts.close()


def _listening(settings: Settings) -> socket.socket:
    """Bound before anything slow is done, so that a port in use is said at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    forget_deaf_peers(listener, settings.slow_reader_seconds)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        remedy = "HOST names an address of this machine, 127.0.0.1 say"
        if error.errno == errno.EADDRINUSE:
            remedy = f"stop what does, or choose another: PORT={settings.port + 1} make serve"
        raise BadSettings(f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); {remedy}") from None
    return listener


def _say(line: str) -> None:
    """To the person who started it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except (BadSettings, DatabaseIsNewer, InUse) as error:
        sys.exit(f"server.py: {error}")
