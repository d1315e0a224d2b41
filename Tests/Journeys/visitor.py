# SPDX-License-Identifier: Apache-2.0
"""Somebody without a browser: an independent Socket.IO client that speaks the meeting protocol."""

import asyncio
import itertools
import queue
import threading
import uuid
from collections.abc import Coroutine
from typing import TypeVar

import socketio

Result = TypeVar("Result")

SILENT = {"microphone": False, "camera": False, "screen": False, "screenStream": None}


# One thread does all the visitors' reading and writing. The client that has a thread for each loses
# connections over TLS, to any server: Python lets two threads into one OpenSSL session at once.
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()


def run(work: Coroutine[object, object, Result]) -> Result:
    return asyncio.run_coroutine_threadsafe(work, loop).result()


class Visitor:
    """python-socketio in the namespace `/meet`. Everything the server says goes into `events`."""

    def __init__(self, origin: str, name: str, transport: str = "websocket", protocol: object = 3):
        self.origin = origin
        self.name = name
        self.transport = transport
        self.protocol = protocol
        self.events: queue.Queue[tuple[str, dict]] = queue.Queue(maxsize=10_000)
        self.client = socketio.AsyncClient(reconnection=False, ssl_verify=False)
        self.client.on("*", lambda event, *data: self.events.put((event, data[0] if data else {})), namespace="/meet")
        self.client.on("connect_error", lambda data: self.events.put(("connect_error", data)), namespace="/meet")
        self.client.on("disconnect", lambda *_: self.events.put(("disconnect", {})), namespace="/meet")
        self.numbers = itertools.count(1)
        self.id = ""

    def connect(self) -> "Visitor":
        run(self.client.connect(
            self.origin, namespaces=["/meet"], auth={"protocol": self.protocol}, transports=[self.transport],
            wait_timeout=10))
        return self

    def call(self, event: str, payload: object, timeout: float = 10) -> dict:
        return run(self.client.call(event, payload, namespace="/meet", timeout=timeout))

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
            run(self.client.disconnect())
