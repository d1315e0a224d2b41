# SPDX-License-Identifier: Apache-2.0
"""A STOMP client as pages have it: over SockJS by any of its ways, or over a bare WebSocket."""

import contextlib
import json
import queue
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator

import requests
import websocket

WAYS = ["websocket", "sockjs", "xhr_streaming", "xhr", "eventsource"]
# What the client of the course splits its frames into.
PIECE = 16 * 1024


class Way:
    """Carries texts to the server and, from a thread of its own, from it."""

    def __init__(self):
        self.texts: queue.Queue[str | None] = queue.Queue()

    def listen(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            self.run()
        except (OSError, requests.RequestException, websocket.WebSocketException):
            pass
        self.texts.put(None)

    def unwrap(self, frame: str) -> bool:
        """Takes a frame of SockJS; false when it was the last."""
        assert frame[0] in "oahc", frame
        if frame[0] == "a":
            for text in json.loads(frame[1:]):
                self.texts.put(text)
        return frame[0] != "c"


class Bare(Way):
    """A WebSocket at `/ws/websocket`, without SockJS around it."""

    def __init__(self, url: str, path: str = "/websocket", protocols: tuple = ("v10.stomp", "v11.stomp", "v12.stomp")):
        super().__init__()
        self.socket = websocket.create_connection(
            url.replace("http", "ws", 1) + path, timeout=20, subprotocols=list(protocols),
            sslopt={"cert_reqs": ssl.CERT_NONE, "check_hostname": False})

    def run(self) -> None:
        while text := self.socket.recv():
            self.texts.put(text)

    def send(self, text: str) -> None:
        self.socket.send(text)

    def close(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # closed already, perhaps
            self.socket.sock.shutdown(socket.SHUT_RDWR)


class SockJSWebSocket(Bare):
    def __init__(self, url: str):
        super().__init__(url, f"/000/{secrets.token_hex(4)}/websocket", ())

    def run(self) -> None:
        while (frame := self.socket.recv()) and self.unwrap(frame):
            pass

    def send(self, text: str) -> None:
        self.socket.send(json.dumps([text]))


class Requests(Way):
    """SockJS over requests: one that brings what the server says, and one for each message to it."""

    def __init__(self, url: str, way: str):
        super().__init__()
        self.base = f"{url}/000/{secrets.token_hex(4)}"
        self.way = way
        self.session = requests.Session()
        self.sending = requests.Session()
        for session in (self.session, self.sending):
            # Whether certificates are right is for other tests, and no proxy of the machine is in between.
            session.verify = session.trust_env = False
        self.closed = False
        self.begun = threading.Event()

    def listen(self) -> None:
        super().listen()
        # A message before the session is there would have no session.
        assert self.begun.wait(20)

    def unwrap(self, frame: str) -> bool:
        self.begun.set()
        return super().unwrap(frame)

    def run(self) -> None:
        while not self.closed:
            for frame in self.frames():
                if not self.unwrap(frame):
                    return

    def frames(self) -> Iterator[str]:
        if self.way == "xhr":
            response = self.session.post(f"{self.base}/xhr", timeout=40)
            assert response.status_code == 200, response.text
            yield response.text.rstrip("\n")
            return
        method = "GET" if self.way == "eventsource" else "POST"
        with self.session.request(method, f"{self.base}/{self.way}", stream=True, timeout=40) as response:
            assert response.status_code == 200
            response.encoding = "utf-8"
            for line in response.iter_lines(chunk_size=1, decode_unicode=True):
                if self.way == "eventsource":
                    if line.startswith("data: "):
                        yield line[6:]
                # Streams begin with a line that fills the buffers of old browsers.
                elif line and set(line) != {"h"}:
                    yield line

    def send(self, text: str) -> None:
        response = self.sending.post(f"{self.base}/xhr_send", data=json.dumps([text]).encode(), timeout=20)
        assert response.status_code == 204, response.text

    def close(self) -> None:
        self.closed = True
        self.session.close()


def open_way(url: str, way: str) -> Way:
    if way == "websocket":
        return Bare(url)
    return SockJSWebSocket(url) if way == "sockjs" else Requests(url, way)


class StompPeer:
    """Connected when it is made. `url` is the SockJS endpoint, such as `http://localhost:3001/ws`."""

    def __init__(self, url: str, way: str = "sockjs", versions: str = "1.1,1.0"):
        self.way = open_way(url, way)
        self.way.listen()
        self.subscriptions = 0
        self.buffer = ""
        self.frame("CONNECT", {"accept-version": versions, "heart-beat": "10000,10000"})
        command, self.welcome, _ = self.next_frame()
        assert command == "CONNECTED", (command, self.welcome)

    def frame(self, command: str, headers: dict, body: str = "") -> None:
        if body:
            headers = {**headers, "content-length": str(len(body.encode()))}
        text = "\n".join([command, *(f"{name}:{value}" for name, value in headers.items()), "", body]) + "\0"
        for start in range(0, len(text), PIECE):
            self.way.send(text[start:start + PIECE])

    def subscribe(self, destination: str) -> str:
        name = f"sub-{self.subscriptions}"
        self.subscriptions += 1
        self.frame("SUBSCRIBE", {"id": name, "destination": destination})
        return name

    def send(self, destination: str, message: object) -> None:
        self.frame("SEND", {"destination": destination}, message if isinstance(message, str) else json.dumps(message))

    def settle(self) -> None:
        """Returns when the server has taken all that was sent so far."""
        self.frame("SUBSCRIBE", {"id": "settled", "destination": "/nowhere", "receipt": "settled"})
        assert self.next_frame()[:1] == ("RECEIPT",)
        self.frame("UNSUBSCRIBE", {"id": "settled"})

    def next_frame(self, timeout: float = 15) -> tuple[str, dict, str]:
        while True:
            self.buffer = self.buffer.lstrip("\n")  # heart-beats
            if "\0" in self.buffer:
                text, self.buffer = self.buffer.split("\0", 1)
                head, body = text.split("\n\n", 1)
                command, *lines = head.split("\n")
                return command, dict(line.split(":", 1) for line in lines), body
            text = self.way.texts.get(timeout=timeout)
            if text is None:
                raise ConnectionError("the server closed the connection")
            self.buffer += text

    def next(self) -> tuple[str, object]:
        """The next message: its destination and its JSON."""
        command, headers, body = self.next_frame()
        assert command == "MESSAGE", (command, headers, body)
        assert headers["subscription"] and headers["message-id"]
        return headers["destination"], json.loads(body)

    def quiet(self) -> bool:
        """Whether nothing has come besides what was read."""
        self.settle()
        return True

    def leave(self) -> None:
        self.way.close()
