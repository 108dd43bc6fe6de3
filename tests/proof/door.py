"""The front door of a shop whose server may die over any request: documents, uploads, and their answers' bytes."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import httpx2

from tests.api import QUERIES


class Door:
    """`url` is where its server listens. `mourn` returns once that is dead which has not answered."""

    def __init__(self, url: str, mourn: Callable[[], None]) -> None:
        self.url = url
        self._mourn = mourn
        self._http = httpx2.Client(timeout=60)

    def close(self) -> None:
        self._http.close()

    def ask(self, token: str, name: str, *, url: str = "", **fields: Any) -> bytes | None:
        """The answer's bytes; None where the server died over it, and the client does not know what has become of it.

        Raises AssertionError where it is no answer of GraphQL's."""
        body = {"query": (QUERIES / f"{name}.graphql").read_text(), "variables": {"input": fields}}
        try:
            answer = self._http.post(f"{url or self.url}/graphql", json=body, headers=_signed_in(token))
        except httpx2.TransportError:
            self._mourn()
            return None
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.content

    def mutate(self, token: str, name: str, *, url: str = "", **fields: Any) -> Any:
        """The payload, or None as `ask` has it."""
        answer = self.ask(token, name, url=url, **fields)
        return None if answer is None else payload_of(answer)

    def run(self, token: str, text: str, **variables: Any) -> Any:
        """The one field of a query that is no mutation's."""
        body = {"query": text, "variables": variables}
        return payload_of(self._http.post(f"{self.url}/graphql", json=body, headers=_signed_in(token)).content)

    def upload(self, token: str, content: bytes) -> str:
        files = {"file": ("statement.csv", content, "text/csv")}
        answer = self._http.post(f"{self.url}/uploads", files=files, headers=_signed_in(token))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def answer_sandbox(self, reference: str, answer: str) -> None:
        with contextlib.suppress(httpx2.TransportError):  # it was dying over it, after the answer was kept
            self._http.post(f"{self.url}/sandbox/{reference}", data={"answer": answer})


def payload_of(body: bytes) -> Any:
    answer = json.loads(body)
    assert "errors" not in answer, answer
    return next(iter(answer["data"].values()))


def _signed_in(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
