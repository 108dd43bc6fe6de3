"""GraphQL over HTTP and websocket for any Strawberry schema: transport, limits, masking; knows nothing of orders."""
