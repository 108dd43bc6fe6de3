"""A mail server for tests: real SMTP on loopback, keeping what it took, and failing in the ways that real ones do."""

import asyncio
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mode(Enum):
    """What happens to a message after its DATA."""

    ACCEPT = "keep it and say so"
    REFUSE = "451, try again later"
    REJECT = "554, never try again"
    DROP = "keep it, then cut the connection before saying so"
    HANG = "never answer"


class MailServer:
    """`with MailServer() as mail:`; set `mail.mode` at any time, read `mail.messages`; it ends with its process.

    `modes`: for what stands in a subject, instead of `mode`."""

    def __init__(self) -> None:
        self.mode = Mode.ACCEPT
        self.modes: dict[str, Mode] = {}
        self.messages: list[EmailMessage] = []
        self.attempts = 0
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("The mail server did not come up within 10 seconds.")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        server = await self._loop.create_server(lambda: SMTP(self, hostname="localhost"), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # its name
        """Called by aiosmtpd with each whole message; the answer goes back to the client."""
        self.attempts += 1
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        subject = str(message["Subject"])
        mode = next((mode for part, mode in self.modes.items() if part in subject), self.mode)
        if mode is Mode.REFUSE:
            return "451 4.3.0 Try again later"
        if mode is Mode.REJECT:
            return "554 5.7.1 Not here"
        if mode is Mode.HANG:
            await self._end.wait()
            return "421 4.3.2 Closing"
        self.messages.append(message)
        if mode is Mode.DROP:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 OK"
