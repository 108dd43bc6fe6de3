"""Which of the two media types of GraphQL over HTTP a client would rather have."""

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"


def preferred_media_type(accept: str) -> str:
    """GRAPHQL_RESPONSE for those who name it and prefer it to JSON or like both alike; JSON for everyone else."""
    wishes = dict(_wish(part) for part in accept.split(","))
    own = wishes.get(GRAPHQL_RESPONSE, 0.0)
    return GRAPHQL_RESPONSE if own > 0 and own >= wishes.get(JSON, 0.0) else JSON


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
