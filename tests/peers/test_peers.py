"""The peers themselves: each starts, answers, dies, comes back, and fails in the way asked for."""

import signal
import smtplib
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it comes without types
import psycopg
import pytest
import redis

from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import REPOSITORY, Process, eventually
from tests.peers.programs import Server
from tests.peers.smtp import MailServer, Mode
from tests.peers.valkey import Valkey

MESSAGE = "Message-ID: <1@example.com>\r\nSubject: Hello\r\n\r\nText\r\n"


def test_postgresql_keeps_committed_rows_when_all_of_it_is_killed() -> None:
    with PostgreSQL(durable=True) as server:
        url = server.create_database("shop").replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as client:
            client.execute("CREATE TABLE entry (id int)")
            client.execute("INSERT INTO entry SELECT generate_series(1, 100)")
            server.kill()
            with pytest.raises(psycopg.OperationalError):
                client.execute("INSERT INTO entry VALUES (101)")

        server.start()

        assert server.execute("SELECT count(*) FROM entry", "shop") == [(100,)]


def test_postgresql_copies_a_template_and_drops_the_copy_under_its_clients() -> None:
    with PostgreSQL() as server:
        server.create_database("template")
        server.execute("CREATE TABLE entry (id int)", "template")

        url = server.create_database("copy", template="template").replace("+psycopg", "")

        with psycopg.connect(url, autocommit=True) as client:
            assert client.execute("SELECT count(*) FROM entry").fetchone() == (0,)
            server.drop_database("copy")
            with pytest.raises(psycopg.OperationalError):
                client.execute("SELECT 1")
        assert server.execute("SELECT count(*) FROM pg_database WHERE datname = 'copy'") == [(0,)]


def test_valkey_comes_back_on_the_same_port() -> None:
    with Valkey() as broker, redis.Redis.from_url(broker.url) as client:
        assert client.set("key", "value")
        broker.kill()
        with pytest.raises(redis.ConnectionError):
            client.get("key")

        broker.start()

        assert client.get("key") is None


def test_mail_is_kept_when_accepted() -> None:
    with MailServer() as mail:
        _send(mail)

        assert [message["Subject"] for message in mail.messages] == ["Hello"]


@pytest.mark.parametrize(("mode", "status"), [(Mode.REFUSE, 451), (Mode.REJECT, 554)])
def test_mail_is_refused_with_a_status(mode: Mode, status: int) -> None:
    with MailServer() as mail:
        mail.mode = mode
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            _send(mail)

        assert (refusal.value.smtp_code, mail.attempts, mail.messages) == (status, 1, [])


def test_mail_is_kept_though_the_connection_drops() -> None:
    with MailServer() as mail:
        mail.mode = Mode.DROP
        with pytest.raises(smtplib.SMTPServerDisconnected):
            _send(mail)

        assert len(mail.messages) == 1


def test_mail_server_hangs_and_still_ends() -> None:
    with MailServer() as mail:
        mail.mode = Mode.HANG
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            _send(mail, seconds=0.2)

        assert (mail.attempts, mail.messages) == (1, [])


def test_a_server_is_ready_killed_with_its_children_and_started_again(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import http.server, os, subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "class Ready(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200 if self.path == '/readyz' else 404)\n"
        "        self.end_headers()\n"
        "http.server.HTTPServer((os.environ['HOST'], int(os.environ['PORT'])), Ready).serve_forever()\n"
    )
    with Server(folder=tmp_path, environment={}, program=str(program)) as server:
        assert server.status("/other") == 404
        child = psutil.Process(server.pid).children()[0]
        server.kill()
        assert server.status("/readyz") == 0
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE

        server.start()

        assert server.stop() == -signal.SIGTERM
    assert '"GET /other HTTP/1.1" 404' in server.log.read_text()


def test_a_server_that_does_not_start_shows_why(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("raise SystemExit('no such setting')")

    with pytest.raises(RuntimeError, match="no such setting"):
        Server(folder=tmp_path, environment={}, program=str(program)).start()


def test_a_killed_test_run_takes_its_peers_along_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    run = (
        "import sys, time\n"
        "from tests.peers.valkey import Valkey\n"
        "broker = Valkey(); broker.start(); print(broker.pid, flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", run], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env={"TMPDIR": str(tmp_path)}
    ) as killed:
        assert killed.stdout is not None
        broker = psutil.Process(int(killed.stdout.readline()))
        assert broker.is_running()

        killed.kill()

        eventually(lambda: not broker.is_running() or broker.status() == psutil.STATUS_ZOMBIE, what="its end")
    assert len([*tmp_path.iterdir()]) == 1
    following = "from tests.peers.scratch import new_folder; new_folder('next')"
    subprocess.run([sys.executable, "-c", following], cwd=REPOSITORY, check=True, env={"TMPDIR": str(tmp_path)})
    assert [*tmp_path.iterdir()] == []


def test_a_process_that_ignores_the_farewell_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    process = Process([sys.executable, "-c", stubborn], log=tmp_path / "log")
    process.wait_until(lambda: "up" in process.log.read_text(), seconds=10)

    assert process.stop(seconds=0.2) == -signal.SIGKILL


def _send(mail: MailServer, *, seconds: float = 5) -> None:
    client = smtplib.SMTP("127.0.0.1", mail.port, timeout=seconds)
    try:
        client.sendmail("shop@example.com", ["customer@example.com"], MESSAGE)
    finally:
        client.close()
