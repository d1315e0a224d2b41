# SPDX-License-Identifier: Apache-2.0
"""A STOMP client that others wrote, over WebSocket."""

import queue

import pytest
import stomp

from conformance.wire import PATIENCE, Wire


class Heard(stomp.ConnectionListener):
    """What the client is told, in order."""

    def __init__(self):
        self.frames: queue.Queue = queue.Queue()

    def next(self) -> tuple:
        return self.frames.get(timeout=PATIENCE)

    def on_connected(self, frame):
        self.frames.put(("connected", frame.headers["version"]))

    def on_message(self, frame):
        self.frames.put(("message", frame.headers, frame.body))

    def on_receipt(self, frame):
        self.frames.put(("receipt", frame.headers["receipt-id"]))

    def on_error(self, frame):
        self.frames.put(("error", frame.headers["message"]))


def client(wire: Wire) -> tuple[stomp.WSConnection, Heard]:
    connection = stomp.WSConnection([("127.0.0.1", wire.port)], ws_path="/stomp", heartbeats=(1000, 1000))
    heard = Heard()
    connection.set_listener("", heard)
    return connection, heard


def test_it_subscribes_sends_and_acknowledges(patient: Wire):
    connection, heard = client(patient)
    connection.connect("ana", "right", wait=True)
    assert heard.next() == ("connected", "1.2")
    connection.subscribe("/queue/test", id="1", ack="client", receipt="r1")
    assert heard.next() == ("receipt", "r1")
    connection.send("/queue/test", "hello é\n:", headers={"key": "va:lue\n\\x"})
    kind, headers, body = heard.next()
    assert (kind, headers["key"], body) == ("message", "va:lue\n\\x", "hello é\n:")
    connection.ack(headers["ack"], receipt="r2")
    assert heard.next() == ("receipt", "r2")
    connection.send("/queue/test", "x" * 100_000)
    assert heard.next()[2] == "x" * 100_000
    connection.unsubscribe("1")
    connection.disconnect(receipt="bye")
    assert heard.next() == ("receipt", "bye")


def test_it_hears_why_it_is_refused(patient: Wire):
    connection, heard = client(patient)
    with pytest.raises(stomp.exception.ConnectFailedException):
        connection.connect("ana", "wrong", wait=True)
    assert heard.next() == ("error", "wrong passcode")
