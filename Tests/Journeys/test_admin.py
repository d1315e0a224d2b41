# SPDX-License-Identifier: Apache-2.0
"""The namespace of the Admin UI, as the official page uses it: python-socketio stands for the page."""

import json
from collections.abc import Iterator

import pytest
import socketio
import socketio.exceptions

from conformance.program import PATIENT, running
from conformance.wire import Wire
from test_foreign_python import TRANSPORTS, Guest
from visitor import run

LOGIN = {"username": "ana", "password": "secret"}
COMMANDS = ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(*PATIENT, "--admin", "ana:secret") as port:
        yield port


@pytest.fixture(params=TRANSPORTS, ids="+".join)
def admin(port: int, request: pytest.FixtureRequest) -> Iterator[Guest]:
    admin = enter(port, LOGIN, request.param)
    yield admin
    admin.leave()


def enter(port: int, auth: dict, transports: list[str] | None = None) -> Guest:
    return Guest(socketio.AsyncClient, port, transports or ["websocket"]).connect("/admin", auth=auth)


def come(port: int, transports: list[str] | None = None) -> Guest:
    return Guest(socketio.AsyncClient, port, transports or ["websocket"]).connect()


def hears(admin: Guest, event: str, *start: object) -> tuple:
    """The values of the next event of that name that begin like that."""
    while True:
        values = admin.hears(event)
        if values[:len(start)] == start:
            return values


def test_only_the_password_opens_and_then_the_session(port: int):
    for auth in ({}, {**LOGIN, "password": "Secret"}, {"sessionId": "1"}):
        with pytest.raises(socketio.exceptions.ConnectionError):
            enter(port, auth)
    admin = enter(port, LOGIN)
    (session,) = admin.hears("session")
    admin.leave()
    again = enter(port, {"sessionId": session})
    assert again.hears("config") == ({"supportedFeatures": [*COMMANDS, "AGGREGATED_EVENTS", "ALL_EVENTS"]},)
    again.leave()


def test_the_page_sees_who_comes_and_what_they_say(port: int, admin: Guest):
    guest = come(port)
    name = guest.client.get_sid()
    socket = {"id": None}
    while socket["id"] != name:
        socket, _ = admin.hears("socket_connected")
    assert socket["nsp"] == "/" and socket["transport"] == "websocket" and socket["rooms"] == [name]
    assert socket["handshake"]["query"]["EIO"] == "4" and "auth" not in socket["handshake"]
    guest.call("join", "red")
    assert hears(admin, "event_received", "/", name)[2] == ["join", "red"]
    assert hears(admin, "room_joined", "/", "red")[2] == name
    guest.emit("message", b"\x01", "é")
    assert hears(admin, "event_received", "/", name)[2] == ["message", b"\x01", "é"]
    assert hears(admin, "event_sent", "/", name)[2] == ["message-back", b"\x01", "é"]
    guest.call("remember", 5)
    assert hears(admin, "socket_updated") == ({"id": name, "nsp": "/", "data": {"value": 5}},)
    guest.leave()
    # Its last packet and the end of the connection set out together.
    assert hears(admin, "socket_disconnected", "/", name)[2] in ("client namespace disconnect", "transport close")
    assert {hears(admin, "room_left", "/")[1] for _ in range(2)} == {"red", name}


def test_the_page_sees_everybody_at_first(port: int):
    guests = [come(port, ["polling"]), come(port)]
    admin = enter(port, LOGIN)
    (sockets,) = admin.hears("all_sockets")
    transports = {socket["id"]: socket["transport"] for socket in sockets}
    assert [transports[guest.client.get_sid()] for guest in guests] == ["polling", "websocket"]
    assert transports[admin.client.get_sid("/admin")] == "websocket"
    for guest in [*guests, admin]:
        guest.leave()


def test_the_page_sees_a_client_change_its_transport(port: int):
    admin = enter(port, LOGIN)

    async def upgrade() -> str:
        session = await Wire(port).polling()
        await session.push("40")
        connected, _ = await session.hear(2)
        socket = await session.upgrade()
        await session.poll()
        socket.send("5")
        socket.send('42["message"]')
        await socket.hear()
        socket.drop()
        return json.loads(connected[2:])["sid"]

    name = run(upgrade())
    assert admin.hears("socket_updated") == ({"id": name, "nsp": "/", "transport": "websocket"},)
    assert hears(admin, "socket_disconnected", "/", name)[2] == "transport close"
    admin.leave()


def test_the_page_sees_figures(port: int, admin: Guest):
    polling = come(port, ["polling"])
    polling.emit("message", "é")
    kinds: set[str] = set()

    def hear() -> dict:
        (figures,) = admin.hears("server_stats")
        kinds.update(event["type"] for event in figures["aggregatedEvents"])
        return figures

    # Those of the cases before may still be leaving.
    figures = hear()
    while figures["clientsCount"] != 2 or "packetsIn" not in kinds:
        figures = hear()
    assert figures["pollingClientsCount"] == 1 + (admin.transports == ["polling"])
    assert figures["namespaces"] == [
        {"name": name, "socketsCount": count} for name, count in
        (("/", 1), ("/admin", 1), ("/custom", 0), ("/refusing", 0))]
    assert figures["uptime"] > 0 and figures["pid"] > 0 and figures["serverId"] == figures["hostname"]
    polling.leave()
    while "rawDisconnection" not in kinds:
        hear()
    assert kinds >= {"rawConnection", "packetsIn", "packetsOut", "bytesIn", "bytesOut"}


def test_the_page_does_what_the_server_can(port: int, admin: Guest):
    ana, ben = come(port), come(port)
    name = ana.client.get_sid()
    for command, *values in (
            ("join", "/", "green", name), ("emit", "/", "green", "note", 1, b"\x02"), ("emit", "/", None, "all"),
            ("leave", "/", "green"), ("emit", "/", "green", "lost"), ("_disconnect", "/", True, name)):
        admin.emit(command, *values, namespace="/admin")
    assert ana.hears("note") == (1, b"\x02")
    ana.hears("all")
    ben.hears("all")
    ana.hears("disconnect")
    assert ben.call("message-with-ack", "still here") == "still here"
    assert "lost" not in [event for event, _ in ben.events.queue]
    ben.leave()


def test_the_page_may_only_look_at_figures_in_production():
    with running(*PATIENT, "--admin", "ana:secret", "--admin-mode", "production", "--admin-readonly", "yes") as port:
        admin, guest = enter(port, LOGIN), come(port)
        assert admin.hears("config") == ({"supportedFeatures": ["AGGREGATED_EVENTS"]},)
        admin.emit("_disconnect", "/", True, namespace="/admin")
        guest.call("message-with-ack", 1)
        admin.hears("server_stats")
        admin.hears("server_stats")
        assert {event for event, _ in admin.events.queue} <= {"server_stats"}
        assert guest.call("message-with-ack", "still here") == "still here"
        guest.leave()
        admin.leave()
