# SPDX-License-Identifier: Apache-2.0
"""The server dies without warning. People go on, and nothing that was acknowledged is lost."""

import threading

import socketio.exceptions
from playwright.sync_api import Locator, expect

from conftest import Arrive
from person import Person
from server import Server
from visitor import Visitor


def lost_banner(person: Person) -> Locator:
    return person.page.locator(".banner").filter(has_text="Connection lost")


def test_a_call_survives_the_death_of_the_server(arrive: Arrive, fragile_server: Server):
    meeting = fragile_server.new_meeting()
    ana = arrive("Ana", server=fragile_server).join(meeting)
    ben = arrive("Ben", server=fragile_server).join(meeting)
    ana.say("before")
    ben.reads("before")
    ana.sees("Ben")

    fragile_server.kill()
    expect(lost_banner(ana)).to_be_visible()
    ana.say("meanwhile")

    fragile_server.start()
    expect(lost_banner(ana)).to_have_count(0)
    expect(lost_banner(ben)).to_have_count(0)
    ben.reads("before", "meanwhile")
    ben.say("after")
    ana.reads("before", "meanwhile", "after")
    ana.sees("Ben")
    ben.sees("Ana")
    ana.hears_sound()
    ben.hears_sound()

    cleo = arrive("Cleo", server=fragile_server).join(meeting)
    cleo.reads("before", "meanwhile", "after")
    cleo.sees("Ana")


def test_no_acknowledged_message_is_lost(fragile_server: Server):
    meeting = fragile_server.new_meeting()
    acknowledged: dict[int, str] = {}
    lock = threading.Lock()

    def talk(visitor: Visitor) -> None:
        for number in range(100_000):
            text = f"{visitor.name} {number}"
            try:
                answer = visitor.say(text, timeout=2)
            except (socketio.exceptions.SocketIOError, OSError):
                return
            if "seq" not in answer:  # too fast: not kept, and told so
                continue
            with lock:
                acknowledged[answer["seq"]] = text

    for round_number in range(3):
        visitors = [
            Visitor(fragile_server.origin, f"{transport} {round_number}", transport).connect()
            for transport in ("websocket", "polling")
        ]
        for visitor in visitors:
            assert "self" in visitor.join(meeting)
        threads = [threading.Thread(target=talk, args=[visitor]) for visitor in visitors]
        before = len(acknowledged)
        for thread in threads:
            thread.start()
        while len(acknowledged) < before + 15 and any(thread.is_alive() for thread in threads):
            threads[0].join(0.01)
        fragile_server.kill()
        for thread in threads:
            thread.join(15)
        assert not any(thread.is_alive() for thread in threads)
        assert len(acknowledged) >= before + 15, "the visitors could talk"
        fragile_server.start()

    reader = Visitor(fragile_server.origin, "Reader").connect()
    history = {message["seq"]: message["text"] for message in reader.join(meeting)["chat"]["messages"]}
    reader.leave()
    assert {seq: history.get(seq) for seq in acknowledged} == acknowledged


def test_a_seat_outlives_the_server(fragile_server: Server):
    meeting = fragile_server.new_meeting()
    eve = Visitor(fragile_server.origin, "Eve").connect()
    first = eve.join(meeting)
    eve.say("kept")
    fragile_server.kill()
    fragile_server.start()
    again = Visitor(fragile_server.origin, "Eve").connect()
    second = again.join(meeting, seat=first["seat"], after=0)
    again.leave()
    assert second["self"]["id"] == first["self"]["id"]
    assert second["server"] != first["server"]
    assert [message["text"] for message in second["chat"]["messages"]] == ["kept"]


def test_a_stopping_server_says_so(fragile_server: Server):
    meeting = fragile_server.new_meeting()
    eve = Visitor(fragile_server.origin, "Eve").connect()
    eve.join(meeting)
    fragile_server.stop()
    assert eve.hears("stopping") == {}
    eve.hears("disconnect")
