"""Tokens: what is ours is read, and nothing else is, whatever is wrong with it."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from access.tokens import InvalidToken, Tokens, bearer_token
from models.account import AccountKind
from tests.access.house import ISSUER, SECRET, House

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKENS = Tokens(SECRET, ISSUER, timedelta(hours=1))


def claims(**changed: Any) -> dict[str, Any]:
    moment = int(datetime.now(UTC).timestamp())
    usual = {
        "iss": ISSUER, "aud": "orders", "sub": str(uuid4()), "sid": str(uuid4()), "kind": "CUSTOMER",
        "iat": moment, "nbf": moment - 60, "exp": moment + 600, "jti": "x",
    }  # fmt: skip
    return {name: value for name, value in (usual | changed).items() if value is not None}


def signed(payload: object, header: object = None, secret: str = SECRET) -> str:
    """By hand, so that nothing is refused on the way."""
    parts = [_encoded(json.dumps(part).encode()) for part in (header or {"typ": "JWT", "alg": "HS256"}, payload)]
    signature = hmac.digest(secret.encode(), ".".join(parts).encode(), hashlib.sha256)
    return ".".join([*parts, _encoded(signature)])


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _signed_with_a_public_key() -> str:
    """An attacker takes the public key, which is no secret, for the secret of HS256."""
    public = RSAKey.generate_key(2048, auto_kid=True)
    return signed(claims(), secret=public.as_pem(private=False).decode())


def _signed_by_rsa() -> str:
    return jwt.encode({"alg": "RS256"}, claims(), RSAKey.generate_key(2048))


FORGED = {
    "alg none": signed(claims(), {"typ": "JWT", "alg": "none"}).rpartition(".")[0] + ".",
    "alg None": signed(claims(), {"typ": "JWT", "alg": "None"}),
    "alg missing": signed(claims(), {"typ": "JWT"}),
    "alg is a list": signed(claims(), {"typ": "JWT", "alg": ["HS256"]}),
    "RS256": _signed_by_rsa(),
    "a public key as the secret": _signed_with_a_public_key(),
    "another secret": signed(claims(), secret="another secret, just as long as ours"),
    "no signature": signed(claims()).rpartition(".")[0] + ".",
    "another issuer": signed(claims(iss="https://evil.example")),
    "no issuer": signed(claims(iss=None)),
    "another audience": signed(claims(aud="billing")),
    "a list of audiences": signed(claims(aud=["orders"])),
    "a path as kid": signed(claims(), {"typ": "JWT", "alg": "HS256", "kid": "../../../../dev/null"}),
    "an address of keys": signed(claims(), {"typ": "JWT", "alg": "HS256", "jku": "https://evil.example/jwks"}),
    "a key of its own": signed(claims(), {"typ": "JWT", "alg": "HS256", "jwk": {"kty": "oct", "k": "AA"}}),
    "crit": signed(claims(), {"typ": "JWT", "alg": "HS256", "crit": ["exp"], "exp": 1}),
    "1 MB": "x" * 1_000_000,
    "1 MB of claims": signed(claims(padding="x" * 1_000_000)),
    "nested deeply": _encoded(b"[" * 3000) + ".e30.AA",
    "header is a list": signed(claims(), [1]),
    "claims are a list": signed([1]),
    "no account": signed(claims(sub=None)),
    "account is a number": signed(claims(sub=5)),
    "account is no id": signed(claims(sub="../x")),
    "kind unknown": signed(claims(kind="ROOT")),
    "exp missing": signed(claims(exp=None)),
    "exp is text": signed(claims(exp="tomorrow")),
    "exp beyond all years": signed(claims(exp=10**30)),
    "exp is not a number": signed(claims(exp=float("nan"))),
    "empty": "",
    "dots": "..",
    "four parts": signed(claims()) + ".x",
    "five parts": "a.b.c.d.e",
    "not ASCII": "é.è.à",
    "a lone surrogate": "\ud800.a.b",
    "NUL": "\0",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_case_29_forged_tokens_are_all_refused_alike(token: str) -> None:
    with pytest.raises(InvalidToken) as refusal:
        TOKENS.verify(token)
    assert str(refusal.value) == "The token is not valid."


def test_the_forger_of_these_tests_can_make_a_valid_one() -> None:
    assert TOKENS.verify(signed(claims())).kind is AccountKind.CUSTOMER


def test_case_29_a_token_of_the_past_or_the_future_lets_nobody_in(house: House) -> None:
    account = house.add()
    session = house.sign_in().session_id
    moment = int(datetime.now(UTC).timestamp())

    def lets_in(**changed: Any) -> bool:
        token = signed(claims(sub=str(account.id), sid=str(session), **changed))
        return house.run(house.sessions.authenticate(token)) is not None

    assert lets_in()
    assert not lets_in(nbf=moment + 60)
    assert not lets_in(exp=moment - 1)


def test_says_what_was_issued_and_lasts_no_longer_than_its_session() -> None:
    account, session = uuid4(), uuid4()
    issued = TOKENS.issue(
        account_id=account,
        kind=AccountKind.STAFF,
        session_id=session,
        session_ends=NOW + timedelta(minutes=10),
        now=NOW,
    )
    read = TOKENS.verify(issued.token)
    assert (read.account_id, read.session_id, read.kind) == (account, session, AccountKind.STAFF)
    assert read.expires_at == issued.expires_at == NOW + timedelta(minutes=10)
    assert [read.hold_at(NOW + timedelta(seconds=s)) for s in (-1, 0, 599, 600)] == [False, True, True, False]


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Tokens("s" * 31, ISSUER, timedelta(hours=1))


@given(st.text() | st.lists(st.text(alphabet="abcXYZ019-_"), min_size=3, max_size=3).map(".".join))
def test_no_text_at_all_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        TOKENS.verify(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["iss", "aud", "sub", "sid", "exp"]), inner),
)


@given(JSON)
def test_no_claims_at_all_do_more_than_be_refused(payload: Any) -> None:
    with pytest.raises(InvalidToken):
        TOKENS.verify(signed(payload))


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", ""),
        ("abc", ""),
        ("", ""),
        ("Bearer", ""),
    ],
)
def test_reads_the_token_out_of_a_header(header: str | None, token: str | None) -> None:
    assert bearer_token(header) == token
