"""Which events Stripe has for what has become of an intent, and what they are about."""

from tests.peers.stripe.upstream import Json

_TOLD = {
    "succeeded": ("charge.succeeded", "payment_intent.succeeded"),
    "requires_action": ("payment_intent.requires_action",),
    "processing": ("payment_intent.processing",),
    "canceled": ("payment_intent.canceled",),
    "requires_payment_method": ("payment_intent.payment_failed",),
}
_TOLD_OF_SETUPS = {
    "succeeded": "setup_intent.succeeded",
    "requires_action": "setup_intent.requires_action",
    "requires_payment_method": "setup_intent.setup_failed",
    "canceled": "setup_intent.canceled",
}


def told_of(view: Json) -> list[tuple[str, Json]]:
    """Each event's type, and the object in it."""
    if view["object"] == "setup_intent":
        return [(_TOLD_OF_SETUPS[view["status"]], view)]
    return [(kind, view if kind.startswith("payment_intent") else charge_of(view)) for kind in _TOLD[view["status"]]]


def charge_of(intent: Json) -> Json:
    """The charge inside an intent, as far as an event needs it."""
    charge = intent.get("latest_charge") or {"id": "ch_none", "object": "charge"}
    return {**charge, "payment_intent": intent["id"]}
