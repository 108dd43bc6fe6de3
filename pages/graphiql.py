"""GraphiQL on our own server, the documents it offers, and the home page."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

from pages.layout import page, wording
from texts import mark

PATH: Final = "/graphiql"
#: A host as it may stand in a policy: anything else could end the directive and begin another.
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
_ONE_YEAR: Final = 365 * 24 * 3600


def routes(*, enabled: bool, dist: Path, queries: Path) -> list[BaseRoute]:
    """`dist`: what the build of web/ left. `queries`: documents, `<name>.graphql`, each with its variables in
    `<name>.variables.json` where it has some; `tabs.txt` names, one a line, those that are open at first."""
    ide = _Ide(enabled, dist, queries)
    found: list[BaseRoute] = [Route("/", ide.home, methods=["GET"]), Route(PATH, ide.show, methods=["GET"])]
    if enabled:
        found.append(Route(f"{PATH}/documents.json", ide.documents, methods=["GET"]))
        found.append(Mount("/static/graphiql/assets", _Assets(directory=dist / "assets", check_dir=False)))
    return found


@dataclass(frozen=True, slots=True)
class _Ide:
    enabled: bool
    dist: Path
    queries: Path

    async def home(self, request: Request) -> Response:
        return RedirectResponse(PATH, 303) if self.enabled else page(request, "home.html")

    async def show(self, request: Request) -> Response:
        say = wording(request)
        if not self.enabled:
            return _missing(request, say(mark("GraphiQL is switched off on this server.")))
        try:
            content = await run_in_threadpool((self.dist / "index.html").read_bytes)
        except FileNotFoundError:
            return _missing(request, say(mark("GraphiQL has not been built: run make serve, which does.")))
        return HTMLResponse(
            content,
            headers={"Cache-Control": "no-cache", "Content-Security-Policy": policy(request.headers.get("host", ""))},
        )

    async def documents(self, _request: Request) -> Response:
        found = await run_in_threadpool(read_documents, self.queries)
        return JSONResponse(found, headers={"Cache-Control": "no-cache"})


def policy(host: str) -> str:
    """All from this host and nothing from elsewhere; styles inline too, which the editor writes as it goes."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'{sockets}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def read_documents(folder: Path) -> list[dict[str, Any]]:
    """All documents of the folder; `comment` is what its first lines say, `tab` whether it is open at first."""
    listed = folder / "tabs.txt"
    tabs = listed.read_text().split() if listed.exists() else []
    paths = {path.stem: path for path in sorted(folder.glob("*.graphql"))}
    order = [name for name in tabs if name in paths] + [name for name in paths if name not in tabs]
    return [_document(paths[name], tab=name in tabs) for name in order]


def _document(path: Path, *, tab: bool) -> dict[str, Any]:
    query = path.read_text()
    variables = path.with_suffix(".variables.json")
    return {
        "name": path.stem,
        "query": query,
        "comment": " ".join(_leading_comment(query)),
        "variables": orjson.loads(variables.read_bytes()) if variables.exists() else None,
        "tab": tab,
    }


def _leading_comment(query: str) -> list[str]:
    found = []
    for line in query.lstrip().splitlines():
        if not line.startswith("#"):
            break
        found.append(line.lstrip("# ").rstrip())
    return found


class _Assets(StaticFiles):
    """Their names change with their content."""

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code < 400:
            response.headers["Cache-Control"] = f"public, max-age={_ONE_YEAR}, immutable"
        return response


def _missing(request: Request, text: str) -> Response:
    say = wording(request)
    return page(request, "notice.html", status=404, title=say(mark("Not found")), text=text, link=None)
