# SPDX-License-Identifier: Apache-2.0
"""The Noom dialects, replayed by scripted clients: chat on a bare WebSocket, chat in rooms, a call of two."""

import json
import urllib.request
from collections.abc import Iterator

import pytest
import websocket

from dialects import ANSWER, CANDIDATE, OFFER, DialectServer, Peer, Peers, TextPeer, speaking
from server import ANY_CERTIFICATE

KEYS = ["noom-chat", "noom-rooms", "noom-video"]


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialectServer]:
    """All three on one port, as the course's server has them."""
    yield from speaking(tmp_path_factory.mktemp("noom"), "noom", *KEYS, shared=True)


@pytest.fixture
def peers(speaker: DialectServer) -> Iterator[Peers]:
    peers = Peers(speaker.url("noom-video"))
    yield peers
    peers.leave()


@pytest.fixture
def chat(speaker: DialectServer) -> Iterator[list[TextPeer]]:
    url = speaker.url("noom-chat", "ws") + "/"
    pair = [TextPeer(url), TextPeer(url)]
    yield pair
    for peer in pair:
        peer.leave()


# noom-chat


def test_chat_is_json_in_and_bare_text_out(chat: list[TextPeer]) -> None:
    ana, ben = chat
    ana.send(json.dumps({"type": "new_message", "payload": "hello"}))
    assert [ana.next(), ben.next()] == ["Anon: hello"] * 2
    ana.send(json.dumps({"type": "nickname", "payload": "Ana"}))
    ana.send(json.dumps({"type": "new_message", "payload": "hello"}))
    assert [ana.next(), ben.next()] == ["Ana: hello"] * 2
    # A message is not also a nickname.
    ana.send(json.dumps({"type": "new_message", "payload": "again"}))
    assert [ana.next(), ben.next()] == ["Ana: again"] * 2
    ben.send("raw text of the lesson before")
    assert [ana.next(), ben.next()] == ["raw text of the lesson before"] * 2


def test_what_breaks_json_or_is_binary_ends_nobody(chat: list[TextPeer]) -> None:
    ana, ben = chat
    ana.send('{"type":"new_message"')
    assert ben.next() == '{"type":"new_message"'
    for text in ['{"type":7}', '{"type":"nickname","payload":{}}', "{}"]:
        ana.send(text)
    ana.socket.send_binary(b"\xff\xfe")
    assert "\ufffd" in ben.next()
    ben.send(json.dumps({"type": "new_message", "payload": "still here"}))
    assert ben.next() == "Anon: still here"


def test_a_dead_chat_client_is_no_trouble_for_the_others(chat: list[TextPeer]) -> None:
    ana, ben = chat
    ana.socket.sock.shutdown(2)
    ben.send("anybody?")
    assert ben.next() == "anybody?"


# noom-rooms


def test_rooms_tell_who_comes_how_many_there_are_and_which_rooms(peers: Peers) -> None:
    ana, ben, cy = peers(), peers(), peers()
    ana.emit("nickname", "Ana")
    assert ana.ask("enter_room", "tea") in (None, [], ())
    assert [peer.hears("room_change") for peer in (ana, ben, cy)] == [(["tea"],)] * 3
    ben.ask("enter_room", "tea")
    assert ana.next() == ("welcome", "Anon", 2)
    assert ana.next() == ("room_change", ["tea"])
    ana.ask("new_message", "hello", "tea")
    assert ben.hears("new_message") == ("Ana: hello",)
    ana.leave()
    assert ben.next() == ("bye", "Ana", 1)
    assert ben.next() == ("room_change", ["tea"])
    ben.leave()
    assert cy.hears("room_change") == (["tea"],)
    assert cy.hears("room_change") == (["tea"],)
    assert cy.hears("room_change") == ([],)


def test_the_sender_of_a_message_gets_the_answer_and_not_the_message(peers: Peers) -> None:
    ana, ben = peers(), peers()
    for peer in (ana, ben):
        peer.ask("enter_room", "quiet")
    ana.ask("new_message", "one", "quiet")
    ben.ask("new_message", "two", "quiet")
    assert ana.hears("new_message") == ("Anon: two",)


def test_nobody_speaks_into_a_room_from_outside(peers: Peers) -> None:
    ana, ben, eve = peers(), peers(), peers()
    for peer in (ana, ben):
        peer.ask("enter_room", "inside")
    eve.ask("enter_room", "outside")
    eve.emit("new_message", "forged", "inside")
    # A room may be named like a socket: it leads nowhere.
    eve.ask("enter_room", ana.id)
    eve.emit("new_message", "forged", ana.id)
    ben.ask("new_message", "real", "inside")
    assert ana.hears("new_message") == ("Anon: real",)


# noom-video


@pytest.mark.parametrize("ice", ["ice", "icecandidate"])
def test_a_call_of_two_is_passed_on_word_by_word(peers: Peers, ice: str) -> None:
    ana, ben, eve = peers(), peers(), peers()
    room = f"call-{ice}"
    ana.ask("join_room", room)
    ana.emit(ice, CANDIDATE, room)  # nobody is there
    ana.ask("join_room", room)  # and now that is known
    ben.emit("join_room", room)
    assert ana.next() == ("welcome",)
    ana.emit("offer", OFFER, room)
    assert ben.next() == ("offer", OFFER)
    ben.emit("answer", ANSWER, room)
    assert ana.next() == ("answer", ANSWER)
    ben.emit(ice, CANDIDATE, room)
    assert ana.next() == (ice, CANDIDATE)
    ben.emit(ice, None, room)
    assert ana.next() == (ice, None)
    eve.emit("join_room", room)
    assert eve.next() == ("room_full", room)
    eve.emit("offer", OFFER, room)
    # A page that has not stored the room's name yet.
    ana.emit("offer", OFFER, None)
    assert ben.next() == ("offer", OFFER), "and nothing of the third"


def test_the_earlier_lessons_get_their_answer(peers: Peers) -> None:
    assert peers().ask("join_room", "lesson") in (None, [], ())


def test_malformed_events_change_nothing_for_the_others(peers: Peers) -> None:
    ana, ben = peers(), peers()
    ana.ask("join_room", "solid")
    ben.ask("join_room", "solid")
    assert ana.next() == ("welcome",)
    for name in ("join_room", "offer", "answer", "ice"):
        for values in [(7,), ({"a": []}, "solid"), ("x" * 200_000, "solid"), (b"\x00\x01", "solid")]:
            ben.emit(name, *values)
    ben.emit("offer", OFFER, "solid")
    assert ana.next() == ("offer", OFFER)


# Addresses


def test_one_port_serves_https_and_http(speaker: DialectServer) -> None:
    for scheme in ("http", "https"):
        page = urllib.request.urlopen(speaker.url("noom-video", scheme) + "/", context=ANY_CERTIFICATE).read()
        assert b"noom-video" in page
        Peer(speaker.url("noom-video", scheme)).leave()
    Peer(speaker.url("noom-video"), transports=["polling", "websocket"]).leave()


def test_unknown_pages_lead_home_and_files_do_not(speaker: DialectServer) -> None:
    assert urllib.request.urlopen(speaker.url("noom-video") + "/room").url == speaker.url("noom-video") + "/"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(speaker.url("noom-video") + "/public/js/app.js")
    client = urllib.request.urlopen(speaker.url("noom-video") + "/socket.io/socket.io.js").read()
    assert b"io" in client


def test_the_main_address_has_each_dialect_at_a_path_and_as_a_namespace(speaker: DialectServer) -> None:
    path = Peer(speaker.origin, path="dialects/noom-video/socket.io")
    path.ask("join_room", "crossing")
    namespace = Peer(speaker.origin, namespace="/noom-video")
    namespace.emit("join_room", "crossing")
    assert path.next() == ("welcome",)
    detected = Peer(speaker.origin)
    detected.emit("join_room", "crossing")
    assert detected.next() == ("room_full", "crossing")
    for peer in (path, namespace, detected):
        peer.leave()


def test_the_chat_is_at_its_path_of_the_main_address(speaker: DialectServer, chat: list[TextPeer]) -> None:
    address = speaker.origin.replace("https", "wss") + "/dialects/noom-chat/"
    socket = websocket.create_connection(address, timeout=10, sslopt={"cert_reqs": 0})
    socket.send("from afar")
    assert chat[0].next() == "from afar"
    socket.close()
