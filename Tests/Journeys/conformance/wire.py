# SPDX-License-Identifier: Apache-2.0
"""HTTP and WebSocket as a client may write them, right or wrong, and Engine.IO sessions on top."""

import asyncio
import base64
import json
import os
import struct
from dataclasses import dataclass

PATIENCE = 10  # seconds until an answer counts as missing

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


@dataclass
class Answer:
    """An HTTP response; names of headers are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def packets(self) -> list[str]:
        return self.text.split("\x1e")


class Refused(Exception):
    """The WebSocket handshake was answered with something else than 101."""

    def __init__(self, answer: Answer):
        super().__init__(f"{answer.status} {answer.text}")
        self.answer = answer


class Closed(Exception):
    """The connection ended. `code` is None where no close frame came or it was empty."""

    def __init__(self, code: int | None = None, reason: str = ""):
        super().__init__(f"closed: {code} {reason}")
        self.code = code


async def read_answer(reader: asyncio.StreamReader, method: str = "GET") -> Answer:
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    code = int(status.split()[1])
    if method == "HEAD" or code in (101, 204, 304):
        body = b""
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
    else:
        body = await reader.read()
    return Answer(code, headers, body)


class Wire:
    """A server's port, and the path of one of its services."""

    def __init__(self, port: int, path: str = "/socket.io/"):
        self.port = port
        self.path = path

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=4_000_000)

    def head(self, method: str, query: str, headers: dict[str, str], path: str | None = None) -> bytes:
        target = self.path if path is None else path
        lines = [f"{method} {target}{'?' if query else ''}{query} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()

    async def request(
        self, method: str, query: str, body: bytes | str | None = None, headers: dict[str, str] | None = None,
        path: str | None = None,
    ) -> Answer:
        """One request on a connection of its own. Cancelled, it drops the connection."""
        reader, writer = await self.connect()
        try:
            headers = {"Connection": "close", **(headers or {})}
            body = body.encode() if isinstance(body, str) else body
            if body is not None:
                headers |= {"Content-Length": str(len(body))}
                headers.setdefault("Content-Type", "text/plain;charset=UTF-8")
            writer.write(self.head(method, query, headers, path) + (body or b""))
            async with asyncio.timeout(PATIENCE):
                return await read_answer(reader, method)
        finally:
            writer.transport.abort()

    async def get(self, query: str, **headers: str) -> Answer:
        return await self.request("GET", query, headers=headers)

    async def websocket(self, query: str = "EIO=4&transport=websocket", **headers: str) -> "WebSocket":
        """Throws `Refused`."""
        reader, writer = await self.connect()
        key = base64.b64encode(os.urandom(16)).decode()
        headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": key, **{name.replace("_", "-"): value for name, value in headers.items()}}
        writer.write(self.head("GET", query, headers))
        async with asyncio.timeout(PATIENCE):
            answer = await read_answer(reader)
        if answer.status != 101:
            writer.close()
            raise Refused(answer)
        return WebSocket(reader, writer, answer)

    async def refused(self, query: str) -> None:
        """A handshake with this query gives no session, whether refused at once or just after."""
        try:
            socket = await self.websocket(query)
        except Refused as refusal:
            assert refusal.answer.status == 400
        else:
            async with asyncio.timeout(PATIENCE):
                assert b'"sid"' not in await socket.reader.read(65536), "it was let in"

    async def polling(self) -> "Polling":
        answer = await self.get("EIO=4&transport=polling")
        assert answer.status == 200, answer
        return Polling(self, json.loads(answer.text[1:]))


class WebSocket:
    """The client's end of a WebSocket, as strict or as careless as a case wants it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer):
        self.reader = reader
        self.writer = writer
        self.answer = answer
        self.pongs: list[bytes] = []

    def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.frame(TEXT, message.encode())
        else:
            self.frame(BINARY, message)

    def frame(self, opcode: int, payload: bytes, *, final: bool = True, reserved: int = 0, masked: bool = True) -> None:
        size = len(payload)
        short, extended = (size, b"") if size < 126 else (
            (126, struct.pack("!H", size)) if size < 65536 else (127, struct.pack("!Q", size)))
        key = os.urandom(4) if masked else b""
        if masked:
            pad = key * (size // 4 + 1)
            payload = bytes(byte ^ mask for byte, mask in zip(payload, pad))
        self.writer.write(bytes([final << 7 | reserved << 4 | opcode, masked << 7 | short]) + extended + key + payload)

    async def receive(self) -> str | bytes:
        """The next message. Throws `Closed`."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    opcode, payload = await self.read_frame()
                    if opcode == TEXT:
                        return payload.decode()
                    if opcode == BINARY:
                        return payload
                    if opcode == PONG:
                        self.pongs.append(payload)
                    if opcode == CLOSE:
                        code = struct.unpack("!H", payload[:2])[0] if payload else None
                        raise Closed(code, payload[2:].decode())
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Closed() from None

    async def read_frame(self) -> tuple[int, bytes]:
        first, second = await self.reader.readexactly(2)
        assert first & 0xf0 == 0x80 and second < 128, "a frame in one piece, not masked, without extensions"
        size = second
        if size == 126:
            size = struct.unpack("!H", await self.reader.readexactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", await self.reader.readexactly(8))[0]
        return first & 15, await self.reader.readexactly(size)

    async def hear(self) -> str | bytes:
        """The next message that is no heartbeat; heartbeats are answered."""
        while (message := await self.receive()) == "2":
            self.send("3")
        return message

    async def closes(self) -> int | None:
        """Waits for the end, whatever comes before it, and gives its code."""
        try:
            while True:
                await self.receive()
        except Closed as end:
            return end.code

    def drop(self) -> None:
        self.writer.transport.abort()


class Polling:
    """An Engine.IO session over HTTP long-polling."""

    def __init__(self, wire: Wire, opened: dict):
        self.wire = wire
        self.opened = opened
        self.sid: str = opened["sid"]
        self.query = f"EIO=4&transport=polling&sid={self.sid}"

    async def poll(self, **headers: str) -> Answer:
        return await self.wire.get(self.query, **headers)

    async def push(self, body: str | bytes, **headers: str) -> Answer:
        return await self.wire.request("POST", self.query, body, headers)

    async def hear(self, number: int = 1) -> list[str]:
        """That many packets that are no heartbeat, by as many requests as it takes."""
        heard: list[str] = []
        while len(heard) < number:
            answer = await self.poll()
            assert answer.status == 200, (answer, heard)
            for packet in answer.packets:
                if packet == "2":
                    await self.push("3")
                else:
                    heard.append(packet)
        return heard

    async def is_gone(self) -> bool:
        answer = await self.poll()
        return answer.status == 400 and json.loads(answer.text)["code"] == 1

    async def upgrade(self) -> WebSocket:
        """A WebSocket whose probe was answered; the session has not changed over yet."""
        socket = await self.wire.websocket(f"EIO=4&transport=websocket&sid={self.sid}")
        socket.send("2probe")
        assert await socket.receive() == "3probe"
        return socket
