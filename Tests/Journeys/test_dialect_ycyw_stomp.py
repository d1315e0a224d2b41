# SPDX-License-Identifier: Apache-2.0
"""The dialect ycyw-stomp, replayed by a scripted client over SockJS in all its ways and over a bare WebSocket."""

import json
from collections.abc import Callable, Iterator

import pytest

from dialects import OFFER, speaking
from stomp_peer import WAYS, StompPeer
from test_dialect_ycyw import ask

Stomp = Callable[..., StompPeer]


@pytest.fixture
def stomp(tmp_path) -> Iterator[Stomp]:
    """Clients of a server of their own: SockJS notices late that a client is gone, and its name with it."""
    made: list[StompPeer] = []
    for server in speaking(tmp_path, "ycyw-stomp", "ycyw-stomp"):

        def make(way: str = "sockjs", **options) -> StompPeer:
            made.append(StompPeer(server.url("ycyw-stomp") + "/ws", way, **options))
            return made[-1]

        yield make
        for peer in made:
            peer.leave()


def enter(peer: StompPeer, name: str) -> StompPeer:
    peer.subscribe("/topic/public")
    peer.send("/app/chat.addUser", {"sender": name, "type": "JOIN", "message": ""})
    while peer.next()[1]["sender"] != name:
        pass
    return peer


@pytest.mark.parametrize("way", WAYS)
def test_chat_and_signals_go_every_way(stomp: Stomp, way: str) -> None:
    ana, ben = enter(stomp(way), "Ana"), enter(stomp(), "Ben")
    assert ana.welcome["version"] == "1.1"
    assert ana.welcome["heart-beat"] == "10000,10000"
    assert ana.next() == ("/topic/public", {"sender": "Ben", "type": "JOIN", "users": ["Ana", "Ben"]})
    message = {"message": "hello ★", "sender": "Ana", "type": "CHAT"}
    ana.send("/app/chat.sendMessage", message)
    for peer in (ana, ben):
        assert peer.next() == ("/topic/public", message)
    for peer in (ana, ben):
        peer.subscribe("/signaling")
        peer.settle()
    # Longer than the pieces that the client sends, and than any one message of the way.
    sdp = {"type": "offer", "sdp": "v=0\r\n" + "a=x-long:" + "é" * 20_000}
    signal = {"type": "offer", "sdp": sdp, "fromUsername": "Ana", "toUsernames": ["Ben"]}
    ana.send("/app/webrtc.sdp", signal)
    for peer in (ana, ben):
        assert peer.next() == ("/signaling", signal)
    ana.leave()
    if way in ("websocket", "sockjs"):
        assert ben.next() == ("/topic/public", {"sender": "Ana", "type": "LEAVE", "users": ["Ben"]})


@pytest.mark.parametrize("versions,agreed", [("1.0", "1.0"), ("1.1,1.0", "1.1"), ("1.0,1.1,1.2", "1.2")])
def test_every_version_of_stomp_is_spoken(stomp: Stomp, versions: str, agreed: str) -> None:
    ana = stomp("websocket", versions=versions)
    assert ana.welcome["version"] == agreed
    enter(ana, f"Ana {agreed}")


def test_signals_reach_nobody_else_and_names_are_not_forged(stomp: Stomp) -> None:
    ana, ben, eve = (enter(stomp(), name) for name in ("Ana", "Ben", "Eve"))
    spy = stomp("websocket")
    ana.next(), ana.next(), ben.next()  # the others came
    for peer in (ana, ben, eve, spy):
        peer.subscribe("/signaling")
        peer.settle()
    signal = {"type": "answer", "sdp": "v=0\r\n", "fromUsername": "Ana", "toUsernames": ["Ben"]}
    ana.send("/app/webrtc.sdp", signal)
    assert ana.next() == ben.next() == ("/signaling", signal)
    assert eve.quiet() and spy.quiet()
    eve.send("/app/webrtc.sdp", {**signal, "fromUsername": "Ana"})
    assert ben.next() == ("/signaling", {**signal, "fromUsername": "Eve"})
    eve.next()
    eve.send("/app/chat.sendMessage", {"message": "forged", "sender": "Ana", "type": "OTHER"})
    assert ben.next() == ("/topic/public", {"message": "forged", "sender": "Eve", "type": "CHAT"})


def test_what_the_server_does_not_know_gives_no_error(stomp: Stomp) -> None:
    ana, eve = enter(stomp(), "Ana"), enter(stomp(), "Eve")
    ana.next()
    for destination in ("/webrtc.signal", "/topic/public", "/signaling", "/app/unknown"):
        eve.send(destination, {"username": "Eve", "offer": OFFER})
    for body in ("not json", "[" * 1000, "7", '{"sender":7}', "\ufffd"):
        eve.send("/app/chat.sendMessage", body)
        eve.send("/app/webrtc.sdp", body)
    # The page unsubscribes by destination, where an id belongs.
    eve.frame("UNSUBSCRIBE", {"id": "/topic/public"})
    eve.send("/app/chat.sendMessage", {"message": "still here", "sender": "Eve", "type": "CHAT"})
    for peer in (ana, eve):
        assert peer.next()[1].get("message") == "still here"


def test_the_endpoint_tells_about_itself(tmp_path) -> None:
    for server in speaking(tmp_path, "ycyw-stomp-info", "ycyw-stomp"):
        look(server.url("ycyw-stomp"))


def look(url: str) -> None:
    status, text, headers = ask(url + "/ws/info")
    info = json.loads(text)
    assert status == 200 and info["websocket"] is True and isinstance(info["entropy"], int)
    # The client of SockJS sends its requests with credentials, so that a star will not do.
    assert headers["Access-Control-Allow-Origin"] == "https://localhost:4200"
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert ask(url + "/api/test")[0] == 200
