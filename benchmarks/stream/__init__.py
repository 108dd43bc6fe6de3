"""How much it costs to follow the stream, beside a bare socket write and other servers of GraphQL subscriptions."""
