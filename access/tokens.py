"""Tokens: what a client shows with each request, signed by us, naming a session that can be ended."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from models.account import AccountKind

AUDIENCE: Final = "orders"
#: RFC 7518, 3.2: a key for HS256 is at least as long as its hash.
SHORTEST_SECRET: Final = 32
#: Ours have some 500 characters, those of external issuers seldom 2,000. Nothing longer is even parsed.
LONGEST_TOKEN: Final = 8192

_HEADER: Final = {"typ": "JWT", "alg": "HS256"}


class InvalidToken(Exception):
    """The token is not one of ours, or has been tampered with. Says the same whatever is wrong with it."""

    def __init__(self) -> None:
        super().__init__("The token is not valid.")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `kind` is as it was when the token was issued; the account has the last word on it."""

    account_id: UUID
    session_id: UUID
    kind: AccountKind
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    token_id: str

    def hold_at(self, now: datetime) -> bool:
        return self.not_before <= now < self.expires_at


@dataclass(frozen=True, slots=True)
class IssuedToken:
    token: str
    expires_at: datetime


class Tokens:
    """`issuer`: the address that the server is known by. `lifetime`: of a token, within that of its session.

    Raises ValueError for a secret that is too short to sign with.
    """

    def __init__(self, secret: str, issuer: str, lifetime: timedelta) -> None:
        if len(secret.encode()) < SHORTEST_SECRET:
            raise ValueError(f"the secret has fewer than {SHORTEST_SECRET} bytes")
        self._key = OctKey.import_key(secret)
        self._issuer = issuer
        self.lifetime = lifetime

    def issue(
        self, *, account_id: UUID, kind: AccountKind, session_id: UUID, session_ends: datetime, now: datetime
    ) -> IssuedToken:
        issued = int(now.timestamp())
        expires = int(min(now + self.lifetime, session_ends).timestamp())
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(account_id),
            "sid": str(session_id),
            "kind": kind.value,
            "iat": issued,
            "nbf": issued,
            "exp": expires,
            "jti": uuid4().hex,
        }
        return IssuedToken(jwt.encode(_HEADER, claims, self._key), datetime.fromtimestamp(expires, UTC))

    def verify(self, token: str) -> Claims:
        """What a token of ours says, at any time: whether it still holds is for `Claims.hold_at` and its session.

        So that one clock decides, the database's, whichever process issued it. Raises InvalidToken.
        """
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken
        try:
            decoded = jwt.decode(token, self._key, algorithms=["HS256"])
            if decoded.header != _HEADER:
                raise InvalidToken
            return self._read(decoded.claims)
        except (JoseError, ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
            raise InvalidToken from error

    def _read(self, claims: jwt.Claims) -> Claims:
        if claims["iss"] != self._issuer or claims["aud"] != AUDIENCE:
            raise InvalidToken
        return Claims(
            account_id=UUID(str(claims["sub"])),
            session_id=UUID(str(claims["sid"])),
            kind=AccountKind(claims["kind"]),
            issued_at=datetime.fromtimestamp(claims["iat"], UTC),
            not_before=datetime.fromtimestamp(claims["nbf"], UTC),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            token_id=str(claims["jti"]),
        )


def bearer_token(authorization: str | None) -> str | None:
    """The token in the value of an Authorization header; "" where the value is anything else, None where none is."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
