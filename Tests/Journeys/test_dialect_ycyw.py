# SPDX-License-Identifier: Apache-2.0
"""The YCYW dialects on Socket.IO, replayed by scripted clients: names and rooms, and what Netty makes of them."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
import websocket

from dialects import ANSWER, CANDIDATE, OFFER, DialectServer, Peer, Peers, speaking

KEYS = ["ycyw", "ycyw-netty"]
ON = {"video": True, "audio": False}


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialectServer]:
    yield from speaking(tmp_path_factory.mktemp("ycyw"), "ycyw", *KEYS)


@pytest.fixture
def peers(speaker: DialectServer) -> Iterator[Peers]:
    peers = Peers(speaker.url("ycyw"))
    yield peers
    peers.leave()


@pytest.fixture
def netty(speaker: DialectServer) -> Iterator[Peers]:
    peers = Peers(speaker.url("ycyw-netty"))
    yield peers
    peers.leave()


def ask(url: str, method: str = "GET", body: object = None, origin: str = "https://localhost:4200") -> tuple[int, str, dict]:
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, data=data, headers={
        "Content-Type": "application/json", "Origin": origin})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode(), dict(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


# ycyw


def come(peers: Peers, name: str) -> Peer:
    """Connects and joins as the page does, the test event first."""
    peer = peers(auth={"userName": name})
    peer.emit("test", "hello")
    peer.emit("join", {"sender": name, "type": "JOIN", "message": ""})
    while peer.hears("join")[0]["sender"] != name:
        pass
    return peer


def test_a_test_is_answered_first_and_joining_is_told_to_all(peers: Peers) -> None:
    ana = peers(auth={"userName": "Ana"})
    assert ana.next() == ("room-list", [])
    ana.emit("test", "any text")
    assert ana.next() == ("test", "test (server)")
    ana.emit("join", {"sender": "Ana", "type": "JOIN", "message": ""})
    assert ana.next() == ("join", {"sender": "Ana", "type": "JOIN", "message": "", "users": ["Ana"]})
    ben = peers(auth={"userName": "Ben"})
    assert ana.next() == ("room-list", [])
    assert ben.next() == ("room-list", [])
    ben.emit("join", {"sender": "Ben", "type": "JOIN", "message": ""})
    for peer in (ana, ben):
        assert peer.next() == ("join", {"sender": "Ben", "type": "JOIN", "message": "", "users": ["Ana", "Ben"]})
    ana.emit("chat", {"sender": "Ana", "message": "hello ★"})
    for peer in (ana, ben):
        assert peer.next() == ("chat", {"sender": "Ana", "message": "hello ★"})
    ana.emit("leave", {"sender": "Ana", "type": "LEAVE", "message": ""})
    for peer in (ana, ben):
        assert peer.next() == ("leave", {"sender": "Ana", "type": "LEAVE", "message": "", "users": ["Ben"]})
    ben.leave()
    # Once only, although its page did not say goodbye.
    assert ana.next() == ("leave", {"sender": "Ben", "type": "LEAVE", "message": "", "users": []})
    assert ana.next() == ("room-list", [])


def test_a_call_of_two_is_passed_on_without_envelopes(peers: Peers) -> None:
    ana, ben, eve = (come(peers, name) for name in ("Ana", "Ben", "Eve"))
    ana.emit("create-room", "Ana")
    assert ana.hears("room-created") == ({"roomName": "Ana"},)
    assert eve.hears("room-list")[0][-1:] != [] and ana.next() == ("room-list", [{"roomName": "Ana", "isFull": False}])
    ben.emit("join-room", {"roomName": "Ana", "joinerName": "Ben"})
    assert ben.hears("room-joined") == ({"roomName": "Ana", "joinerName": "Ben"},)
    assert ana.next() == ("room-joined", {"roomName": "Ana", "joinerName": "Ben"})
    for peer in (ana, ben):
        assert peer.next() == ("room-list", [{"roomName": "Ana", "isFull": True}])
    relays = [
        (ben, ana, "enabled-local-media", {"remotePeerHasSharedLocalMedia": ON}, (ON,)),
        (ana, ben, "webrtc-session-start", {}, ()),
        (ana, ben, "offer", {"offer": OFFER}, (OFFER,)),
        (ben, ana, "answer", {"answer": ANSWER}, (ANSWER,)),
        (ana, ben, "ice-candidate", {"candidate": CANDIDATE}, (CANDIDATE,)),
        (ben, ana, "ice-candidate", {"candidate": None}, (None,)),
        (ana, ben, "toggled-media", {"deviceToggles": ON}, (ON,)),
        (ben, ana, "toggled-screen-share", {"isSharingScreen": True}, (True,)),
        (ana, ben, "wrtc-test", {"message": "hi"}, ("hi",)),
    ]
    for sender, receiver, event, payload, arguments in relays:
        sender.emit(event, {"roomName": "Ana", **payload})
        assert receiver.next() == (event, *arguments)
    # From outside nothing gets in, and nobody ends what is not theirs.
    eve.emit("offer", {"roomName": "Ana", "offer": OFFER})
    eve.emit("room-deleted", "Ana")
    assert eve.hears("room-error") == ({"message": "You are not part of this room"},)
    eve.emit("join-room", {"roomName": "Ana", "joinerName": "Eve"})
    assert eve.hears("room-error") == ({"message": "Room is already full"},)
    ana.emit("room-deleted", "Ana")
    for peer in (ben, ana):
        assert peer.next() == ("room-deleted", {"roomName": "Ana", "userName": "Ana"})
        assert peer.next() == ("room-list", [])


def test_a_room_ends_with_either_of_its_two_and_can_be_made_again(peers: Peers) -> None:
    ana, ben = come(peers, "Ana"), come(peers, "Ben")
    for ending in ("leave-room", "disconnect"):
        ana.emit("create-room", "Ana")
        ana.hears("room-created")
        ben.emit("join-room", {"roomName": "Ana", "joinerName": "Ben"})
        ana.hears("room-joined")
        if ending == "disconnect":
            ben.leave()
        else:
            ben.emit("leave-room", "Ana")
        assert ana.hears("room-deleted") == ({"roomName": "Ana", "userName": "Ben"},)
        assert ana.hears("room-list") == ([],)
    # The same name again after the connection was lost.
    ben = come(peers, "Ben")
    ben.emit("create-room", "Ben")
    assert ben.hears("room-created") == ({"roomName": "Ben"},)


def test_every_error_has_the_words_that_pages_show(peers: Peers) -> None:
    eve = peers(auth={"userName": "Eve"})

    def refused(event: str, payload: object) -> str:
        eve.emit(event, payload)
        return eve.hears("room-error")[0]["message"]

    assert refused("create-room", "Eve") == "Cannot create room because user does not exist"
    eve.emit("join", {"sender": "Eve", "type": "JOIN", "message": ""})
    assert refused("create-room", "") == "Cannot create room because the room name was not specified"
    assert refused("join-room", {"roomName": "none", "joinerName": "Eve"}) == "Room does not exist"
    assert refused("leave-room", "") == "Room is falsy"
    assert refused("leave-room", "none") == "Room does not exist"
    assert refused("room-deleted", "") == "Cannot delete room because the room name was not specified"
    assert refused("room-deleted", "none") == "Cannot delete room because it doesn't exist"
    eve.emit("create-room", "Eve")
    assert refused("create-room", "Eve") == "Cannot create new room because it already exists"
    assert refused("join-room", {"roomName": "Eve", "joinerName": "Eve"}) == "You are already in a room"


def test_nobody_speaks_leaves_or_joins_in_the_name_of_another(peers: Peers) -> None:
    ana, eve = come(peers, "Ana"), come(peers, "Eve")
    eve.emit("chat", {"sender": "Ana", "message": "forged"})
    assert ana.hears("chat") == ({"sender": "Eve", "message": "forged"},)
    eve.emit("leave", {"sender": "Ana", "type": "LEAVE", "message": ""})
    assert ana.hears("leave")[0]["users"] == ["Ana"]
    thief = peers(auth={"userName": "ana"})
    thief.emit("join", {"sender": "ana", "type": "JOIN", "message": ""})
    assert thief.hears("room-error") == ({"message": "Username already taken"},)
    thief.emit("create-room", "Ana")
    assert thief.hears("room-error") == ({"message": "Cannot create room because user does not exist"},)
    # It was the same person with a new connection: they get their name when the old one is gone.
    ana.leave()
    assert thief.hears("join")[0]["users"] == ["ana"]


def test_clients_without_a_name_and_malformed_events_change_nothing_for_the_others(peers: Peers) -> None:
    ana, ben = come(peers, "Ana"), come(peers, "Ben")
    nameless = peers()
    for peer in (nameless, ben):
        for event in ("join", "chat", "leave", "create-room", "join-room", "leave-room", "room-deleted", "offer", "ice-candidate"):
            for values in [(), (7,), (None,), ({"roomName": []},), (b"\x00",)]:
                peer.emit(event, *values)
    for number in range(400):
        nameless.emit("chat", {"message": number})
    ana.emit("chat", {"sender": "Ana", "message": "still here"})
    assert ana.hears("chat")[0]["message"] == "still here"


def test_the_routes_of_the_page(speaker: DialectServer, peers: Peers) -> None:
    url = speaker.url("ycyw")
    status, text, headers = ask(url + "/api/test")
    assert (status, text.strip()) == (200, "NodeJS server TEST endpoint is up and running")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert ask(url + "/api/test", "POST", {"any": 1})[:2] == (200, '{"response":"ok"}')
    check = url + "/api/check-username"
    assert ask(check, "POST", {"userName": "Ana"})[:2] == (200, '{"message":"OK !"}')
    come(peers, "Ana")
    assert ask(check, "POST", {"userName": "ANA"})[:2] == (409, '{"message":"Username already taken"}')
    for wrong in ({}, {"userName": ""}, {"userName": 7}, [], b"not json", b"\xff"):
        assert ask(check, "POST", wrong)[:2] == (400, '{"message":"Bad request, invalid body or username"}')
    assert ask(check, "OPTIONS")[0] == 204


def test_the_path_of_the_main_address_does_the_same(tmp_path) -> None:
    for server in speaking(tmp_path, "ycyw-path", "ycyw", arguments=("--tls", "off")):
        ana = Peer(server.origin, auth={"userName": "Ana"}, path="dialects/ycyw/socket.io")
        ana.emit("join", {"sender": "Ana", "type": "JOIN", "message": ""})
        assert ana.hears("join")[0]["users"] == ["Ana"]
        check = f"{server.origin}/dialects/ycyw/api/check-username"
        assert ask(check, "POST", {"userName": "Ana"})[0] == 409
        ana.leave()


# ycyw-netty


def test_two_meet_and_the_second_calls(netty: Peers) -> None:
    ana, ben, eve = netty(), netty(), netty()
    ana.emit("joinRoom", "tea")
    assert ana.next() == ("created", "tea")
    ben.emit("joinRoom", "tea")
    assert ben.next() == ("joined", "tea")
    assert ben.next() == ("setCaller", ana.id)
    eve.emit("joinRoom", "tea")
    assert eve.next() == ("full", "tea")
    candidate = {"room": "tea", "label": 0, "id": "0", "candidate": CANDIDATE["candidate"]}
    for sender, event, payload, argument in [
        (ben, "ready", "tea", "tea"), (ben, "offer", {"room": "tea", "sdp": OFFER}, OFFER),
        (ana, "answer", {"room": "tea", "sdp": ANSWER}, ANSWER), (ana, "candidate", candidate, candidate),
    ]:
        sender.emit(event, payload)
        for peer in (ana, ben):
            assert peer.next() == (event, argument)
        eve.emit(event, payload)
    ben.emit("leaveRoom", "tea")
    ben.emit("offer", {"room": "tea", "sdp": OFFER})
    eve.emit("joinRoom", "tea")
    # Leaving and joining came by two connections: until the place is free, the answer is that it is not.
    while (told := eve.next()) == ("full", "tea"):
        eve.emit("joinRoom", "tea")
    assert told == ("joined", "tea")
    assert eve.next() == ("setCaller", ana.id)


def test_netty_chat_is_told_to_all_under_names_that_nobody_forges(netty: Peers) -> None:
    ana, ben = netty(), netty()
    ana.emit("chat.addUser", {"sender": "Ana", "type": "JOIN", "message": ""})
    for peer in (ana, ben):
        assert peer.next() == ("JOIN", {"sender": "Ana", "type": "JOIN", "users": ["Ana"]})
    ben.emit("chat.addUser", {"sender": "Ben", "type": "JOIN", "message": ""})
    for peer in (ana, ben):
        assert peer.next() == ("JOIN", {"sender": "Ben", "type": "JOIN", "users": ["Ana", "Ben"]})
    ben.emit("chat.sendMessage", {"sender": "Ana", "message": "hi", "type": "CHAT"})
    assert ana.next() == ("CHAT", {"sender": "Ben", "message": "hi", "type": "CHAT"})
    for values in [(), (7,), ({"sender": []},), (b"\x00",)]:
        for event in ("chat.addUser", "chat.sendMessage", "joinRoom", "ready", "offer", "candidate"):
            ben.emit(event, *values)
    ben.leave()
    assert ana.next() == ("LEAVE", {"sender": "Ben", "type": "LEAVE", "users": ["Ana"]})


class OldPeer:
    """A bare Engine.IO 3 client, as Socket.IO 2 has it: the client sends the heart-beats, the server opens the namespace."""

    def __init__(self, speaker: DialectServer):
        url = speaker.url("ycyw-netty", "ws") + "/socket.io/?EIO=3&transport=websocket"
        self.socket = websocket.create_connection(url, timeout=10)
        assert self.socket.recv().startswith("0{")
        assert self.socket.recv() == "40"

    def emit(self, *event: object) -> None:
        self.socket.send("42" + json.dumps(event))

    def next(self) -> list:
        self.socket.send("2")
        told = []
        while (text := self.socket.recv()) != "3":
            told.append(json.loads(text.removeprefix("42")))
        return told


def test_old_clients_and_new_ones_meet(speaker: DialectServer, netty: Peers) -> None:
    old = OldPeer(speaker)
    old.emit("joinRoom", "coffee")
    told = []
    while not told:
        told = old.next()
    assert told == [["created", "coffee"]]
    new = netty()
    new.emit("joinRoom", "coffee")
    assert new.next() == ("joined", "coffee")
    assert new.next()[0] == "setCaller"
    new.emit("ready", "coffee")
    told = []
    while not told:
        told = old.next()
    assert told == [["ready", "coffee"]]
    old.emit("offer", {"room": "coffee", "sdp": OFFER})
    assert new.hears("offer") == (OFFER,)
    old.socket.close()
