# SPDX-License-Identifier: Apache-2.0
"""Somebody without a browser: an independent Socket.IO client that speaks the meeting protocol."""

import itertools
import queue
import uuid

import requests
import socketio

SILENT = {"microphone": False, "camera": False, "screen": False, "screenStream": None}


class Visitor:
    """python-socketio in the namespace `/meet`. Everything the server says goes into `events`."""

    def __init__(self, origin: str, name: str, transport: str = "websocket", protocol: object = 1):
        self.origin = origin
        self.name = name
        self.transport = transport
        self.protocol = protocol
        self.events: queue.Queue[tuple[str, dict]] = queue.Queue(maxsize=10_000)
        session = requests.Session()
        session.verify = False
        session.trust_env = False  # a REQUESTS_CA_BUNDLE would count for more than the line above
        self.client = socketio.Client(reconnection=False, http_session=session, ssl_verify=False)
        self.client.on("*", lambda event, *data: self.events.put((event, data[0] if data else {})), namespace="/meet")
        self.client.on("connect_error", lambda data: self.events.put(("connect_error", data)), namespace="/meet")
        self.client.on("disconnect", lambda *_: self.events.put(("disconnect", {})), namespace="/meet")
        self.numbers = itertools.count(1)
        self.id = ""

    def connect(self) -> "Visitor":
        self.client.connect(
            self.origin, namespaces=["/meet"], auth={"protocol": self.protocol}, transports=[self.transport],
            wait_timeout=10)
        return self

    def call(self, event: str, payload: object, timeout: float = 10) -> dict:
        return self.client.call(event, payload, namespace="/meet", timeout=timeout)

    def join(self, meeting: str, **fields: object) -> dict:
        reply = self.call("join", {
            "meeting": meeting, "name": self.name, "page": uuid.uuid4().hex, "media": SILENT, **fields})
        if "self" in reply:
            self.id = reply["self"]["id"]
        return reply

    def say(self, text: str, timeout: float = 10) -> dict:
        return self.call("chat", {"id": f"{self.name}-{next(self.numbers)}", "text": text}, timeout)

    def hears(self, event: str, timeout: float = 10) -> dict:
        """The next event of that name; others before it are let go."""
        while True:
            name, data = self.events.get(timeout=timeout)
            if name == event:
                return data

    def leave(self) -> None:
        if self.client.connected:
            self.client.disconnect()
