# SPDX-License-Identifier: Apache-2.0
"""An independent Socket.IO client takes part, over both transports."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import socketio.exceptions
from playwright.sync_api import expect

from conftest import Arrive, serve
from server import Server
from visitor import SILENT, Visitor


@pytest.fixture
def visitors() -> Iterator[list[Visitor]]:
    visitors: list[Visitor] = []
    yield visitors
    for visitor in visitors:
        visitor.leave()


def come(visitors: list[Visitor], server: Server, name: str, transport: str = "websocket") -> Visitor:
    visitors.append(Visitor(server.origin, name, transport))
    return visitors[-1].connect()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_visitor_chats_with_a_person(arrive: Arrive, visitors, server: Server, meeting: str, transport: str):
    ana = arrive("Ana").join(meeting)
    eve = come(visitors, server, "Eve", transport)
    reply = eve.join(meeting)
    assert [person["name"] for person in reply["participants"]] == ["Ana"]
    expect(ana.tile("Eve")).to_be_visible()
    answer = eve.say("Hello from Python: ★ é 日本")
    assert answer["seq"] == 1
    ana.reads("Hello from Python: ★ é 日本")
    ana.say("Hello from a browser")
    while (message := eve.hears("chat")["message"])["from"] == eve.id:
        pass
    assert (message["seq"], message["name"], message["text"]) == (2, "Ana", "Hello from a browser")
    eve.call("media", {**SILENT, "microphone": True})
    expect(ana.tile("Eve, microphone off")).to_have_count(0)
    ana.press("Turn off microphone")
    assert eve.hears("media-changed")["media"]["microphone"] is False
    assert eve.call("leave", {}) == {}
    expect(ana.tile("Eve")).to_have_count(0)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_every_refusal_has_its_code(visitors, server: Server, meeting: str, transport: str):
    eve = come(visitors, server, "Eve", transport)
    assert eve.call("chat", {"id": "1", "text": "too early"})["refused"] == "not-joined"
    assert eve.join("zzz-zzzz-zzz")["refused"] == "no-such-meeting"
    assert eve.join(meeting, name="  ")["refused"] == "invalid-name"
    assert eve.join(meeting, name="x" * 61)["refused"] == "invalid-name"
    assert eve.join(meeting, media=None)["refused"] == "invalid-event"
    assert eve.join(meeting, seat="forged")["refused"] == "invalid-seat"
    assert "self" in eve.join(meeting)
    assert eve.join(meeting)["refused"] == "already-joined"
    assert eve.say(" ")["refused"] == "chat-empty"
    assert eve.say("x" * 4001)["refused"] == "chat-too-long"
    assert eve.call("chat", {"text": "without id"})["refused"] == "invalid-event"
    signal = {"to": "nobody", "page": "p", "data": {"candidate": None}}
    assert eve.call("signal", signal)["refused"] == "no-such-participant"
    for reply in (eve.say("still here"), eve.call("media", SILENT)):
        assert "refused" not in reply


def test_another_version_of_the_protocol_is_refused(server: Server):
    for version in (1, None, "2"):
        eve = Visitor(server.origin, "Eve", protocol=version)
        with pytest.raises(socketio.exceptions.ConnectionError):
            eve.connect()
        refusal = eve.hears("connect_error")
        assert refusal == {"message": "unsupported-protocol", "data": {"supported": [3]}}


def test_a_repeated_message_is_kept_once(visitors, server: Server, meeting: str):
    eve = come(visitors, server, "Eve")
    eve.join(meeting)
    message = {"id": "same", "text": "once"}
    first = eve.call("chat", message)
    assert eve.call("chat", message) == first
    ben = come(visitors, server, "Ben", "polling")
    assert [kept["id"] for kept in ben.join(meeting)["chat"]["messages"]] == ["same"]


def test_a_seat_token_gives_the_same_seat_back(visitors, server: Server, meeting: str):
    ben = come(visitors, server, "Ben")
    ben.join(meeting)
    eve = come(visitors, server, "Eve")
    seat = eve.join(meeting)["seat"]
    again = come(visitors, server, "Eve", "polling")
    reply = again.join(meeting, seat=seat)
    assert reply["self"]["id"] == eve.id
    assert eve.hears("replaced") == {}
    eve.hears("disconnect")
    assert ben.hears("participant-joined")["participant"]["id"] == eve.id
    assert len(reply["participants"]) == 1


def test_a_signal_reaches_only_the_page_it_is_for(visitors, server: Server, meeting: str):
    ben, eve = come(visitors, server, "Ben"), come(visitors, server, "Eve", "polling")
    ben.join(meeting, page="ben-page")
    eve.join(meeting, page="eve-page")
    data = {"description": {"type": "offer", "sdp": "v=0\r\n"}, "unknown": [1.50, None, {"é": "\u0000"}]}
    assert eve.call("signal", {"to": ben.id, "page": "old-page", "data": data})["refused"] == "stale-page"
    assert eve.call("signal", {"to": ben.id, "page": "ben-page", "data": data}) == {}
    assert ben.hears("signal") == {"from": eve.id, "page": "eve-page", "data": data}


def test_a_full_meeting_refuses_the_seventh(arrive: Arrive, visitors, tmp_path: Path):
    for server in serve(tmp_path, "small-rooms", "--set", "rooms.capacity=6"):
        refuses_the_seventh(arrive, visitors, server)


def refuses_the_seventh(arrive: Arrive, visitors: list[Visitor], server: Server) -> None:
    meeting = server.new_meeting()
    for number in range(6):
        assert "self" in come(visitors, server, f"Guest {number}").join(meeting)
    assert come(visitors, server, "Guest 6").join(meeting)["refused"] == "meeting-full"
    ana = arrive("Ana", server=server).open(meeting)
    ana.page.get_by_label("Your name").fill("Ana")
    join = ana.page.get_by_role("button", name="Join now")
    join.click()
    expect(join).to_be_visible()  # it says "Joining…" until the server has refused
    expect(ana.page.get_by_role("alert").filter(has_text="This meeting is full")).to_be_visible()
    visitors[0].call("leave", {})
    join.click()
    ana.is_inside()
