"""An external issuer of tokens: its keys are fetched, its subjects are matched to accounts that exist here."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final
from uuid import UUID

import httpx2
import sqlalchemy as sa
from joserfc import jws, jwt
from joserfc.errors import JoseError, SecurityWarning
from sqlmodel import col

from access.issuer_keys import IssuerKeys
from access.principal import Principal
from access.tokens import LONGEST_TOKEN, InvalidToken
from models.account import Account, AccountKind
from models.database import Database

#: Asymmetric ones only: with a shared secret, a public key taken for one would sign anything.
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)


@dataclass(frozen=True, slots=True)
class ExternalClaims:
    """`email` is None where the issuer does not vouch for it."""

    subject: str
    email: str | None
    not_before: datetime
    expires_at: datetime


class ExternalIssuer:
    """Accepts tokens that `issuer` made for `audience`. No account is ever created for one."""

    def __init__(
        self,
        database: Database,
        *,
        client: httpx2.AsyncClient,
        jwks_url: str,
        issuer: str,
        audience: str,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._keys = IssuerKeys(client, jwks_url, clock)
        self._issuer = issuer
        self._audience = audience
        # Some issuers put certificates or private parameters into the header; the size is bounded either way.
        self._registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)

    async def authenticate(self, token: str, may_be_used: sa.ColumnElement[bool]) -> Principal | None:
        """Who the issuer says is asking, among accounts that meet the condition; None where there is no such."""
        try:
            claims = await self.verify(token)
        except InvalidToken:
            return None
        if not claims.not_before <= await self._database.moment() < claims.expires_at:
            return None
        account = (
            await self._known(claims, may_be_used)
            or await self._bind(claims, may_be_used)
            # Of requests that come at once, one binds the account, and the others find it bound.
            or await self._known(claims, may_be_used)
        )
        return Principal(account[0], account[1], None, claims.expires_at) if account else None

    async def _known(
        self, claims: ExternalClaims, may_be_used: sa.ColumnElement[bool]
    ) -> tuple[UUID, AccountKind] | None:
        known = sa.select(col(Account.id), col(Account.kind)).where(
            col(Account.issuer) == self._issuer, col(Account.subject) == claims.subject, may_be_used
        )
        async with self._database.reading() as session:
            row = (await session.execute(known)).one_or_none()
        return (row[0], row[1]) if row else None

    async def verify(self, token: str) -> ExternalClaims:
        """What a token of the issuer says, at any time. Raises InvalidToken."""
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken
        try:
            keys = await self._keys.containing(self._key_id(token))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SecurityWarning)  # of EdDSA's name, which issuers still use
                claims = jwt.decode(token, keys, registry=self._registry).claims
            return self._read(claims)
        except (JoseError, ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
            raise InvalidToken from error

    def _key_id(self, token: str) -> str | None:
        """What the header, which nobody has checked yet, calls its key: only ever compared with what was fetched."""
        kid = jws.extract_compact(token.encode(), registry=self._registry).headers().get("kid")
        return kid if isinstance(kid, str) else None

    def _read(self, claims: Mapping[str, Any]) -> ExternalClaims:
        audience, subject = claims["aud"], claims["sub"]
        meant = self._audience in (audience if isinstance(audience, list) else [audience])
        if claims["iss"] != self._issuer or not meant or not isinstance(subject, str) or not subject.isprintable():
            raise InvalidToken
        email = claims.get("email") if claims.get("email_verified") is True else None
        usable = isinstance(email, str) and email.isprintable()
        return ExternalClaims(
            subject=subject,
            email=str(email).lower() if usable else None,
            not_before=datetime.fromtimestamp(claims.get("nbf", 0), UTC),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )

    async def _bind(
        self, claims: ExternalClaims, may_be_used: sa.ColumnElement[bool]
    ) -> tuple[UUID, AccountKind] | None:
        """The first time: the account of that e-mail becomes the subject's, unless it is somebody's already."""
        if claims.email is None:
            return None
        unbound = sa.update(Account).where(
            col(Account.email) == claims.email, col(Account.subject).is_(None), may_be_used
        )
        bound = unbound.values(issuer=self._issuer, subject=claims.subject)
        async with self._database.writing() as tx:
            row = (await tx.session.execute(bound.returning(col(Account.id), col(Account.kind)))).one_or_none()
        return (row[0], row[1]) if row else None
