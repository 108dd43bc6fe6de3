"""Settings: each wrong one is refused at start in one plain line, and what demo mode is."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from access.passwords import Passwords
from settings import BadSettings, Settings, read_settings
from tests.api import Api
from tests.peers.processes import KEPT_VARIABLES, REPOSITORY, free_port
from tests.peers.programs import Server
from tests.running import run_application

SECRET = "a secret for tests that is long enough"
POSTGRES = {"SECRET_KEY": SECRET, "DATABASE_URL": "postgresql://user@127.0.0.1/orders"}

#: A wrong value of each setting that can have one, beside settings that are right.
WRONG: dict[str, list[str]] = {
    "DATABASE_URL": ["mysql://root@127.0.0.1/orders", "orders.sqlite3", "http://127.0.0.1"],
    "BROADCAST_URL": ["memory", "http://127.0.0.1", "kafka://127.0.0.1"],
    "SECRET_KEY": ["feeble", "x" * 31],
    "DEMO": ["maybe", "2"],
    "PORT": ["0", "65536", "http", "-1"],
    "PUBLIC_URL": ["orders.example.com", "ftp://orders.example.com", "https://orders.example.com/?a=b"],
    "ALLOWED_ORIGINS": ["shop.example.com", "https://shop.example.com/path", "https://a.example, null", "*"],
    "WORKERS": ["0", "65", "two", "1.5"],
    "SHUTDOWN_SECONDS": ["0", "soon", "301"],
    "DRAIN_SECONDS": ["0", "soon", "301"],
    "SOCKETS_PER_ACCOUNT": ["0", "many"],
    "SOCKETS_PER_ADDRESS": ["0", "many"],
    "OPERATIONS_PER_SOCKET": ["0", "many"],
    "MESSAGE_BYTES": ["0", "1023", "large"],
    "MESSAGE_BURST": ["0", "many"],
    "MESSAGES_PER_SECOND": ["0", "many"],
    "INIT_SECONDS": ["0", "soon", "301"],
    "PING_SECONDS": ["0", "often", "3601"],
    "SOCKET_BUFFER_KIB": ["63", "large"],
    "SLOW_READER_SECONDS": ["0", "late", "3601"],
    "STREAM_CACHE_MIB": ["0", "large"],
    "RELAY": ["perhaps"],
    "GRAPHIQL": ["perhaps"],
    "LOG_FORMAT": ["xml"],
    "LOG_LEVEL": ["LOUD", "info"],
    "TOKEN_MINUTES": ["0", "1441", "ever"],
    "AUTH_JWKS_URL": ["login.example.com", "file:///etc/passwd", "https://login.example.com/keys"],
    "AUTH_ISSUER": ["https://login.example.com"],
    "AUTH_AUDIENCE": ["orders"],
    "MAIL_SENDER": ["nobody", "Orders <orders@example.com>"],
    "SELLER_EMAIL": ["nobody", "a@b@c"],
    "SELLER_IBAN": ["FR7600000000000000000000098", "nobody's"],
    "SELLER_BIC": ["EXMP", "EXMP0000"],
    "PAYMENT_HOURS": ["0", "-1", "9000", "nan"],
    "REMINDER_HOURS": ["0"],
    "DOCUMENTS_HOURS": ["0", "soon"],
    "TRANSFER_DAYS": ["0", "366"],
    "STRIPE_SECRET_KEY": ["pk_test_1", "whsec_1", "sk_test_1"],  # the last one is alone
    "STRIPE_WEBHOOK_SECRET": ["sk_test_1", "whsec_1,sk_test_1", "whsec_1"],
    "STRIPE_API_BASE": ["localhost", "ftp://localhost", "http://localhost:1"],
    "SANDBOX_SETTLE_SECONDS": ["-1"],
}
#: Any text will do, or only the room that uses it can tell, at start all the same.
FREE = {
    "HOST",
    "DATA_DIR",
    "SMTP_URL",
    "METRICS_TOKEN",
    "SELLER_NAME",
    "SELLER_COUNTRY",
    "SELLER_ADDRESS",
    "SELLER_VAT_NUMBER",
    "SELLER_ACCOUNT_HOLDER",
    "FAILPOINTS",
}


def test_stripe_is_configured_whole_or_not_at_all() -> None:
    key, secret = {"STRIPE_SECRET_KEY": "sk_test_1"}, {"STRIPE_WEBHOOK_SECRET": "whsec_1, whsec_2"}
    together = read_settings({"SECRET_KEY": SECRET, **key, **secret})
    assert together.stripe_webhook_secrets == ("whsec_1", "whsec_2")
    assert read_settings({**key, **secret}).is_demo
    with pytest.raises(BadSettings, match="STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET go together"):
        read_settings({"SECRET_KEY": SECRET, **key, "STRIPE_WEBHOOK_SECRET": " , "})
    with pytest.raises(BadSettings, match="FAILPOINTS is for tests, and STRIPE_SECRET_KEY takes real money"):
        read_settings({"SECRET_KEY": SECRET, "FAILPOINTS": "folder", "STRIPE_SECRET_KEY": "sk_live_1", **secret})
    with pytest.raises(BadSettings, match="takes real money, which demo mode must not"):
        read_settings({"STRIPE_SECRET_KEY": "sk_live_1", **secret})


def test_real_money_is_not_asked_for_by_transfer_to_nobodys_account() -> None:
    live = {"SECRET_KEY": SECRET, "STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}
    for account in ({}, {"SELLER_IBAN": "FR76 0000 0000 0000 0000 0000 097"}):
        with pytest.raises(BadSettings, match="SELLER_IBAN is needed where STRIPE_SECRET_KEY takes real money"):
            read_settings({**live, **account})
    assert not read_settings({**live, "SELLER_IBAN": "FR4900000000000000000000098"}).has_nobodys_account


def test_every_setting_is_tried() -> None:
    assert set(WRONG) | FREE == {name.upper() for name in Settings.model_fields}
    assert set(WRONG) & FREE == set()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSettings) as refusal:
        read_settings({"SECRET_KEY": SECRET, name: value})

    assert name.split("_", maxsplit=1)[0] in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert value not in str(refusal.value) or name != "SECRET_KEY"


@pytest.mark.parametrize("name", ["SELLER_NMAE", "SELLER_X", "SANDBOX_FAST", "ALLOWED_ORIGIN", "DATABASE_URLS"])
def test_a_setting_that_is_unknown_is_refused(name: str) -> None:
    with pytest.raises(BadSettings, match=f"{name} is not a setting"):
        read_settings({"SECRET_KEY": SECRET, name: "x"})


def test_what_the_system_sets_is_none_of_ours() -> None:
    assert read_settings({"SECRET_KEY": SECRET, "HOME": "/", "LANG": "C", "HOSTNAME": "h", "PATH": "/bin"}).port == 8000
    assert read_settings({"SECRET_KEY": SECRET, "PORT": "", "DEMO": ""}).port == 8000


@pytest.mark.parametrize("workers", ["WORKERS", "WEB_CONCURRENCY"])
def test_several_workers_need_postgresql_and_a_broker(workers: str) -> None:
    redis = {"BROADCAST_URL": "redis://127.0.0.1"}
    for environment in (POSTGRES, {"SECRET_KEY": SECRET} | redis, POSTGRES | {"DATABASE_URL": "sqlite:///x"} | redis):
        with pytest.raises(BadSettings, match="WORKERS=2 needs PostgreSQL and a broker"):
            read_settings(environment | {workers: "2"})

    assert read_settings(POSTGRES | redis | {workers: "2"}).workers == 2
    assert read_settings(POSTGRES | {"WEB_CONCURRENCY": "4", "WORKERS": "1"}).workers == 1


def test_demo_mode_is_when_nothing_is_set_up() -> None:
    assert read_settings({}).is_demo
    assert read_settings({}).host == "127.0.0.1"
    assert read_settings({"DEMO": "1", **POSTGRES}).is_demo
    assert not read_settings(POSTGRES).is_demo
    assert not read_settings({"SECRET_KEY": SECRET}).is_demo
    with pytest.raises(BadSettings, match="SECRET_KEY is needed"):
        read_settings({"DATABASE_URL": "sqlite:///orders.sqlite3"})
    with pytest.raises(BadSettings, match="SECRET_KEY is needed"):
        read_settings({"DEMO": "0"})


def test_the_demo_keeps_its_own_database_and_a_secret_that_nobody_else_reads(tmp_path: Path) -> None:
    demo = read_settings({"DATA_DIR": str(tmp_path / "var")})
    real = read_settings({"DATA_DIR": str(tmp_path / "var"), "SECRET_KEY": SECRET})

    secret = demo.secret()

    assert demo.store != real.store
    assert secret == read_settings({"DATA_DIR": str(tmp_path / "var")}).secret()
    assert len(secret) >= 32
    assert (tmp_path / "var" / "demo.secret").stat().st_mode & 0o077 == 0
    assert real.secret() == SECRET


def test_accounts_of_the_demo_work_nowhere_else(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'orders.sqlite3'}"
    document = """mutation ($email: String!) { signIn(input: {email: $email, password: "demo"}) {
        token errors { code } } }"""
    who = "{ viewer { __typename } }"
    with run_application(url, tmp_path, DEMO="1") as running, Api(running) as api:
        person = api.customer(demo=True, password_hash=running.do(Passwords().hash("demo")))
        assert api.send(document, {"email": person.account.email})["data"]["signIn"]["errors"] == []
        assert person.send(who) == {"data": {"viewer": {"__typename": "Customer"}}}
    with run_application(url, tmp_path, DEMO="0") as running, Api(running) as api:
        refused = api.send(document, {"email": person.account.email})["data"]["signIn"]
        assert refused == {"token": None, "errors": [{"code": "BAD_CREDENTIALS"}]}
        token = running.do(api._token(person.account))
        answer = api.send(who, authorization=f"Bearer {token}")
        assert answer["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        assert api.customer().send(who) == {"data": {"viewer": {"__typename": "Customer"}}}


def start(folder: Path, program: str = "server.py", **environment: str) -> tuple[int, str]:
    """The exit status and all that is said by a program that does not start."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    usual = {"SECRET_KEY": SECRET, "DATA_DIR": str(folder), "PORT": str(free_port())}
    ended = subprocess.run(
        [sys.executable, program],
        cwd=REPOSITORY,
        env={**kept, **usual, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("own", [False, True])
def test_that_transfers_would_not_arrive_is_said_at_start(tmp_path: Path, own: bool) -> None:
    account = {"SELLER_IBAN": "FR4900000000000000000000098"} if own else {}
    with Server(folder=tmp_path, environment={"SECRET_KEY": SECRET, "DATA_DIR": str(tmp_path), **account}) as server:
        assert ("SELLER_IBAN is not set" in server.log.read_text()) is not own


BAD_STARTS = {
    "country": ({"SELLER_COUNTRY": "US"}, "SELLER_COUNTRY: US is no member state of the EU"),
    "unknown": ({"SELLER_X": "1"}, "SELLER_X is not a setting"),
    "secret": ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
    "smtp": ({"SMTP_URL": "mail.example.com"}, "SMTP_URL: "),
    "workers": ({"WORKERS": "2"}, "WORKERS=2 needs PostgreSQL and a broker"),
    "postgresql": (
        {"DATABASE_URL": "postgresql://nobody:canary@127.0.0.1:1/x"},
        "DATABASE_URL: the database cannot be",
    ),
    "sqlite": ({"DATABASE_URL": "sqlite:////nowhere/orders.sqlite3"}, "DATABASE_URL: there is no folder /nowhere"),
    "folder": ({"DATA_DIR": "/dev/null"}, "DATA_DIR: "),
}


@pytest.mark.parametrize(
    ("program", "case"),
    [*(("server.py", case) for case in BAD_STARTS), ("relay.py", "country"), ("relay.py", "sqlite")],
)
def test_a_program_that_cannot_start_says_why_in_one_line(tmp_path: Path, program: str, case: str) -> None:
    environment, said = BAD_STARTS[case]

    status, text = start(tmp_path, program, **environment)

    assert status != 0
    assert text.startswith(f"{program}: {said}"), text
    assert len(text.splitlines()) == 1
    assert "canary" not in text


def test_a_port_in_use_is_said_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, text = start(tmp_path, PORT=str(port))

    assert status != 0
    assert text == (
        f"server.py: cannot listen on 127.0.0.1:{port} (Address already in use); "
        f"stop what does, or choose another: PORT={port + 1} make serve\n"
    )
