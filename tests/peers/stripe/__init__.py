"""Stripe for tests: localstripe in a process of its own, behind a proxy that adds what it lacks and fails on demand."""

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import httpx2

from tests.peers.processes import Process, eventually, free_port
from tests.peers.scratch import new_folder
from tests.peers.stripe.signing import sign

#: What settings need of it.
KEY = "sk_test_of_the_fake"
SECRET = "whsec_of_the_fake"
OLD_SECRET = "whsec_of_the_fake_before"


class StripePeer:
    """`with StripePeer() as stripe:`; a program is pointed at it by `stripe.environment`.

    Its methods speak to the control API, so that another process may hold one too: `StripePeer(url=…)`."""

    def __init__(self, url: str | None = None) -> None:
        self.url = url or f"http://127.0.0.1:{free_port()}"
        self._owned = url is None
        self._folder: Path | None = None
        self._process: Process | None = None
        self._client = httpx2.Client(base_url=f"{self.url}/_control/", timeout=30)

    @property
    def environment(self) -> dict[str, str]:
        return {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_BASE": self.url}

    def __enter__(self) -> Self:
        if self._owned:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._process is not None:
            self._process.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Raises RuntimeError with the log's end when it does not come up."""
        self._folder = self._folder or new_folder("stripe-proxy")
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "tests.peers.stripe", "--port", port]
        self._process = Process(command, log=self._folder / "proxy.log")
        self._process.wait_until(self._answers, seconds=30)

    def state(self) -> Any:
        """calls, webhooks (events, held, under_way, tried, policy, endpoints), waiting, planned."""
        answer = self._client.get("state")
        answer.raise_for_status()
        return answer.json()

    def reset(self, *, books: bool = False) -> None:
        """Nothing goes wrong from here on, and what was seen is forgotten; with `books`, what was done, too."""
        self._post("reset", books=books)

    def fault(self, when: str, **how: Any) -> None:
        """See Fault: path, method, times, seconds, hold, status, drop, remember."""
        self._post("faults", when=when, **how)

    def open_gate(self, name: str) -> None:
        self._post("gates", open=name)

    def wait_for_gate(self, name: str, calls: int = 1) -> None:
        """Until that many calls wait there."""
        self.wait(lambda: self.state()["waiting"].get(name, 0) >= calls, what=f"{calls} at the gate {name}")

    def forget_keys(self) -> None:
        self._post("keys/forget")

    def deliver_to(self, *urls: str, secrets: Sequence[str] = (SECRET,)) -> None:
        self._post("endpoints", endpoints=[{"url": url, "secrets": list(secrets)} for url in urls])

    def webhooks(self, when: str, **how: Any) -> None:
        """See Policy: "after", "before", "held" or "never"; copies, order, seconds, seed."""
        self._post("webhooks", when=when, **how)

    def deliver(self, **how: Any) -> list[Any]:
        """What was held, or `events` by their ids, now; answers with each try."""
        return list(self._post("webhooks/deliver", **how)["tried"])

    def send(self, body: str, **how: Any) -> int:
        """Any body to the first endpoint (or `url`): secrets, ahead (seconds), signature; answers with the status."""
        return int(self._post("webhooks/send", body=body, **{"secrets": [SECRET], **how})["status"])

    def signature_of(self, body: str) -> str:
        """As Stripe would sign it now."""
        return sign(body.encode(), [SECRET], int(time.time()))

    def change_amount(self, reference: str, amount: int) -> None:
        """In its own unit, as if somebody had changed it there by hand."""
        self._post("amounts", reference=reference, amount=amount)

    def authenticate(self, reference: str, *, approve: bool) -> None:
        """What the customer answers on the bank's page."""
        self._post("authenticate", reference=reference, approve=approve)

    def hold_debits(self, held: bool = True) -> None:
        """Debits stay under way until they are let go."""
        self._post("debits", held=held)

    def refunds_are(self, status: str) -> None:
        self._post("refunds", status=status)

    def settle_refund(self, reference: str, status: str) -> None:
        """succeeded or failed, by its bank, later."""
        self._post("refunds", reference=reference, status=status)

    def things(self, kind: str) -> list[Any]:
        """All payment_intents or refunds, as Stripe itself has them: what really happened."""
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = self._client.get(f"{self.url}/v1/{kind}", params={"limit": 1_000_000}, headers=headers, timeout=30)
        answer.raise_for_status()
        return list(answer.json()["data"])

    def wait(self, condition: Callable[[], bool], *, what: str, seconds: float = 20) -> None:
        eventually(condition, what=what, seconds=seconds)

    def wait_until_quiet(self) -> None:
        """Until no event is under way."""
        self.wait(lambda: self.state()["webhooks"]["under_way"] == 0, what="all events are delivered")

    def _answers(self) -> bool:
        try:
            return self._client.get("state").status_code == 200
        except httpx2.TransportError:
            return False

    def _post(self, path: str, /, **body: Any) -> Any:
        answer = self._client.post(path, json=body)
        if answer.is_error:
            raise ValueError(f"{path}: {answer.text}")
        return answer.json()
