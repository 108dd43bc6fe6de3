"""The README's tables as the code has them."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from gateways.payments.sandbox.tokens import TOKENS, Behaviour
from models.sandbox import SandboxStatus
from settings import Settings

_OUTCOMES = {
    SandboxStatus.SUCCEEDED: "succeeds",
    SandboxStatus.REQUIRES_ACTION: "asks for strong authentication, on a page that is really there",
    SandboxStatus.PROCESSING: "is pending at first and succeeds later (`SANDBOX_SETTLE_SECONDS`)",
}


def settings_rows() -> list[str]:
    """One for each setting, in the order of `settings.py`."""
    return [
        f"| `{name.upper()}` | {_shown(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]


def token_rows() -> list[str]:
    """One for each token that the sandbox knows."""
    return [f"| `{token}` | {behaviour.kind} | {_outcome(behaviour)} |" for token, behaviour in TOKENS.items()]


def _shown(default: Any) -> str:
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    match value:
        case None | "" | ():
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case str() | int() | float() | Path():
            return f"`{value}`"
        case other:
            raise TypeError(f"no way to show {other!r}")


def _outcome(behaviour: Behaviour) -> str:
    if not behaviour.answers:
        return "succeeds, but the answer is lost on the way: pending until the provider is asked again"
    if behaviour.status is SandboxStatus.FAILED:
        return f"is declined: `{behaviour.failure_code}`"
    if behaviour.asks_to_save:
        return f"{_OUTCOMES[behaviour.status]}; to be saved it asks for strong authentication"
    return _OUTCOMES[behaviour.status]
