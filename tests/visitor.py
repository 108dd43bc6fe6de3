"""A client of the demo who knows nothing but its address and an account: what a newcomer's program would be."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from tests.peers.programs import Server

QUERIES = Path(__file__).resolve().parents[1] / "queries"
PASSWORD = "demo"


class Visitor:
    """Signed in as one of the demo's accounts."""

    def __init__(self, server: Server, email: str) -> None:
        self._address = f"{server.url}/graphql"
        self.token = ""
        self.token = str(self.run("sign_in", email=email, password=PASSWORD)["token"])

    def run(self, name: str, **variables: Any) -> Any:
        """A document of `queries/`; the answer of its last root field. Fails the test where there are errors."""
        text = (QUERIES / f"{name}.graphql").read_text()
        answer = self.send(text, {"input": variables} if "$input" in text else variables)
        assert "errors" not in answer, answer
        found = list(answer["data"].values())[-1]
        assert not (isinstance(found, dict) and found.get("errors")), found
        return found

    def send(self, text: str, variables: dict[str, Any] | None = None) -> Any:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": text, "variables": variables or {}}
        return httpx2.post(self._address, json=body, headers=headers, timeout=30).json()

    def place(self, *codes: str, quantity: int = 1, **fields: Any) -> dict[str, Any]:
        lines = [{"productCode": code, "quantity": quantity} for code in codes]
        payload = self.run("place_order", lines=lines, waiveWithdrawal=True, idempotencyKey=str(uuid4()), **fields)
        return dict(payload["order"])

    def pay(self, order: dict[str, Any], token: str = "sandbox_card") -> dict[str, Any]:
        source = {"newMethod": {"kind": "CARD", "providerToken": token}}
        return dict(self.run("pay_order", orderId=order["id"], source=source, idempotencyKey=str(uuid4())))

    def position(self) -> str:
        return str(self.send("{ streamPosition }")["data"]["streamPosition"])


def lines_of(output: str) -> list[Any]:
    """What a program wrote, one JSON value a line."""
    return [json.loads(line) for line in output.splitlines()]
