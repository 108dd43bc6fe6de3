"""What is looked for in what the servers write is found there."""

from pathlib import Path

from tests.proof.written import Written


def test_tracebacks_and_secrets_are_found_where_they_are_new(tmp_path: Path) -> None:
    log, letters = tmp_path / "server.log", tmp_path / "mailbox" / "new"
    letters.mkdir(parents=True)
    written = Written(log, letters.parent, {"our key": "sk_of_ours"})
    assert written.faults() == []

    log.write_text("all is well\n")
    (letters / "one").write_text("Dear customer,\n")
    assert written.faults() == []

    with log.open("a") as lines:
        lines.write("Traceback (most recent call last):\n sk_of_ours pi_1_secret_2\n")
    (letters / "two").write_text("Your client_secret is\n")
    first, *others = written.faults()
    assert first.startswith("a traceback in the log")
    assert others == ["the log tells our key", "the log tells Stripe's _secret_", "a mail tells Stripe's client_secret"]
    assert written.faults() == []
