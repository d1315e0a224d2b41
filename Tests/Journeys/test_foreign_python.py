# SPDX-License-Identifier: Apache-2.0
"""python-socketio against our Socket.IO server: its asyncio client and the one with threads, over plain HTTP."""

import asyncio
import queue
import time
from collections.abc import Callable, Iterator

import engineio
import pytest
import socketio
import socketio.exceptions

from conformance.program import PATIENT, running
from visitor import run

# Its default of 16 packets in a body is less than any server sends under load.
engineio.payload.Payload.max_decode_packets = 100_000

TRANSPORTS = [["polling"], ["websocket"], ["polling", "websocket"]]


class Guest:
    """Either client behind one face. What the server says goes into `events`."""

    def __init__(self, kind: type, port: int, transports: list[str], **options: object):
        self.client = kind(reconnection=False, **options)
        self.address = f"http://127.0.0.1:{port}"
        self.transports = transports
        self.events: queue.Queue[tuple[str, tuple]] = queue.Queue()
        self.answers: Callable[..., object] = lambda *values: values[0]
        self.hesitation = 0.0

    @property
    def is_asynchronous(self) -> bool:
        return isinstance(self.client, socketio.AsyncClient)

    def answer(self, *values: object) -> object:
        time.sleep(self.hesitation)
        return self.answers(*values)

    async def think(self, *values: object) -> object:
        await asyncio.sleep(self.hesitation)
        return self.answers(*values)

    def do(self, result: object) -> object:
        return run(result) if asyncio.iscoroutine(result) else result

    def connect(self, *namespaces: str, auth: dict | None = None) -> "Guest":
        for namespace in namespaces or ["/"]:
            self.listen(namespace)
        self.do(self.client.connect(
            self.address, namespaces=list(namespaces or ["/"]), auth=auth, transports=self.transports, wait_timeout=10))
        return self

    def listen(self, namespace: str) -> None:
        self.client.on("*", lambda event, *values: self.events.put((event, values)), namespace=namespace)
        self.client.on("question", self.think if self.is_asynchronous else self.answer, namespace=namespace)
        for event in ("connect_error", "disconnect"):
            self.client.on(event, lambda *values, event=event: self.events.put((event, values)), namespace=namespace)

    def emit(self, event: str, *values: object, namespace: str = "/") -> None:
        self.do(self.client.emit(event, values, namespace=namespace))

    def call(self, event: str, *values: object, namespace: str = "/") -> object:
        return self.do(self.client.call(event, values, namespace=namespace, timeout=10))

    def hears(self, event: str) -> tuple:
        """The values of the next event of that name; others before it are let go."""
        while True:
            name, values = self.events.get(timeout=10)
            if name == event:
                return values

    def leave(self) -> None:
        if self.client.connected:
            self.do(self.client.disconnect())


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(*PATIENT) as port:
        yield port


Come = Callable[..., Guest]


@pytest.fixture(params=[socketio.AsyncClient, socketio.Client], ids=["asyncio", "threads"])
def kind(request: pytest.FixtureRequest) -> type:
    return request.param


@pytest.fixture(params=TRANSPORTS, ids="+".join)
def come(kind: type, port: int, request: pytest.FixtureRequest) -> Iterator[Come]:
    guests: list[Guest] = []

    def make(*namespaces: str, auth: dict | None = None) -> Guest:
        guests.append(Guest(kind, port, request.param))
        return guests[-1].connect(*namespaces, auth=auth)

    yield make
    for guest in guests:
        guest.leave()


def test_values_and_binaries_come_back_unchanged(come: Come):
    guest = come(auth={"token": "é"})
    assert guest.hears("auth") == ({"token": "é"},)
    values = ("★ 日本 😀", -0.5, None, True, {"": [[]], "bytes": b"\x00\xff"}, b"", 2**53 - 1)
    guest.emit("message", *values)
    assert guest.hears("message-back") == values
    assert guest.call("message-with-ack", *values) == values
    large = bytes(range(256)) * 1000
    assert guest.call("message-with-ack", large) == large


def test_the_server_asks_and_the_client_answers(come: Come):
    guest = come()
    guest.answers = lambda question: {"bytes": b"\x01" + question}
    guest.emit("ask", b"\x02")
    assert guest.hears("answer") == (None, {"bytes": b"\x01\x02"})


def test_a_question_without_an_answer_times_out(port: int, kind: type):
    guest = Guest(kind, port, ["websocket"])
    guest.hesitation = 0.8
    guest.connect()
    guest.emit("ask", "hard")
    assert guest.hears("answer") == ("operation has timed out",)
    guest.leave()


def test_rooms_hear_what_is_theirs(come: Come):
    ana, ben, eve = (come() for _ in range(3))
    for guest, room in ((ana, "red"), (ben, "red"), (eve, "red"), (eve, "blue")):
        guest.call("join", room)
    ana.call("say", "red", 1)
    ana.call("say-all", "red", 2)
    ana.call("say-except", "red", "blue", 3)
    eve.call("leave", "red")
    ana.call("say-all", "red", 4)
    ana.call("say-all", "blue", 5)
    assert [ana.hears("said") for _ in range(3)] == [(2,), (3,), (4,)]
    assert [ben.hears("said") for _ in range(4)] == [(1,), (2,), (3,), (4,)]
    assert [eve.hears("said") for _ in range(3)] == [(1,), (2,), (5,)]


def test_a_room_is_asked_together(come: Come):
    ana, ben = come(), come()
    for guest in (ana, ben):
        guest.call("join", "asked")
    ben.answers = lambda question: question + 1
    ana.emit("ask-room", "asked", 1)
    complete, answers = ana.hears("answers")
    assert (complete, sorted(answers)) == (True, [1, 2])


def test_namespaces_share_a_connection_and_part_alone(come: Come):
    guest = come("/", "/custom")
    assert guest.client.get_sid("/") != guest.client.get_sid("/custom")
    guest.emit("kick", namespace="/custom")
    guest.hears("disconnect")
    assert guest.call("message-with-ack", "still here") == "still here"


def test_a_refusal_carries_its_data(come: Come):
    assert come("/refusing", auth={"token": "right"}).call("message-with-ack", 1, namespace="/refusing") == 1
    with pytest.raises(socketio.exceptions.ConnectionError):
        come("/refusing", auth={"token": "wrong"})


def test_a_refusal_says_why(port: int, kind: type):
    for namespace, why in (("/refusing", {"message": "not allowed", "data": {"code": 7, "auth": {}}}),
                           ("/nowhere", {"message": "Invalid namespace"})):
        guest = Guest(kind, port, ["websocket"])
        with pytest.raises(socketio.exceptions.ConnectionError):
            guest.connect(namespace)
        assert guest.hears("connect_error") == (why,)


def test_nothing_is_lost_or_reordered_under_load(come: Come):
    guest = come()
    guest.emit("count", 300)
    for value in range(300):
        guest.emit("message", value)
    heard: dict[str, list] = {"count": [], "message-back": []}
    while min(map(len, heard.values())) < 300:
        event, values = guest.events.get(timeout=10)
        heard.get(event, []).append(values[0])
    assert heard["message-back"] == list(range(300))
    assert heard["count"] == [
        value if value % 5 else {"value": value, "bytes": bytes([value % 256])} for value in range(300)]


def test_the_server_sends_a_client_away(come: Come):
    guest = come()
    guest.emit("kick-all")
    guest.hears("disconnect")


@pytest.fixture(scope="module")
def message_pack_port() -> Iterator[int]:
    with running(*PATIENT, "--parser", "messagepack") as port:
        yield port


@pytest.mark.parametrize("transports", TRANSPORTS, ids="+".join)
def test_packets_may_be_message_pack(kind: type, message_pack_port: int, transports: list[str]):
    guest = Guest(kind, message_pack_port, transports, serializer="msgpack")
    guest.connect("/", "/custom", auth={"token": "é"})
    assert guest.hears("auth") == ({"token": "é"},)
    values = ("★", -0.5, None, True, {"bytes": b"\x00\xff", "list": [1, -1, 70_000]}, b"", 2**40)
    assert guest.call("message-with-ack", *values) == values
    guest.emit("message", *values, namespace="/custom")
    assert guest.hears("message-back") == values
    guest.call("join", "red")
    guest.call("say-all", "red", b"\x01", "said")
    assert guest.hears("said") == (b"\x01", "said")
    guest.leave()
