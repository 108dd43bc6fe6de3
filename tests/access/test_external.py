"""An external issuer: whom it vouches for is let in, as far as there is an account; its keys are fetched sparingly."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from access.external import ExternalIssuer
from access.issuer_keys import PAUSE, STALE
from access.principal import Principal
from tests.access.house import House
from tests.access.test_tokens import signed

ISSUER: Final = "https://login.example"
KEY: Final = RSAKey.generate_key(2048, auto_kid=True)


class Issuer:
    """The other side: `keys` are what it publishes, `fetches` how often it was asked for them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.keys: list[Key] = [KEY]
        self.fetches = 0
        self.answer: Callable[[], httpx2.Response] = lambda: httpx2.Response(
            200, json={"keys": [key.as_dict(private=False) for key in self.keys]}
        )
        self.now = 0.0
        self.door = house.door(
            external=ExternalIssuer(
                house.database,
                client=httpx2.AsyncClient(transport=httpx2.MockTransport(self._fetch)),
                jwks_url=f"{ISSUER}/keys",
                issuer=ISSUER,
                audience="orders-api",
                clock=lambda: self.now,
            )
        )

    def _fetch(self, request: httpx2.Request) -> httpx2.Response:
        assert str(request.url) == f"{ISSUER}/keys"
        self.fetches += 1
        return self.answer()

    def token(self, key: Key = KEY, algorithm: str = "RS256", **changed: Any) -> str:
        moment = int(datetime.now(UTC).timestamp())
        usual = {"iss": ISSUER, "aud": "orders-api", "sub": "u-1", "exp": moment + 600}
        said = {name: value for name, value in (usual | changed).items() if value is not None}
        return jwt.encode({"alg": algorithm, "kid": key.kid or ""}, said, key, algorithms=[algorithm])

    def who(self, token: str) -> Principal | None:
        return self.house.run(self.door.authenticate(token))


@pytest.fixture
def issuer(house: House) -> Issuer:
    return Issuer(house)


def test_a_known_subject_is_let_in_until_its_token_ends(house: House, issuer: Issuer) -> None:
    account = house.add(issuer=ISSUER, subject="u-1")
    found = issuer.who(issuer.token())
    assert found is not None
    assert (found.account_id, found.kind, found.session_id) == (account.id, account.kind, None)
    house.move_clock(timedelta(minutes=11))
    assert issuer.who(issuer.token(exp=int(datetime.now(UTC).timestamp()) + 600)) is None


def test_our_own_tokens_still_hold(house: House, issuer: Issuer) -> None:
    house.add()
    assert issuer.who(house.sign_in().token) is not None
    assert issuer.fetches == 0


def test_a_verified_email_binds_an_account_once_and_for_all(house: House, issuer: Issuer) -> None:
    account = house.add()
    email: dict[str, Any] = {"email": "ADA@example.com", "email_verified": True}
    assert issuer.who(issuer.token()) is None
    assert issuer.who(issuer.token(email="ada@example.com")) is None
    assert issuer.who(issuer.token(email="ada@example.com", email_verified="true")) is None

    assert issuer.who(issuer.token(**email)) is not None

    stored = house.stored(account.id)
    assert (stored.issuer, stored.subject) == (ISSUER, "u-1")
    assert issuer.who(issuer.token()) is not None
    assert issuer.who(issuer.token(sub="u-2", **email)) is None  # the account has become somebody's


def test_lets_in_no_strangers_and_none_who_are_disabled_or_of_the_demo(house: House, issuer: Issuer) -> None:
    house.add(issuer=ISSUER, subject="u-1", disabled_at=datetime.now(UTC))
    house.add("demo@example.com", demo=True)
    house.add("gone@example.com", disabled_at=datetime.now(UTC))
    assert issuer.who(issuer.token()) is None
    for email in ("demo@example.com", "gone@example.com", "new@example.com", "nul\0@example.com"):
        assert issuer.who(issuer.token(sub=f"of {email}", email=email, email_verified=True)) is None, email
    assert issuer.who(issuer.token(sub="nul\0")) is None


KEYS: Final[dict[str, Key]] = {
    "RS256": KEY,
    "PS256": KEY,
    "ES256": ECKey.generate_key("P-256", auto_kid=True),
    "EdDSA": OKPKey.generate_key("Ed25519", auto_kid=True),
    "Ed25519": OKPKey.generate_key("Ed25519", auto_kid=True),
}


@pytest.mark.parametrize("algorithm", KEYS)
# Issuers still use the old name, which the library warns of, here where the token is made.
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_knows_the_usual_algorithms(house: House, issuer: Issuer, algorithm: str) -> None:
    house.add(issuer=ISSUER, subject="u-1")
    issuer.keys = list(KEYS.values())
    assert issuer.who(issuer.token(KEYS[algorithm], algorithm)) is not None


def test_case_29_forged_tokens_of_an_issuer_let_nobody_in(house: House, issuer: Issuer) -> None:
    house.add(issuer=ISSUER, subject="u-1")
    moment = int(datetime.now(UTC).timestamp())
    public = KEY.as_pem(private=False).decode()
    said = {"iss": ISSUER, "aud": "orders-api", "sub": "u-1", "exp": moment + 600}
    stranger = RSAKey.generate_key(2048, parameters={"kid": KEY.kid or ""})
    issuer.keys = [KEY, OctKey.import_key("a shared secret among the published keys", {"kid": "oct"})]
    forged = {
        "public key as a secret": signed(said, {"alg": "HS256", "kid": KEY.kid}, public),
        "published secret": signed(said, {"alg": "HS256", "kid": "oct"}, "a shared secret among the published keys"),
        "alg none": signed(said, {"alg": "none", "kid": KEY.kid}).rpartition(".")[0] + ".",
        "another's key": issuer.token(stranger),
        "path as kid": signed(said, {"alg": "RS256", "kid": "../../../../etc/passwd"}),
        "kid is a list": signed(said, {"alg": "RS256", "kid": ["x"]}),
        "another audience": issuer.token(aud="billing"),
        "audience missing": issuer.token(aud=None),
        "another issuer": issuer.token(iss="https://evil.example"),
        "not yet": issuer.token(nbf=moment + 60),
        "no longer": issuer.token(exp=moment - 1),
        "for ever": issuer.token(exp=None),
        "no subject": issuer.token(sub=None),
        "1 MB": issuer.token(padding="x" * 100_000) + "x" * 1_000_000,
    }
    assert [name for name, token in forged.items() if issuer.who(token) is not None] == []
    assert issuer.who(issuer.token(aud=["billing", "orders-api"])) is not None


def test_keys_are_fetched_once_and_again_for_an_unknown_one_at_most_once_a_minute(house: House, issuer: Issuer) -> None:
    house.add(issuer=ISSUER, subject="u-1")
    for _ in range(5):
        assert issuer.who(issuer.token()) is not None
    assert issuer.fetches == 1

    new = RSAKey.generate_key(2048, auto_kid=True)
    for _ in range(5):
        assert issuer.who(issuer.token(new)) is None
    assert issuer.fetches == 1
    issuer.keys = [KEY, new]
    issuer.now += PAUSE
    for _ in range(5):
        assert issuer.who(issuer.token(new)) is not None
    assert issuer.fetches == 2


BROKEN: Final[dict[str, Callable[[], httpx2.Response]]] = {
    "error": lambda: httpx2.Response(500),
    "redirect": lambda: httpx2.Response(302, headers={"location": "https://evil.example/keys"}),
    "no JSON": lambda: httpx2.Response(200, text="not JSON"),
    "a list": lambda: httpx2.Response(200, json=[]),
    "no keys": lambda: httpx2.Response(200, json={"keys": []}),
    "half a key": lambda: httpx2.Response(200, json={"keys": [{"kty": "RSA"}]}),
    "huge": lambda: httpx2.Response(200, content=b" " * 300_000 + b"{}"),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_keys_are_kept_for_an_hour_while_the_issuer_does_not_answer(
    house: House, issuer: Issuer, answer: Callable[[], httpx2.Response]
) -> None:
    house.add(issuer=ISSUER, subject="u-1")
    good, issuer.answer = issuer.answer, answer
    assert issuer.who(issuer.token()) is None
    issuer.answer = good
    issuer.now += PAUSE
    assert issuer.who(issuer.token()) is not None
    issuer.answer = answer
    issuer.now += STALE
    assert issuer.who(issuer.token()) is not None
    issuer.now += 1
    assert issuer.who(issuer.token()) is None


def test_first_requests_that_come_at_once_are_all_let_in(house: House, issuer: Issuer) -> None:
    account = house.add()
    token = issuer.token(email="ada@example.com", email_verified=True)

    async def at_once() -> list[Principal | None]:
        return await asyncio.gather(*(issuer.door.authenticate(token) for _ in range(5)))

    assert [one and one.account_id for one in house.run(at_once())] == [account.id] * 5
