"""What makes a message of graphql-transport-ws well formed."""

from collections.abc import Callable, Mapping


def _text(value: object) -> bool:
    return isinstance(value, str)


def _optional_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _identifier(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _object(value: object) -> bool:
    return isinstance(value, dict)


def _optional_object(value: object) -> bool:
    return value is None or isinstance(value, dict)


_Checks = Mapping[str, Callable[[object], bool]]

_KINDS: Mapping[str, _Checks] = {
    "connection_init": {"payload": _optional_object},
    "ping": {"payload": _optional_object},
    "pong": {"payload": _optional_object},
    "subscribe": {"id": _identifier, "payload": _object},
    "complete": {"id": _identifier},
}
_SUBSCRIPTION: _Checks = {
    "query": _text,
    "operationName": _optional_text,
    "variables": _optional_object,
    "extensions": _optional_object,
}


def fault_of(message: object) -> str | None:
    """Says what is wrong with a decoded message, fit for the reason of a close frame; None where it is sound."""
    if not isinstance(message, dict):
        return "A message is an object"
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        return "Unknown message type"
    for key, is_sound in _KINDS[kind].items():
        if not is_sound(message.get(key)):
            return f"Invalid {key} in {kind}"
    if kind == "subscribe":
        for key, is_sound in _SUBSCRIPTION.items():
            if not is_sound(message["payload"].get(key)):
                return f"Invalid payload.{key} in subscribe"
    return None
