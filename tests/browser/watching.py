"""What pages must not do: complain in the console, break their policy, or ask for anything from elsewhere."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

#: A violation is an event of the document; those of workers are written to the console by the browser itself.
_TELL_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) =>
  console.error(`violates ${event.violatedDirective}: ${event.blockedURI}`))
"""


class Watch:
    """Keeps what went wrong in `problems`, on all pages of a browser's context."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.problems: list[str] = []
        self._ours = (f"{url}/", f"{url.replace('http', 'ws', 1)}/", "data:", "blob:")
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("console", self._heard)
        context.on("request", self._asked)
        context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))
        context.on("page", self._opened)

    def _heard(self, message: ConsoleMessage) -> None:
        # A wrong password is answered with a page of status 401, of which the browser itself complains.
        refused = message.location["url"].endswith("/sign-in") and "status of 401" in message.text
        if message.type in ("error", "warning") and not refused:
            self.problems.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        self._must_be_ours(request.url)

    def _opened(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._must_be_ours(socket.url))

    def _must_be_ours(self, url: str) -> None:
        if not url.startswith(self._ours):
            self.problems.append(f"asks {url}")
