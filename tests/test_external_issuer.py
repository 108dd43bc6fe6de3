"""An external issuer on the real application: its keys are fetched over HTTP, its tokens let in whom we know."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.access.test_tokens import signed
from tests.api import Api
from tests.endpoint.wire import closing, tell
from tests.running import run_application
from tests.sockets import acknowledged, first_answer, opened

ISSUER, AUDIENCE = "https://login.example", "orders-api"
WHO = "{ viewer { ... on Customer { email } } }"


@dataclass
class Issuer:
    """`url` is where it publishes its keys."""

    key: RSAKey
    url: str

    def token(self, key: RSAKey | None = None, **changed: Any) -> str:
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u-1", "exp": int(datetime.now(UTC).timestamp()) + 600}
        signing = key or self.key
        return jwt.encode({"alg": "RS256", "kid": self.key.kid or ""}, claims | changed, signing)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    key = RSAKey.generate_key(2048, auto_kid=True)
    published = json.dumps({"keys": [key.as_dict(private=False)]}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(published)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Issuer(key, f"http://127.0.0.1:{server.server_port}/keys")
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def api(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("external")
    settings = {"AUTH_JWKS_URL": issuer.url, "AUTH_ISSUER": ISSUER, "AUTH_AUDIENCE": AUDIENCE}
    with run_application(f"sqlite:///{folder / 'orders.sqlite3'}", folder, **settings) as running, Api(running) as api:
        yield api


def test_its_tokens_let_in_the_account_that_it_vouches_for(api: Api, issuer: Issuer) -> None:
    person = api.customer()
    first = issuer.token(sub="u-2", email=person.account.email, email_verified=True)
    later = f"Bearer {issuer.token(sub='u-2')}"
    expected = {"data": {"viewer": {"email": person.account.email}}}

    assert api.send(WHO, authorization=later)["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert api.send(WHO, authorization=f"Bearer {first}") == expected
    assert api.send(WHO, authorization=later) == expected
    with acknowledged(api.running, {"authorization": later}) as socket:
        assert first_answer(socket, WHO) == expected
    assert api.http.get("/session", headers={"authorization": later}).json()["viewer"]["email"] == person.account.email
    # It is not ours to renew.
    renewed = api.send("mutation { renewToken { token } }", authorization=later)
    assert renewed["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_our_own_tokens_hold_beside_them(api: Api) -> None:
    assert api.customer().send("{ orders { totalCount } }") == {"data": {"orders": {"totalCount": 0}}}


def test_case_29_its_forged_tokens_let_nobody_in(api: Api, issuer: Issuer) -> None:
    api.customer(issuer=ISSUER, subject="u-1")
    moment = int(datetime.now(UTC).timestamp())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u-1", "exp": moment + 600}
    public = issuer.key.as_pem(private=False).decode()
    forged = [
        signed(claims, {"alg": "HS256", "kid": issuer.key.kid}, public),
        signed(claims, {"alg": "none"}).rpartition(".")[0] + ".",
        issuer.token(RSAKey.generate_key(2048)),
        issuer.token(aud="billing"),
        issuer.token(iss="https://evil.example"),
        issuer.token(nbf=moment + 300),
        issuer.token(exp=moment - 1),
        issuer.token(sub="stranger"),
    ]
    assert "errors" not in api.send(WHO, authorization=f"Bearer {issuer.token()}")
    for token in forged:
        refused = api.send(WHO, authorization=f"Bearer {token}")
        assert refused == {"errors": [{"message": "Sign in first.", "extensions": {"code": "UNAUTHENTICATED"}}]}
        with opened(api.running) as socket:
            tell(socket, {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
            assert closing(socket)[0] == 4403
