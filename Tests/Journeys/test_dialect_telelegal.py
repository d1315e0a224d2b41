# SPDX-License-Identifier: Apache-2.0
"""The dialect telelegal, replayed by scripted clients against the server's own appointments, and a hostile one."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic import CHECK_IN, MINUTE, Page, Professional, now
from conftest import Browsers
from dialects import ANSWER, CANDIDATE, OFFER, DialectServer, Peer, Peers, speaking

LATER = {**CANDIDATE, "candidate": "candidate:2 1 udp 2113937151 192.0.2.2 5000 typ host"}


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialectServer]:
    yield from speaking(tmp_path_factory.mktemp("telelegal"), "telelegal", "telelegal", arguments=("--tls", "off"))


@pytest.fixture
def own_speaker(tmp_path: Path) -> Iterator[DialectServer]:
    """With the example page; the test may kill it and start it again."""
    yield from speaking(tmp_path, "telelegal-own", "telelegal", arguments=("--tls", "off"), with_pages=True)


@pytest.fixture
def peers(speaker: DialectServer) -> Iterator[Peers]:
    peers = Peers(speaker.url("telelegal"))
    yield peers
    peers.leave()


@pytest.fixture
def chan(speaker: DialectServer) -> Professional:
    return Professional(speaker, "Peter Chan")


@pytest.fixture
def desk(chan: Professional) -> Iterator[Page]:
    """The professional's dashboard on our own page."""
    desk = chan.desk()
    yield desk
    desk.leave()


def fetch(speaker: DialectServer, path: str, body: object = None, headers: dict | None = None) -> tuple[int, str]:
    request = urllib.request.Request(
        speaker.url("telelegal") + path, data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def claims(speaker: DialectServer, token: str) -> dict:
    status, text = fetch(speaker, "/validate-link", {"token": token})
    assert status == 200, text
    return json.loads(text)


def professional_token(chan: Professional) -> str:
    status, answer = chan("POST", "/me/telelegal/token")
    assert status == 201, answer
    return answer["token"]


def come(peers: Peers, token: str) -> Peer:
    return peers(auth={"jwt": token})


def ice(uuid: str | None, who: str, candidate: dict = CANDIDATE) -> dict:
    return {"who": who, "iceC": candidate, "uuid": uuid}


# The routes of the contract


def test_the_routes_of_the_course(speaker: DialectServer, chan: Professional) -> None:
    assert json.loads(fetch(speaker, "/test")[1]) == "This is a test route"
    status, link = fetch(speaker, "/user-link")
    assert status == 200 and link.startswith("https://localhost:3000/join-video?token=")
    client = claims(speaker, urllib.parse.parse_qs(urllib.parse.urlparse(link).query)["token"][0])
    assert client.keys() >= {"professionalsFullName", "apptDate", "uuid", "clientName", "iat", "exp"}
    again = fetch(speaker, "/user-link")[1]
    assert claims(speaker, again.split("token=")[1])["uuid"] == client["uuid"], "no second appointment is made"
    status, html = fetch(speaker, "/pro-link")
    found = re.fullmatch(
        r'<a href="https://localhost:3000/dashboard\?token=([^"]+)" target="_blank">Link Here</a>', html)
    assert status == 200 and found
    assert claims(speaker, found[1]).keys() == {"fullName", "proId", "iat", "exp"}


def test_a_link_is_validated_both_ways_and_a_bad_one_is_refused_without_a_trace(
        speaker: DialectServer, chan: Professional) -> None:
    booked = chan.invite("Jim Jones")
    expected = claims(speaker, booked["token"])
    assert expected["clientName"] == "Jim Jones" and expected["uuid"] == booked["id"]
    assert expected["professionalsFullName"] == "Peter Chan" and expected["apptDate"] == booked["start"]
    status, text = fetch(speaker, "/validate-link?token=" + booked["token"])
    assert (status, json.loads(text)) == (200, expected)
    for bad in ["", "x", booked["token"][:-3], None, 5]:
        status, text = fetch(speaker, "/validate-link", {"token": bad})
        assert status == 401 and "Error:" not in text and ".js" not in text
    assert fetch(speaker, "/validate-link", [1])[0] == 401
    chan("PATCH", f"/me/appointments/{booked['id']}", {"start": booked["start"] + 6 * 60 * MINUTE})
    assert claims(speaker, booked["token"])["apptDate"] == booked["start"] + 6 * 60 * MINUTE
    chan("POST", f"/me/appointments/{booked['id']}/revoke")
    assert fetch(speaker, "/validate-link", {"token": booked["token"]})[0] == 401


@pytest.mark.parametrize("path", ["/user-link", "/pro-link"])
def test_links_are_made_for_nobody_elsewhere(speaker: DialectServer, chan: Professional, path: str) -> None:
    # A proxy on this machine passes on what others ask; a page of another site has the browser here ask, and
    # one whose name leads here is no page of ours.
    for header in [{"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"},
                   {"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"},
                   {"Host": "elsewhere.example"}, {"Host": "localhost.elsewhere.example:9000"}]:
        status, text = fetch(speaker, path, headers=header)
        assert status == 403 and "token" not in text


def test_pages_of_the_course_may_read_the_answers(speaker: DialectServer) -> None:
    request = urllib.request.Request(speaker.url("telelegal") + "/test", headers={"Origin": "https://localhost:3000"})
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"


# The contract table


def test_a_call_by_appointment(peers: Peers, chan: Professional, desk: Page, speaker: DialectServer) -> None:
    booked, other = chan.invite("Jim Jones"), chan.invite("Akash Patel")
    professional = come(peers, professional_token(chan))
    name, appointments = professional.next()
    assert name == "apptData" and {row["uuid"] for row in appointments} == {booked["id"], other["id"]}
    assert all(row.keys() >= {"professionalsFullName", "apptDate", "uuid", "clientName"} for row in appointments)
    assert len({row["uuid"] for row in appointments}) == len(appointments)
    client = come(peers, booked["token"])
    # Its page gathers candidates before it has read its uuid.
    client.emit("newOffer", {"offer": OFFER, "apptInfo": {}})
    client.emit("iceToServer", ice(None, "client"))
    name, record = professional.next()
    assert name == "newOfferWaiting" and record["offer"] == OFFER and record["answer"] is None
    assert record["uuid"] == booked["id"] and record["clientName"] == "Jim Jones"
    name, appointments = professional.next()
    assert name == "apptData"
    assert [row["uuid"] for row in appointments if row.get("waiting")] == [booked["id"]]
    # Our own dashboard shows the same client in the same waiting room.
    row = desk.row(booked["id"], "waiting", connected=True, way="telelegal")
    assert "checkIn" not in row and row["waitingSince"] <= now()
    assert desk.ask("admit", {"id": booked["id"]})["error"] == "other-page"
    assert professional.ask("getIce", booked["id"], "professional") == [CANDIDATE]
    professional.emit("newAnswer", {"answer": ANSWER, "uuid": booked["id"]})
    assert client.next() == ("answerToClient", ANSWER)
    assert desk.row(booked["id"], "admitted")
    professional.emit("iceToServer", ice(booked["id"], "professional", LATER))
    assert client.next() == ("iceToClient", LATER)
    client.emit("iceToServer", ice(booked["id"], "client", LATER))
    assert professional.hears("iceToClient") == (LATER,)
    assert client.ask("getIce", booked["id"], "client") == [LATER]
    # The end of the call is nothing that pages of the course tell; the professional closes it on our page.
    assert desk.ask("finish", {"id": booked["id"]}) == {"ok": True}
    assert client.ends()
    (appointments,) = professional.hears("apptData")
    while booked["id"] in {row["uuid"] for row in appointments}:
        (appointments,) = professional.hears("apptData")


def test_whoever_comes_later_is_told_what_there_is(peers: Peers, chan: Professional) -> None:
    booked = chan.invite("Mike Williams")
    client = come(peers, booked["token"])
    client.emit("newOffer", {"offer": OFFER, "apptInfo": {"uuid": booked["id"]}})
    assert client.ask("getIce", booked["id"], "client") == []
    first, second = (come(peers, professional_token(chan)) for _ in range(2))
    for professional in (first, second):
        (appointments,) = professional.hears("apptData")
        assert appointments[0]["waiting"] is True
        assert professional.hears("newOfferWaiting")[0]["offer"] == OFFER
    # A page makes a second socket and keeps listening on the first.
    twin = come(peers, booked["token"])
    assert twin.next() == ("answerToClient", None)
    second.emit("newAnswer", {"answer": ANSWER, "uuid": booked["id"]})
    assert client.hears("answerToClient") == (ANSWER,) and twin.hears("answerToClient") == (ANSWER,)
    assert come(peers, booked["token"]).next() == ("answerToClient", ANSWER)


def test_a_place_is_one_place_on_either_kind_of_page(
        peers: Peers, chan: Professional, desk: Page, speaker: DialectServer) -> None:
    booked = chan.invite("Ana")
    page = Page(speaker, booked["token"])
    assert page.ask("check-in", CHECK_IN) == {"ok": True}
    since = desk.row(booked["id"], "waiting", way="parley")["waitingSince"]
    client = come(peers, booked["token"])
    client.emit("newOffer", {"offer": OFFER, "apptInfo": {}})
    assert desk.row(booked["id"], "waiting", way="telelegal")["waitingSince"] == since
    page.leave()


def test_an_offer_that_is_too_early_shows_when_the_waiting_room_opens(peers: Peers, chan: Professional) -> None:
    booked = chan.invite("Eve", now() + 3 * 60 * MINUTE)
    professional, client = come(peers, professional_token(chan)), come(peers, booked["token"])
    client.emit("newOffer", {"offer": OFFER, "apptInfo": {}})
    assert client.ask("getIce", booked["id"], "client") == []
    professional.emit("newAnswer", {"answer": ANSWER, "uuid": booked["id"]})
    assert professional.ask("getIce", booked["id"], "client") == []
    assert "newOfferWaiting" not in [professional.next()[0] for _ in range(professional.told.qsize())]
    status, _ = chan("PATCH", f"/me/appointments/{booked['id']}", {"start": now()})
    assert status == 200
    assert professional.hears("newOfferWaiting")[0]["uuid"] == booked["id"]


def test_a_cancelled_appointment_ends_the_connection(peers: Peers, chan: Professional) -> None:
    booked = chan.invite("Ned")
    client = come(peers, booked["token"])
    client.ask("getIce", booked["id"], "client")
    chan("POST", f"/me/appointments/{booked['id']}/cancel")
    assert client.ends()
    late = come(peers, booked["token"])
    assert late.ends()


def test_a_killed_server_keeps_the_place_of_a_course_client(own_speaker: DialectServer) -> None:
    server = own_speaker
    chan = Professional(server, "Peter Chan")
    booked = chan.invite("Jim")
    desk, client = chan.desk(), Peer(server.url("telelegal"), auth={"jwt": booked["token"]})
    client.emit("newOffer", {"offer": OFFER, "apptInfo": {}})
    since = desk.row(booked["id"], "waiting")["waitingSince"]
    server.kill()
    client.leave(), desk.leave()
    server.start()
    desk, client = chan.desk(), Peer(server.url("telelegal"), auth={"jwt": booked["token"]})
    assert desk.row(booked["id"], "waiting")["waitingSince"] == since
    client.emit("newOffer", {"offer": OFFER, "apptInfo": {}})
    professional = Peer(server.url("telelegal"), auth={"jwt": professional_token(chan)})
    assert professional.hears("newOfferWaiting")[0]["uuid"] == booked["id"]
    for peer in (desk, client, professional):
        peer.leave()


# The example page, with media


@pytest.mark.parametrize("second", ["chromium", "firefox"])
def test_two_browsers_see_each_other(own_speaker: DialectServer, browsers: Browsers, second: str) -> None:
    server = own_speaker
    chan = Professional(server, "Peter Chan")
    chan.invite("Jim Jones")
    contexts, pages = [], []
    for path, kind in (("/user-link", "chromium"), ("/pro-link", second)):
        token = re.search(r"token=([\w.-]+)", fetch(server, path)[1])[1]
        contexts.append(browsers.get(kind).new_context())
        pages.append(contexts[-1].new_page())
        pages[-1].on("pageerror", lambda error: pytest.fail(str(error)))
        pages[-1].goto(server.url("telelegal") + f"/?token={token}")
    pages[1].get_by_role("button", name="Answer Jim Jones").click()
    for page in pages:
        page.wait_for_function(
            "() => { const video = document.querySelector('#other');"
            " return video.videoWidth > 0 && video.currentTime > 0.3 }")
    for context in contexts:
        context.close()


# Hostile clients


@pytest.mark.parametrize("auth", [{}, {"jwt": None}, {"jwt": "x"}, {"jwt": "a.b.c"}, {"jwt": {"alg": "none"}}])
def test_without_a_good_token_the_connection_ends(peers: Peers, auth: dict) -> None:
    peer = peers(auth=auth)
    assert peer.ends()


def test_a_link_of_the_api_is_no_link_of_an_appointment(peers: Peers, chan: Professional) -> None:
    status, answer = chan.server.request(
        "POST", "/api/v1/tokens", {"email": chan.email, "password": "correct horse battery"})
    assert status in (200, 201), answer
    assert come(peers, answer["token"]).ends()


def test_a_hostile_client_reaches_only_its_own_appointment(
        peers: Peers, chan: Professional, speaker: DialectServer) -> None:
    other = Professional(speaker, "Peter Chan")
    mine, theirs = chan.invite("Mal"), other.invite("Vic")
    victim, owner = come(peers, theirs["token"]), come(peers, professional_token(other))
    (appointments,) = owner.hears("apptData")
    assert [row["clientName"] for row in appointments] == ["Vic"], "two people of one name are two"
    victim.emit("newOffer", {"offer": OFFER, "apptInfo": {}})
    assert owner.hears("newOfferWaiting")[0]["uuid"] == theirs["id"]
    victim.emit("iceToServer", ice(theirs["id"], "client", LATER))
    hostile = come(peers, mine["token"])
    lie = {"uuid": theirs["id"], "professionalsFullName": "Peter Chan", "clientName": "Vic", "proId": 1}
    hostile.emit("newOffer", {"offer": {**OFFER, "sdp": "v=0\r\ns=mal\r\n"}, "apptInfo": lie})
    hostile.emit("newAnswer", {"answer": ANSWER, "uuid": theirs["id"]})
    hostile.emit("iceToServer", ice(theirs["id"], "professional"))
    hostile.emit("iceToServer", ice(theirs["id"], "client"))
    for who in ["client", "professional"]:
        assert LATER not in hostile.ask("getIce", theirs["id"], who)
    stranger = come(peers, professional_token(chan))
    stranger.emit("newAnswer", {"answer": ANSWER, "uuid": theirs["id"]})
    stranger.emit("iceToServer", ice(theirs["id"], "professional"))
    assert stranger.ask("getIce", theirs["id"], "professional") == []
    # Nobody has noticed anything, and the call goes on.
    assert owner.ask("getIce", theirs["id"], "professional") == [LATER]
    owner.emit("newAnswer", {"answer": ANSWER, "uuid": theirs["id"]})
    assert victim.next() == ("answerToClient", ANSWER)
    told = [owner.told.get(timeout=1) for _ in range(owner.told.qsize())]
    assert all("mal" not in json.dumps(values) for _, values in told)


def test_nonsense_disturbs_nobody(peers: Peers, chan: Professional) -> None:
    booked = chan.invite("Zed")
    client = come(peers, booked["token"])
    for values in [(), (None,), (5,), ([],), ({"offer": 5},), ({"offer": {"type": "offer"}},),
                   ({"offer": {**OFFER, "sdp": "x" * 200_000}, "apptInfo": {}},), ({"iceC": "x" * 9000},)]:
        for event in ["newOffer", "newAnswer", "iceToServer", "getIce", "drop table"]:
            client.emit(event, *values)
    assert client.ask("getIce") == []
    assert client.ask("getIce", None, None) == []
    client.emit("newOffer", {"offer": OFFER, "apptInfo": {}})
    professional = come(peers, professional_token(chan))
    assert professional.hears("newOfferWaiting")[0]["offer"] == OFFER
