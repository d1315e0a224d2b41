# SPDX-License-Identifier: Apache-2.0
"""Scripted clients of the dialects: what a page of a course sends, and what it is sent."""

import queue
import time
from collections.abc import Iterator
from pathlib import Path

import engineio
import socketio
import websocket

from server import ROOT, Server, free_port

# Its default of 16 packets in a body is less than any server sends under load.
engineio.payload.Payload.max_decode_packets = 100_000

OFFER = {"type": "offer", "sdp": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"}
ANSWER = {"type": "answer", "sdp": OFFER["sdp"]}
CANDIDATE = {"candidate": "candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


class DialectServer(Server):
    """A server that speaks dialects, each at a port of its own unless they are to share one, and serves the example
    pages there if asked to, or those of another folder."""

    def __init__(self, data: Path, name: str, *keys: str, shared: bool = False, arguments: tuple = (),
                 with_pages: bool = False, folder: Path = ROOT / "Examples/Dialects"):
        shared_port = free_port()
        self.ports = {key: shared_port if shared else free_port() for key in keys}
        pages = {key: f"={folder / key}" if with_pages else "" for key in keys}
        choices = ",".join(f"{key}:{port}{pages[key]}" for key, port in self.ports.items())
        super().__init__(data, name, "--dialects", choices, *arguments)

    def url(self, key: str, scheme: str = "http") -> str:
        return f"{scheme}://localhost:{self.ports[key]}"


def speaking(data: Path, name: str, *keys: str, **options) -> Iterator[DialectServer]:
    """For fixtures: a running server until the test is over."""
    server = DialectServer(data, name, *keys, **options)
    server.start()
    yield server
    server.stop()


class Peer:
    """A Socket.IO client that remembers what it is told, in order.

    Over plain HTTP where it says much: its two threads get in each other's way in one TLS session.
    """

    def __init__(self, url: str, auth: dict | None = None, transports: list[str] | None = None,
                 namespace: str = "/", path: str = "socket.io", headers: dict | None = None):
        self.client = socketio.Client(reconnection=False, ssl_verify=False)
        self.namespace = namespace
        self.told: queue.Queue[tuple[str, tuple]] = queue.Queue()
        self.client.on("*", lambda event, *values: self.told.put((event, values)), namespace=namespace)
        self.client.on("disconnect", lambda *_: self.told.put(("disconnect", ())), namespace=namespace)
        self.client.connect(
            url, auth=auth, transports=transports or ["websocket"], namespaces=[namespace], socketio_path=path,
            headers=headers or {}, wait_timeout=10)

    @property
    def id(self) -> str:
        return self.client.get_sid(self.namespace)

    def emit(self, event: str, *values: object) -> None:
        self.client.emit(event, values, namespace=self.namespace)

    def ask(self, event: str, *values: object, timeout: float = 10) -> object:
        """Sends an event and gives its acknowledgement."""
        return self.client.call(event, values, namespace=self.namespace, timeout=timeout)

    def next(self) -> tuple:
        """The next event, its name and then its arguments."""
        name, values = self.told.get(timeout=10)
        return (name, *values)

    def hears(self, event: str) -> tuple:
        """The arguments of the next event of that name; others before it are let go."""
        while True:
            name, values = self.told.get(timeout=10)
            if name == event:
                return values

    def ends(self) -> bool:
        """Waits until the server has closed the connection.

        A client that is sent away before it has noticed that it was let in says nothing of it, so this looks at the
        transport.
        """
        deadline = time.monotonic() + 20
        while self.client.eio.state == "connected" and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.client.eio.state != "connected"

    def leave(self) -> None:
        if self.client.connected:
            self.client.disconnect()


class Peers:
    """Makes clients of one dialect, and has them leave in the end."""

    def __init__(self, url: str):
        self.url = url
        self.all: list[Peer] = []

    def __call__(self, **options: object) -> Peer:
        self.all.append(Peer(self.url, **options))
        return self.all[-1]

    def leave(self) -> None:
        for peer in self.all:
            peer.leave()


class TextPeer:
    """A client on a bare WebSocket."""

    def __init__(self, url: str):
        self.socket = websocket.create_connection(url, timeout=10)

    def send(self, text: str) -> None:
        self.socket.send(text)

    def next(self) -> str:
        return self.socket.recv()

    def leave(self) -> None:
        self.socket.close()
