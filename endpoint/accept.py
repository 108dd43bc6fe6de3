"""Which media type a client would rather have: one of the two of GraphQL over HTTP, or an event stream."""

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
EVENTS = "text/event-stream"


def preferred_media_type(accept: str) -> str:
    """GRAPHQL_RESPONSE for those who name it and prefer it to JSON or like both alike; JSON for everyone else."""
    wishes = _wishes(accept)
    own = wishes.get(GRAPHQL_RESPONSE, 0.0)
    return GRAPHQL_RESPONSE if own > 0 and own >= wishes.get(JSON, 0.0) else JSON


def prefers_events(accept: str) -> bool:
    """Whether it names event streams, and no JSON that it likes more or, liking both alike, names before."""
    wishes = _wishes(accept)
    events = wishes.get(EVENTS, 0.0)
    named = list(wishes)
    rivals = [kind for kind in (GRAPHQL_RESPONSE, JSON) if kind in wishes]
    return events > 0 and all(
        events > wishes[kind] or (events == wishes[kind] and named.index(EVENTS) < named.index(kind)) for kind in rivals
    )


def _wishes(accept: str) -> dict[str, float]:
    return dict(_wish(part) for part in accept.split(","))


def _wish(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key == "q":
            try:
                return name, float(value)
            except ValueError:
                return name, 0.0
    return name, 1.0
