# SPDX-License-Identifier: Apache-2.0
"""A Socket.IO server that is not ours, for our client: python-socketio on the port given."""

import asyncio
import sys
from pathlib import Path

import engineio
import socketio
from aiohttp import StreamReader, web

CLIENT = Path(__file__).resolve().parents[2] / "web/dist/socket.io"
NAMESPACES = ["/", "/custom"]

# The default of 16 packets in a body is less than any client sends under load.
engineio.payload.Payload.max_decode_packets = 100_000


read_some = StreamReader.read


async def read_whole(self: StreamReader, count: int = -1) -> bytes:
    """python-engineio takes what has come of a body for all of it."""
    if count < 0:
        return await read_some(self, count)
    body = b""
    while len(body) < count and (more := await read_some(self, count - len(body))):
        body += more
    return body


StreamReader.read = read_whole

server = socketio.AsyncServer(
    async_mode="aiohttp", cors_allowed_origins="*", ping_interval=1, ping_timeout=15, namespaces=NAMESPACES)


async def count(sid: str, namespace: str, number: int) -> None:
    """Sends 0, 1, 2 …; every fifth with binary."""
    for value in range(number):
        data = {"value": value, "bytes": bytes([value % 256])} if value % 5 == 0 else value
        await server.emit("count", data, to=sid, namespace=namespace)
        if value % 7 == 0:
            await asyncio.sleep(0.001)


def serve(namespace: str) -> None:
    async def connected(sid: str, environ: dict, auth: dict | None = None) -> None:
        if auth and "refuse" in auth:
            raise socketio.exceptions.ConnectionRefusedError("refused", auth["refuse"])
        await server.emit("auth", auth, to=sid, namespace=namespace)
        if auth and "count" in auth:
            server.start_background_task(count, sid, namespace, auth["count"])

    async def echo(sid: str, *values: object) -> tuple:
        return values

    async def back(sid: str, value: object) -> None:
        await server.emit("back", value, to=sid, namespace=namespace)

    async def ask(sid: str, question: object) -> None:
        await server.emit("answer", await server.call("question", question, to=sid, namespace=namespace),
                          to=sid, namespace=namespace)

    async def kick(sid: str) -> None:
        await server.disconnect(sid, namespace=namespace)

    server.on("connect", connected, namespace=namespace)
    for handler in (echo, back, ask, kick):
        server.on(handler.__name__, handler, namespace=namespace)


async def page(request: web.Request) -> web.Response:
    return web.Response(text='<!doctype html><script src="/client/socket.io.js"></script>', content_type="text/html")


if __name__ == "__main__":
    for name in NAMESPACES:
        serve(name)
    app = web.Application()
    server.attach(app)
    app.add_routes([web.get("/", page), web.static("/client", CLIENT)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
