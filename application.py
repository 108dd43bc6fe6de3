"""The application: which routes there are, who asks, and the schema that answers, made of the parts of an assembly."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast

import httpx2
import sqlalchemy as sa
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute
from strawberry.schema.config import StrawberryConfig

from access.external import ExternalIssuer
from access.origin import origin_of_page, trusted_origins
from access.passwords import Passwords
from access.sessions import Sessions
from access.throttle import Throttle
from access.tokens import Tokens, bearer_token
from assembly import Assembly
from demo.opening import DEMO_ACCOUNTS
from endpoint.guarded import GuardedSchema
from endpoint.limits import Limits
from endpoint.sharing import Sharing
from endpoint.sockets import Sockets
from endpoint.view import Endpoint
from gateways.documents import Documents
from gateways.payments import ProviderEvent
from metrics import measure
from models.payment import Payment
from ordering.inbox import receive_event
from ordering.reconciling import settle_payment
from ordering.verifying import verify_setup
from pages import documents, graphiql, health, mailbox, metrics, sandbox, sign_in, uploads, webhooks
from pages.metrics import Metric
from pages.viewer import Viewers
from resolvers.live import SHARED
from resolvers.position import ReadPositionFirst
from resolvers.roots import Mutation, Query, Subscription
from schema.context import Context, Services
from schema.errors import Unauthenticated
from schema.scalars import SCALARS
from schema.user_errors import (
    IllegalTransitionError,
    PaymentDeclinedError,
    SimpleError,
    VersionConflictError,
)
from settings import Settings
from streaming.stream import Stream
from texts import best_language

HERE: Final = Path(__file__).resolve().parent


def limits_of(settings: Settings) -> Limits:
    return Limits(
        sockets_per_account=settings.sockets_per_account,
        sockets_per_address=settings.sockets_per_address,
        operations_per_socket=settings.operations_per_socket,
        message_burst=settings.message_burst,
        messages_per_second=settings.messages_per_second,
        init_timeout=timedelta(seconds=settings.init_seconds),
        ping_interval=timedelta(seconds=settings.ping_seconds),
        waiting_bytes=settings.socket_buffer_kib * 1024,
        patience=timedelta(seconds=settings.slow_reader_seconds),
    )


def make_schema(limits: Limits | None = None, *, is_public: bool = True) -> GuardedSchema:
    """The whole contract, as `schema/schema.graphql` prints it. `is_public`: whether strangers may read it here."""
    return GuardedSchema(
        Query,
        Mutation,
        Subscription,
        types=[SimpleError, IllegalTransitionError, VersionConflictError, PaymentDeclinedError],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[ReadPositionFirst],
        limits=limits or Limits(),
        may_introspect=lambda context: is_public or cast("Context", context).principal is not None,
    )


class Draining(Exception):
    """This process is about to end: send nobody here any more."""


class Application:
    """`routes` for the server; `stream` and `sockets` for its lifespan."""

    def __init__(self, parts: Assembly, schema: GuardedSchema) -> None:
        settings = parts.settings
        self._parts = parts
        self._client: httpx2.AsyncClient | None = None
        self._passwords = Passwords()
        self._throttle = Throttle(settings.secret(), settings.broadcast_url)
        self.stream = Stream(parts.database, settings.broadcast_url, kept_bytes=settings.stream_cache_mib * 2**20)
        self.sockets = Sockets(schema.limits)
        self.trusted = trusted_origins(settings.url, settings.allowed_origins)
        self.sessions = self._make_sessions()
        self.viewers = Viewers(self.sessions, trusted=self.trusted, secure=settings.url.startswith("https:"))
        self.services = Services(
            database=parts.database,
            sessions=self.sessions,
            stream=self.stream,
            provider=parts.provider,
            terms=parts.terms,
            public_url=settings.url,
            is_own_url=self._is_own_url,
            statement_of=parts.uploads.statement,
        )
        self.endpoint = Endpoint(
            schema,
            make_context=self._context,
            authenticate=self._authenticate,
            sockets=self.sockets,
            now=lambda: datetime.now(UTC) + parts.database.clock_offset,
            allowed_origins=sorted(self.trusted),
            graphiql_path="/graphiql" if settings.serves_graphiql else None,
            sharing=Sharing(schema, self.stream.streams, SHARED),
        )
        self.routes = self._make_routes()

    async def warm_up(self) -> None:
        """What need not be ready at the first answer, but before the first that needs it."""
        await self._passwords.prepare()
        await asyncio.to_thread(self._parts.terms.working_days.is_working_day, datetime.now(UTC).date())

    async def drain(self) -> None:
        """Nobody new is let in, what is committed is delivered, and every socket is told to come back elsewhere."""
        self.sockets.draining = True
        await self.stream.flush()
        await self.sockets.drain(self._parts.settings.drain_seconds)

    async def close(self) -> None:
        await self._throttle.close()
        if self._client is not None:
            await self._client.aclose()

    def _make_sessions(self) -> Sessions:
        settings, database = self._parts.settings, self._parts.database
        external = None
        if settings.auth_jwks_url:
            self._client = httpx2.AsyncClient(timeout=3.0)
            external = ExternalIssuer(
                database,
                client=self._client,
                jwks_url=settings.auth_jwks_url,
                issuer=settings.auth_issuer,
                audience=settings.auth_audience,
            )
        return Sessions(
            database,
            tokens=Tokens(settings.secret(), settings.url, timedelta(minutes=settings.token_minutes)),
            passwords=self._passwords,
            throttle=self._throttle,
            demo=settings.is_demo,
            external=external,
        )

    async def _context(self, connection: HTTPConnection) -> Context:
        """Of a request, or of a socket before its `connection_init`. Raises Unauthenticated for a token that fails."""
        principal = await self.viewers.acting(connection)
        if principal is None and bearer_token(connection.headers.get("authorization")) is not None:
            raise Unauthenticated
        return Context(
            services=self.services,
            principal=principal,
            language=best_language(connection.headers.get("accept-language", "")),
            address=connection.client.host if connection.client else "",
        )

    async def _authenticate(self, context: Context, payload: Mapping[str, object]) -> Context:
        """`connection_init` may bring what a request has in its headers. Raises Unauthenticated."""
        language, authorization = payload.get("acceptLanguage"), payload.get("authorization")
        if isinstance(language, str):
            context.language = best_language(language)
        if authorization is None:
            return context
        token = bearer_token(authorization) if isinstance(authorization, str) else None
        principal = await self.sessions.authenticate(token, with_others=True) if token else None
        if principal is None:
            raise Unauthenticated
        return replace(context, principal=principal)

    def _is_own_url(self, url: str) -> bool:
        return origin_of_page(url) in self.trusted

    async def _settle(self, reference: str) -> None:
        """A customer has answered on the sandbox's page: find out what that came to."""
        async with self._parts.database.reading() as session:
            query = sa.select(Payment).filter_by(provider_reference=reference)
            payment = (await session.execute(query)).scalar_one_or_none()
        if payment is not None:
            await settle_payment(self._parts.database, self._parts.provider, payment.id)
        else:
            await verify_setup(self._parts.database, self._parts.provider, reference)

    async def _receive_event(self, event: ProviderEvent, body: bytes) -> None:
        provider = self._parts.provider
        await receive_event(self._parts.database, provider, source=provider.name, event=event, body=body)

    async def _check_open(self) -> None:
        if self.sockets.draining:
            raise Draining

    async def _check_database(self) -> None:
        await self._parts.database.moment()

    async def _measure(self) -> list[Metric]:
        return await measure(self._parts.database, self.stream, self.sockets)

    async def _check_stream(self) -> str | None:
        return self.stream.check()

    def _make_routes(self) -> list[BaseRoute]:
        parts, settings = self._parts, self._parts.settings
        shown_mailbox = parts.mailbox if settings.is_demo else None
        return [
            *self.endpoint.routes(),
            *sign_in.routes(
                sessions=self.sessions,
                viewers=self.viewers,
                demo_accounts=DEMO_ACCOUNTS if settings.is_demo else (),
                mailbox=shown_mailbox is not None,
            ),
            *documents.routes(
                database=parts.database,
                viewers=self.viewers,
                documents=Documents(),
                terms=parts.terms,
                provider=parts.provider,
            ),
            *uploads.routes(store=parts.uploads, viewers=self.viewers),
            *mailbox.routes(mailbox=shown_mailbox, viewers=self.viewers),
            *sandbox.routes(sandbox=parts.sandbox, settle=self._settle),
            *webhooks.routes(source=parts.event_source, receive=self._receive_event),
            *graphiql.routes(enabled=settings.serves_graphiql, dist=HERE / "web/dist", queries=HERE / "queries"),
            *health.routes(
                required={"database": self._check_database, "open": self._check_open},
                helpful={"stream": self._check_stream},
            ),
            *metrics.routes(
                measure=self._measure, token=settings.metrics_token.get_secret_value(), is_public=settings.is_demo
            ),
        ]
