"""The GraphQL endpoint: GraphQL over HTTP as its specification has it, and graphql-transport-ws beside it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from json import JSONDecodeError
from typing import Any, Generic, cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from typing_extensions import override

from endpoint.accept import GRAPHQL_RESPONSE, preferred_media_type, prefers_events
from endpoint.context import Authenticate, C
from endpoint.errors import code_of, presentable, status_of
from endpoint.event_stream import EventStreamResponse
from endpoint.guarded import GuardedSchema
from endpoint.results import is_refused
from endpoint.rules import SocketRules
from endpoint.sharing import Sharing
from endpoint.sockets import Sockets
from endpoint.websocket import Socket
from endpoint.wire import Wire, closing_of
from schema.errors import BadUserInput, ErrorCode, RateLimited, Unavailable
from texts import best_language

_BY_GET = {OperationType.QUERY}
_BY_POST = {OperationType.QUERY, OperationType.MUTATION}


class Endpoint(GraphQL[C, None], Generic[C]):
    """Serves one schema on one path; `routes` gives both of its routes.

    `make_context` is asked once a request or socket; `authenticate` once a socket, with the payload of its
    `connection_init`. A page of an origin that is neither the server's own nor in `allowed_origins` cannot open a
    socket. A browser that opens the address by hand is sent to `graphiql_path`, where there is one.
    """

    websocket_adapter_class = Wire
    graphql_transport_ws_handler_class = Socket[Any]

    def __init__(
        self,
        schema: GuardedSchema,
        *,
        make_context: Callable[[HTTPConnection], Awaitable[C]],
        authenticate: Authenticate[C],
        sockets: Sockets,
        now: Callable[[], datetime],
        allowed_origins: Sequence[str] = (),
        graphiql_path: str | None = None,
        sharing: Sharing[C] | None = None,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if graphiql_path else None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=schema.limits.init_timeout,
            max_subscriptions_per_connection=schema.limits.operations_per_socket,
            allowed_origins=allowed_origins,
        )
        self.rules = SocketRules(
            limits=schema.limits, sockets=sockets, authenticate=authenticate, now=now, sharing=sharing
        )
        self._make_context = make_context
        self._graphiql_path = graphiql_path

    def routes(self, path: str = "/graphql") -> list[BaseRoute]:
        """Two plain routes: mounted, the endpoint would answer its own path with a redirect."""
        return [Route(path, self, methods=["GET", "POST"]), WebSocketRoute(path, self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._talk(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        with suppress(ClientDisconnect):
            response = await self._answer(request)
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.add_vary_header("Accept")
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            if prefers_events(request.headers.get("accept", "")):
                return await self._open_event_stream(request)
            return await self.run(request)
        except ClientDisconnect:
            raise
        except HTTPException as refusal:
            return self._refusal(request, refusal.status_code, BadUserInput(refusal.reason))
        except Exception as unexpected:  # noqa: BLE001 (the last place that can answer)
            error = presentable(unexpected, best_language(request.headers.get("accept-language", "")))
            return self._refusal(request, status_of(code_of(error)), error)

    async def _talk(self, websocket: WebSocket) -> None:
        client = websocket.client
        if self.rules.sockets.draining or (client and self.rules.sockets.is_full(client.host)):
            status = 503 if self.rules.sockets.draining else 429
            with suppress(WebSocketDisconnect, OSError):  # it may be gone already
                await websocket.send_denial_response(Response(status_code=status, headers={"Retry-After": "1"}))
            return
        try:
            await self.run(websocket)
        except (WebSocketDisconnect, OSError):
            return  # the peer left during the handshake
        except Exception as unexpected:  # noqa: BLE001 (the last place that can close it)
            await Wire(cast("Any", self), websocket, websocket).close(*closing_of(unexpected))

    async def _open_event_stream(self, request: Request) -> Response:
        """Raises what refuses the request before there is an operation to answer."""
        client, sockets = request.client, self.rules.sockets
        if sockets.draining:
            raise Unavailable
        if client and sockets.is_full(client.host):
            raise RateLimited
        try:
            asked = await self.parse_http_body(self.request_adapter_class(request))
        except JSONDecodeError as error:
            raise HTTPException(400, "Unable to parse request body as JSON") from error
        context = await self._make_context(request)
        return EventStreamResponse(
            cast("GuardedSchema", self.schema),
            self.rules,
            context,
            cast("GraphQLRequestData", asked),
            by_get=request.method == "GET",
        )

    def _refusal(self, request: Request, status: int, error: Any) -> Response:
        headers = {405: {"Allow": "POST"}, 401: {"WWW-Authenticate": "Bearer"}}.get(status)
        media_type = preferred_media_type(request.headers.get("accept", ""))
        return Response(orjson.dumps({"errors": [error.formatted]}), status, headers, media_type)

    # ------------------------------------------------------------ what Strawberry asks

    @override
    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> C:
        return await self._make_context(request)

    @override
    def decode_json(self, data: str | bytes) -> object:
        """Unlike the standard library's decoder, orjson refuses NaN, lone surrogates and endless nesting or digits."""
        decoded = orjson.loads(data)
        if decoded is None:
            return {}  # `null` where an object may be left out
        if not isinstance(decoded, dict | list):
            raise JSONDecodeError("An object is expected", "", 0)
        return decoded

    @override
    def encode_json(self, data: object) -> str:
        """Text, not bytes, which would go out on a websocket as a binary frame."""
        return orjson.dumps(data).decode()

    @override
    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        wants_page = "text/html" in request.headers.get("accept", "")
        return bool(self._graphiql_path) and wants_page and super().should_render_graphql_ide(request)

    @override
    async def render_graphql_ide(self, request: Request) -> Response:
        return RedirectResponse(self._graphiql_path or "", status_code=303)

    @override
    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: C,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        by_get = request_adapter.method == "GET"
        try:
            return await self.schema.execute(
                request_data.query,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=_BY_GET if by_get else _BY_POST,
                operation_extensions=request_data.extensions,
            )
        except MissingQueryError as error:
            raise HTTPException(400, "No GraphQL query found in the request") from error
        except CannotGetOperationTypeError as error:
            raise HTTPException(400, error.as_http_error_reason()) from error
        except InvalidOperationTypeError as error:
            if by_get and error.operation_type is OperationType.MUTATION:
                raise HTTPException(405, "A mutation needs POST") from error
            raise HTTPException(400, "Subscriptions go over a websocket, by graphql-transport-ws") from error

    @override
    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        response = await super().get_sub_response(request)
        response.media_type = preferred_media_type(request.headers.get("accept", ""))
        return response

    @override
    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        response = await super().process_result(request, result)
        if is_refused(result):
            del response["data"]
        return response

    @override
    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """`application/json` is always 200, for clients from before the specification; its own type tells by status."""
        response = super().create_response(response_data, sub_response)
        response.headers["Content-Type"] = f"{sub_response.media_type}; charset=utf-8"
        if sub_response.media_type == GRAPHQL_RESPONSE and "data" not in response_data:
            code: str = response_data["errors"][0]["extensions"]["code"]
            response.status_code = status_of(ErrorCode(code))
        return response
