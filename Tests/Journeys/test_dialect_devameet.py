# SPDX-License-Identifier: Apache-2.0
"""The sockets of the dialect devameet: the contract replayed by scripted clients, old and new, and a hostile one."""

import http.client
import json
from collections.abc import Callable, Iterator

import pytest

from devameet import PASSWORD, OldPeer, Person
from dialects import ANSWER, OFFER, DialectServer, Peer, Peers, speaking


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialectServer]:
    yield from speaking(tmp_path_factory.mktemp("devameet"), "devameet", "devameet")


@pytest.fixture
def url(speaker: DialectServer) -> str:
    return speaker.url("devameet")


@pytest.fixture
def peers(url: str) -> Iterator[Peers]:
    peers = Peers(url)
    yield peers
    peers.leave()


@pytest.fixture
def ana(url: str) -> Person:
    return Person(url, "Ana")


@pytest.fixture
def ben(url: str) -> Person:
    return Person(url, "Ben")


@pytest.fixture
def link(ana: Person) -> str:
    return ana.new_meeting()["link"]


def join(peer: Peer | OldPeer, person: Person, link: str) -> list[dict]:
    """Joins and gives the list that the newcomer is told first of all."""
    peer.emit("join", {"link": link, "userId": person.id})
    name, told = peer.next()
    assert name == f"{link}-update-user-list", told
    return told["users"]


def quiet(*peers: Peer) -> None:
    """Nobody has been told anything more: an acknowledged round trip through the engine brings nothing before it."""
    for peer in peers:
        assert peer.told.empty(), list(peer.told.queue)


def test_a_newcomer_gets_the_list_then_is_called_by_the_members(peers: Peers, ana: Person, ben: Person,
                                                                link: str) -> None:
    first = peers()
    (alone,) = join(first, ana, link)
    assert alone == {
        "_id": alone["_id"], "meet": alone["meet"], "user": ana.id, "name": "Ana", "avatar": "avatar_07",
        "clientId": first.id, "x": 1, "y": 1, "orientation": "front", "muted": False, "__v": 0}
    assert len(alone["_id"]) == 24 and alone["meet"] == ana.get("/meet")[1][0]["id"]
    second = peers()
    users = join(second, ben, link)
    assert [user["clientId"] for user in users] == [first.id, second.id]
    # The members hear of the newcomer in this order, or lose their voice.
    assert first.next() == (f"{link}-update-user-list", {"users": users})
    assert first.next() == (f"{link}-add-user", {"user": second.id, "clientId": second.id})
    first.emit("call-user", {"offer": OFFER, "to": second.id, "link": link})
    assert second.next() == ("call-made", {"offer": OFFER, "socket": first.id})
    second.emit("make-answer", {"answer": ANSWER, "to": first.id, "link": link})
    assert first.next() == ("answer-made", {"answer": ANSWER, "socket": second.id})
    # Candidates travel in repeated descriptions, many of them.
    for _ in range(40):
        first.emit("call-user", {"offer": OFFER, "to": second.id, "link": link})
        assert second.next() == ("call-made", {"offer": OFFER, "socket": first.id})
        second.emit("make-answer", {"answer": ANSWER, "to": first.id, "link": link})
        assert first.next() == ("answer-made", {"answer": ANSWER, "socket": second.id})
    gone = second.id
    second.leave()
    assert first.next() == (f"{link}-remove-user", {"socketId": gone, "socket": gone, "clientId": gone})
    quiet(first)


def test_joining_again_brings_the_list_and_announces_nobody(peers: Peers, ana: Person, ben: Person,
                                                            link: str) -> None:
    first, second = peers(), peers()
    join(first, ana, link)
    join(second, ben, link)
    first.hears(f"{link}-add-user")
    join(second, ben, link)
    name, _ = first.next()
    assert name == f"{link}-update-user-list"
    quiet(first, second)


def test_every_move_is_told_to_all_the_mover_too(peers: Peers, ana: Person, ben: Person, link: str) -> None:
    first, second = peers(), peers()
    join(first, ana, link)
    join(second, ben, link)
    first.hears(f"{link}-add-user")
    for x, y, orientation in [(2, 1, "right"), (2, 1, "right"), (0, 8, "back"), (7, 0, "left"), (7, 0, "top")]:
        first.emit("move", {"userId": ana.id, "link": link, "x": x, "y": y, "orientation": orientation})
        for peer in (first, second):
            name, told = peer.next()
            assert name == f"{link}-update-user-list"
            own = next(user for user in told["users"] if user["user"] == ana.id)
            assert (own["x"], own["y"], own["orientation"]) == (x, y, orientation)


def test_muting_is_a_flag_that_all_are_told(peers: Peers, ana: Person, ben: Person, link: str) -> None:
    first, second = peers(), peers()
    join(first, ana, link)
    join(second, ben, link)
    first.hears(f"{link}-add-user")
    for muted in (True, False):
        second.emit("toggl-mute-user", {"userId": ben.id, "link": link, "muted": muted})
        for peer in (first, second):
            _, told = peer.next()
            assert {user["user"]: user["muted"] for user in told["users"]} == {ana.id: False, ben.id: muted}
    second.emit("toggl-mute-user", {"userId": ben.id, "link": link, "muted": "yes"})
    assert second.next() == ("exception", {"status": "error", "message": "Valor para mudo não é válido"})
    quiet(first)


@pytest.mark.parametrize("event", ["toggl-cam-user", "toggl-camera-user", "move-challenge", "whatever"])
def test_events_of_forks_end_nobody(peers: Peers, ana: Person, link: str, event: str) -> None:
    peer = peers()
    join(peer, ana, link)
    peer.emit(event, {"userId": ana.id, "link": link, "walkable": True})
    assert len(join(peer, ana, link)) == 1


def test_two_pages_of_one_person_each_have_a_place(peers: Peers, ana: Person, link: str) -> None:
    first, second = peers(), peers()
    join(first, ana, link)
    users = join(second, ana, link)
    assert [user["user"] for user in users] == [ana.id] * 2
    first.hears(f"{link}-add-user")
    second.leave()
    first.hears(f"{link}-remove-user")
    assert [user["clientId"] for user in join(first, ana, link)] == [first.id]


def test_a_client_of_socketio_2_meets_one_of_socketio_4(peers: Peers, url: str, ana: Person, ben: Person,
                                                        link: str) -> None:
    old, new = OldPeer(url), peers()
    (own,) = join(old, ana, link)
    assert own["clientId"] == old.id
    join(new, ben, link)
    assert old.next()[0] == f"{link}-update-user-list"
    assert old.next() == (f"{link}-add-user", {"user": new.id, "clientId": new.id})
    # The test client of the course sends no link with its offer.
    old.emit("call-user", {"offer": OFFER, "to": new.id})
    assert new.next() == ("call-made", {"offer": OFFER, "socket": old.id})
    new.emit("make-answer", {"answer": ANSWER, "to": old.id, "link": link})
    assert old.next() == ("answer-made", {"answer": ANSWER, "socket": new.id})
    old.emit("move", {"userId": ana.id, "link": link, "x": 3, "y": 4, "orientation": "left"})
    old.ping()
    assert new.hears(f"{link}-update-user-list")[0]["users"][0]["x"] == 3
    assert old.hears(f"{link}-update-user-list")[0]["users"][0]["x"] == 3
    new.emit("move", {"userId": ben.id, "link": link, "x": 3, "y": 4, "orientation": "left"})
    old.hears(f"{link}-update-user-list")
    assert old.pongs == 1
    old.leave()
    assert new.hears(f"{link}-remove-user")[0]["socketId"] == old.id


def test_the_session_of_an_old_client_is_not_to_be_had_from_elsewhere(url: str) -> None:
    """Its name is the socket's, which everybody in the room is told."""
    def ask(address: str, query: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(
            "127.0.0.1", int(url.rsplit(":", 1)[1]), timeout=10, source_address=(address, 0))
        connection.request("GET", f"/socket.io/?EIO=3&transport=polling{query}")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    status, text = ask("127.0.0.1", "")
    assert status == 200
    sid = json.loads(text[text.index("{"):text.index("}") + 1])["sid"]
    assert ask("127.0.0.2", f"&sid={sid}")[0] == 400
    assert ask("127.0.0.1", f"&sid={sid}")[0] == 200


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
def test_every_transport_will_do(peers: Peers, ana: Person, link: str, transports: list[str]) -> None:
    assert len(join(peers(transports=transports), ana, link)) == 1


def test_the_same_at_the_path_of_the_main_address(speaker: DialectServer, ana: Person, link: str) -> None:
    peer = Peer(speaker.origin, path="dialects/devameet/socket.io")
    assert len(join(peer, ana, link)) == 1
    peer.leave()
    status, user = speaker.request(
        "GET", "/dialects/devameet/api/user", headers={"Authorization": f"Bearer {ana.token}"})
    assert status == 200 and user["id"] == ana.id


# Meetings that end


def by_its_page(speaker: DialectServer, ana: Person, meeting: dict) -> None:
    assert ana.request("DELETE", f"/meet/{meeting['id']}") == (200, None)


def by_the_api(method: str, route: str = "") -> Callable[[DialectServer, Person, dict], None]:
    def end(speaker: DialectServer, ana: Person, meeting: dict) -> None:
        status, answer = speaker.request("POST", "/api/v1/tokens", {"email": ana.email, "password": PASSWORD})
        assert status == 200, answer
        status, _ = speaker.request(method, f"/api/v1/meetings/{meeting['link']}{route}",
                                    headers={"Authorization": f"Bearer {answer['token']}"})
        assert status in (200, 204)

    return end


@pytest.mark.parametrize("end", [
    by_its_page, by_the_api("POST", "/end"), by_the_api("DELETE"), by_the_api("POST", "/rotate"),
], ids=["page", "end", "delete", "rotate"])
def test_a_meeting_that_ends_leaves_its_people_alone(speaker: DialectServer, peers: Peers, ana: Person, ben: Person,
                                                     end: Callable) -> None:
    meeting = ana.new_meeting()
    link = meeting["link"]
    first, second = peers(), peers()
    join(first, ana, link)
    join(second, ben, link)
    first.hears(f"{link}-add-user")
    end(speaker, ana, meeting)
    for own, other in [(first, second), (second, first)]:
        assert own.hears(f"{link}-remove-user")[0]["socketId"] == other.id
        assert [user["clientId"] for user in own.hears(f"{link}-update-user-list")[0]["users"]] == [own.id]
    first.emit("call-user", {"offer": OFFER, "to": second.id, "link": link})
    first.emit("join", {"link": link, "userId": ana.id})
    assert first.hears("exception")[0]["message"] == "Link informado não é válido"
    quiet(second)


# A hostile client


def exception(message: str) -> tuple:
    return ("exception", {"status": "error", "message": message})


def test_unknown_links_and_users_are_refused_and_tell_nothing(peers: Peers, ana: Person, link: str) -> None:
    inside, eve = peers(), peers()
    join(inside, ana, link)
    for message, text in [
        ({"link": "zzz-zzzz-zzz", "userId": ana.id}, "Link informado não é válido"),
        ({"link": link.upper(), "userId": ana.id}, "Link informado não é válido"),
        ({"link": link, "userId": "0" * 24}, "Usuário informado não é válido"),
        ({"link": link, "userId": "anybody"}, "Usuário informado não é válido"),
        ({"userId": ana.id}, "Link informado não é válido"),
    ]:
        eve.emit("join", message)
        assert eve.next() == exception(text)
    eve.emit("move", {"userId": ana.id, "link": link, "x": 5, "y": 5, "orientation": "left"})
    eve.emit("call-user", {"offer": OFFER, "to": inside.id, "link": link})
    # Whoever is inside still hears what is theirs, and nothing came before it.
    assert len(join(inside, ana, link)) == 1
    quiet(eve)


def test_nobody_moves_mutes_or_calls_for_another(peers: Peers, ana: Person, ben: Person, link: str) -> None:
    first, eve = peers(), peers()
    join(first, ana, link)
    join(eve, ben, link)
    first.hears(f"{link}-add-user")
    eve.emit("move", {"userId": ana.id, "link": link, "x": 5, "y": 5, "orientation": "left"})
    eve.emit("toggl-mute-user", {"userId": ana.id, "link": link, "muted": True})
    eve.emit("join", {"link": link, "userId": ana.id})
    assert eve.next() == exception("Usuário informado não é válido")
    users = join(first, ana, link)
    assert [(user["user"], user["x"], user["muted"]) for user in users] == [(ana.id, 1, False), (ben.id, 1, False)]


def test_rooms_hear_nothing_of_each_other(peers: Peers, ana: Person, ben: Person, link: str) -> None:
    other = ben.new_meeting()["link"]
    inside, outside = peers(), peers()
    join(inside, ana, link)
    join(outside, ben, other)
    for message in [{"to": inside.id}, {"to": inside.id, "link": link}, {"to": inside.id, "link": other}]:
        outside.emit("call-user", {"offer": OFFER, **message})
        outside.emit("make-answer", {"answer": ANSWER, **message})
    outside.emit("move", {"userId": ben.id, "link": link, "x": 5, "y": 5, "orientation": "left"})
    assert len(join(outside, ben, other)) == 1
    outside.leave()
    assert len(join(inside, ana, link)) == 1
    quiet(inside)


def test_the_eleventh_is_refused_however_often_and_learns_nothing(peers: Peers, url: str, ana: Person,
                                                                  link: str) -> None:
    members = [peers() for _ in range(10)]
    for number, peer in enumerate(members):
        assert len(join(peer, ana, link)) == number + 1
    eve = peers()
    for _ in range(3):
        eve.emit("join", {"link": link, "userId": ana.id})
        assert eve.next() == exception("A quantidade máxima de usuários por sala é de 10 pessoas.")
    eve.emit("call-user", {"offer": OFFER, "to": members[0].id, "link": link})
    members[0].emit("move", {"userId": ana.id, "link": link, "x": 2, "y": 2, "orientation": "left"})
    assert members[9].hears(f"{link}-update-user-list")
    quiet(eve)
    members[9].leave()
    members[0].hears(f"{link}-remove-user")
    eve.emit("join", {"link": link, "userId": ana.id})
    assert eve.next()[0] == f"{link}-update-user-list"


def test_a_token_at_the_handshake_is_proof_too(url: str, ana: Person, link: str) -> None:
    peer = Peer(url, auth={"token": ana.token})
    assert len(join(peer, ana, link)) == 1
    peer.leave()


def test_malformed_events_change_nothing_for_the_others(peers: Peers, ana: Person, ben: Person, link: str) -> None:
    first, eve = peers(), peers()
    join(first, ana, link)
    join(eve, ben, link)
    first.hears(f"{link}-add-user")
    for event in ("join", "move", "toggl-mute-user", "call-user", "make-answer"):
        for values in [(), (7,), ([],), ({},), (None, None), ({"to": {}, "offer": 7, "link": [], "x": "y"},),
                       ("x" * 200_000,), (b"\x00",)]:
            eve.emit(event, *values)
    eve.emit("call-user", {"offer": {"type": "offer", "sdp": "a" * 100_001}, "to": first.id, "link": link})
    eve.emit("call-user", {"offer": OFFER, "to": first.id, "link": link})
    assert first.next() == ("call-made", {"offer": OFFER, "socket": eve.id})


def test_nobody_stands_in_a_room_after_the_server_was_killed(tmp_path) -> None:
    for server in speaking(tmp_path, "devameet-killed", "devameet"):
        ana = Person(server.url("devameet"))
        link = ana.new_meeting()["link"]
        ghost = Peer(server.url("devameet"))
        join(ghost, ana, link)
        server.kill()
        server.start()
        peer = Peer(server.url("devameet"))
        assert [user["clientId"] for user in join(peer, ana, link)] == [peer.id]
        assert ana.get("/meet")[1][0]["link"] == link
        peer.leave()
