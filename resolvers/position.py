"""Reading the place in the stream before anything else of a document is read."""

from collections.abc import AsyncIterator

from strawberry.extensions import SchemaExtension

from schema.context import Context
from streaming.log import current_place


class ReadPositionFirst(SchemaExtension):
    """What a client then subscribes after: everything it has read is from that place or later, so nothing falls
    between the two."""

    async def on_execute(self) -> AsyncIterator[None]:
        context: Context = self.execution_context.context
        # The name in the text is enough to tell: an answer that does not need it costs one cheap statement.
        if "streamPosition" in (self.execution_context.query or ""):
            context.position = (await current_place(context.services.database)).encode()
        yield
