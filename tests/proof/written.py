"""What the servers of a shop have written, into their log and to customers: no traceback, and nothing secret."""

from collections import Counter
from collections.abc import Iterator, Mapping
from email import message_from_string
from pathlib import Path

#: What Stripe calls the part of an intent that lets a browser pay it, and how it looks.
_CLIENT_SECRETS = ("client_secret", "_secret_")


class Written:
    """`secrets`: what each is, and the text that must be nowhere. `faults` looks at what is new since the last time."""

    def __init__(self, log: Path, mailbox: Path, secrets: Mapping[str, str]) -> None:
        self._log, self._mailbox = log, mailbox
        self._secrets = {**secrets, **{f"Stripe's {text}": text for text in _CLIENT_SECRETS}}
        self._seen = 0
        #: The id of each mail that was read, by its file.
        self._read: dict[str, str] = {}

    def faults(self) -> list[str]:
        return [*self._in_log(), *self._in_mails()]

    @property
    def letters(self) -> Counter[str]:
        """How often each mail was delivered, by its id, as of the last look for faults."""
        return Counter(self._read.values())

    def _in_log(self) -> Iterator[str]:
        if not self._log.exists():
            return
        with self._log.open("rb") as log:
            log.seek(self._seen)
            text = log.read().decode(errors="replace")
            self._seen = log.tell()
        if "Traceback" in text:
            yield f"a traceback in the log: {text[-4000:]}"
        yield from (f"the log tells {what}" for what, secret in self._secrets.items() if secret in text)

    def _in_mails(self) -> Iterator[str]:
        for file in self._mailbox.glob("[nc][eu][wr]/*"):
            if file.name in self._read:
                continue
            text = file.read_text(errors="replace")
            self._read[file.name] = str(message_from_string(text)["Message-ID"]).strip("<>").partition("@")[0]
            yield from (f"a mail tells {what}" for what, secret in self._secrets.items() if secret in text)
