"""The least that delivery can cost: the same bytes written to every socket, by a server that does nothing else.

`python -m benchmarks.stream.bare PORT`; whoever opens /control says what is written, and hears when.
"""

import asyncio
import sys
import time

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

sockets: set[WSTransport] = set()


class Follower(WSListener):
    """Gets what the controller sends."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        sockets.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        sockets.discard(transport)


class Controller(WSListener):
    """Each of its messages goes to all others."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is not WSMsgType.TEXT:
            return
        message, began = frame.get_payload_as_bytes(), time.time_ns()
        for socket in sockets:
            socket.send(WSMsgType.TEXT, message)
        transport.send(WSMsgType.TEXT, str(began).encode())


def listener_of(request: WSUpgradeRequest) -> WSListener:
    return Controller() if request.path == b"/control" else Follower()


async def main(port: int) -> None:
    server = await ws_create_server(listener_of, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
