# SPDX-License-Identifier: Apache-2.0
"""Clients of the dialect devameet: its routes, a Socket.IO 4 page, and a page of Engine.IO 3."""

import json
import queue
import threading
import urllib.error
import urllib.request

import websocket

PASSWORD = "Abc123$"
PALETTE = "#8250C4"


class Person:
    """Somebody with an account, as a page of the course talks to the routes."""

    number = 0

    def __init__(self, url: str, name: str = "Ana", *, register: bool = True):
        Person.number += 1
        self.url = url
        self.name = name
        self.email = f"{name.lower()}{Person.number}@example.org"
        self.token = ""
        self.id = ""
        if register:
            status, answer = self.post("/auth/register", {
                "name": name, "email": self.email, "password": PASSWORD, "avatar": "avatar_07"})
            assert status == 200, answer
            status, answer = self.post("/auth/login", {"login": self.email, "password": PASSWORD})
            assert status == 200, answer
            self.token = answer["token"]
            self.id = self.get("/user")[1]["id"]

    def request(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, object]:
        """Gives the status and the decoded body, `None` for an empty one."""
        if self.token:
            headers = {"Authorization": f"Bearer {self.token}", **headers}
        request = urllib.request.Request(
            f"{self.url}/api{path}", method=method,
            data=body if isinstance(body, bytes | None) else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **headers})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                status, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, json.loads(text) if text else None

    def get(self, path: str) -> tuple[int, object]:
        return self.request("GET", path)

    def post(self, path: str, body: object) -> tuple[int, object]:
        return self.request("POST", path, body)

    def put(self, path: str, body: object) -> tuple[int, object]:
        return self.request("PUT", path, body)

    def new_meeting(self, name: str = "Daily") -> dict:
        """As it is in the list afterwards: `id`, `name`, `color`, `link`."""
        status, answer = self.post("/meet", {"name": name, "color": PALETTE})
        assert (status, answer) == (201, None)
        return self.get("/meet")[1][-1]


class OldPeer:
    """A client of Socket.IO 2, written against its protocol: Engine.IO 3 over a bare WebSocket."""

    def __init__(self, url: str):
        self.socket = websocket.create_connection(
            url.replace("http", "ws", 1) + "/socket.io/?EIO=3&transport=websocket", timeout=10)
        opened = self.socket.recv()
        assert opened[0] == "0", opened
        self.id = json.loads(opened[1:])["sid"]
        # The server of Socket.IO 2 connects its client to the default namespace unasked.
        assert self.socket.recv() == "40"
        self.told: queue.Queue[list] = queue.Queue()
        self.pongs = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while text := self.socket.recv():
                if text.startswith("42"):
                    self.told.put(json.loads(text[2:]))
                elif text.startswith("3"):
                    self.pongs += 1
        except (OSError, websocket.WebSocketException):
            pass

    def emit(self, event: str, value: object) -> None:
        self.socket.send("42" + json.dumps([event, value]))

    def ping(self) -> None:
        """In this revision it is the client who asks."""
        self.socket.send("2")

    def next(self) -> tuple:
        return tuple(self.told.get(timeout=10))

    def hears(self, event: str) -> tuple:
        while True:
            name, *values = self.told.get(timeout=10)
            if name == event:
                return tuple(values)

    def leave(self) -> None:
        self.socket.close()
