# SPDX-License-Identifier: Apache-2.0
"""What WHIP and WHEP answer, to those who keep to RFC 9725 and to those who do not."""

import re
from collections.abc import Callable, Iterator

import pytest

from api_client import Client
from api_fixtures import description, member, root, server, token_of, visitor  # noqa: F401
from server import ROOT, Server
from stream_client import FRAGMENT, SDP, StreamClient

OFFER = (ROOT / "Fixtures/sdp/chromium-whip.sdp").read_bytes().decode()
WATCH = (ROOT / "Fixtures/sdp/chromium-subscribe.sdp").read_bytes().decode()
UFRAG = re.search("a=ice-ufrag:(.*)\r", OFFER)[1]
PASSWORD = re.search("a=ice-pwd:(.*)\r", OFFER)[1]


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("streams-http"), "streams-http", "--tls", "off", "--set", "media.loopback-candidates=true",
        "--set", "media.whip=anyone", "--set", "http.allowed-origins=https://studio.example")
    server.start()
    yield server
    assert server.process.poll() is None, "the server is still there"
    server.stop()


@pytest.fixture
def client(open_server: Server) -> StreamClient:
    return StreamClient(open_server)


def fragment(*lines: str, ufrag: str = UFRAG, password: str = PASSWORD) -> str:
    return "\r\n".join(
        [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", *lines, ""])


CANDIDATE = "a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host"


def test_an_offer_is_answered_with_a_session(client: StreamClient):
    made = client.post("/whip/room/ana", OFFER)
    assert made.status == 201, made.text
    assert made.headers["Content-Type"] == SDP
    assert made.headers["ETag"] == '"1"'
    assert made.headers["Accept-Patch"] == FRAGMENT
    assert re.fullmatch("/whip/room/-/[A-Za-z0-9_-]{24}", made.headers["Location"])
    assert "a=ice-lite\r\n" in made.text and "a=setup:passive\r\n" in made.text and "a=recvonly\r\n" in made.text
    assert re.search(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host", made.text)
    watched = client.post("/whep/room/ana", WATCH)
    assert watched.status == 201 and watched.text.count("a=sendonly\r\n") == 2
    assert client.ask("DELETE", watched.headers["Location"]).status == 200
    assert client.ask("DELETE", made.headers["Location"]).status == 200
    assert client.ask("DELETE", made.headers["Location"]).status == 404


def test_the_relay_is_in_links(client: StreamClient):
    made = client.post("/whip/links/ana", OFFER)
    assert any(re.fullmatch(r'<stun:127\.0\.0\.1:\d+>; rel="ice-server"', link) for link in made.links), made.links
    assert any(re.fullmatch(
        r'<turn:127\.0\.0\.1:\d+\?transport=udp>; rel="ice-server"; username="[^"]+"; credential="[^"]+"; '
        'credential-type="password"', link) for link in made.links), made.links


def test_names_may_have_any_letters_and_no_slashes(client: StreamClient):
    made = client.post("/whip/K%C3%BCche%20%2B/J%C3%B6rg", OFFER)
    assert made.status == 201
    assert made.headers["Location"].startswith("/whip/K%C3%BCche%20%2B/-/")
    assert client.ask("DELETE", made.headers["Location"]).status == 200
    for path in ["/whip/a", "/whip/a/", "/whip//a", "/whip/a/b/c", "/whip/a%2Fb/c", "/whip/a%00/c", "/whip/%ff/c",
                 "/whip/a/~b", "/whip/a/" + "b" * 65, "/whip/a/-", "/whep/a/-"]:
        assert client.post(path, OFFER).status == 404, path


def test_nothing_to_watch_is_a_conflict_that_may_pass(client: StreamClient):
    for path in ["/whep/nobody/ana", "/whep/nobody"]:
        reply = client.post(path, WATCH)
        assert reply.status == 409 and int(reply.headers["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/whip/room/ana", "/whep/room/ana", "/whep/room"])
def test_only_post_makes_a_session(client: StreamClient, path: str):
    for method in ["GET", "PUT", "PATCH", "DELETE"]:
        reply = client.ask(method, path)
        assert (reply.status, reply.headers["Allow"]) == (405, "POST, OPTIONS"), method
    options = client.ask("OPTIONS", path)
    assert options.status == 200 and options.headers["Accept-Post"] == SDP


def test_pages_of_other_sites_may_only_where_the_operator_says_so(client: StreamClient):
    asked = client.ask("OPTIONS", "/whip/room/ana", Origin="https://studio.example")
    assert asked.headers["Access-Control-Allow-Origin"] == "https://studio.example"
    assert "If-Match" in asked.headers["Access-Control-Allow-Headers"]
    made = client.ask("POST", "/whip/cors/ana", OFFER, Content_Type=SDP, Origin="https://studio.example")
    assert made.status == 201 and "Location" in made.headers["Access-Control-Expose-Headers"]
    assert client.ask("POST", "/whip/cors/ana", OFFER, Content_Type=SDP, Origin="https://evil.example").status == 403


def test_another_type_of_content_is_refused(client: StreamClient):
    for type in ["application/json", "text/plain", "", FRAGMENT]:
        assert client.post("/whip/types/ana", OFFER, type).status == 415, type
    made = client.post("/whip/types/ana", OFFER, "Application/SDP; charset=utf-8")
    assert made.status == 201
    assert client.patch(made.headers["Location"], fragment(CANDIDATE), '"1"', SDP).status == 415


def changed(pattern: str, by: str) -> str:
    assert re.search(pattern, OFFER), pattern
    return re.sub(pattern, by, OFFER)


@pytest.mark.parametrize(("offer", "status"), [
    ("", 400),
    ("v=0\r\n", 400),
    (OFFER.replace("v=0", "v=1"), 400),
    (OFFER[:700], 422),
    (OFFER + "\x00", 400),
    (OFFER + "a=mid:\r\n", 400),
    (OFFER + "a=x\r\n" * 2000, 400),
    (OFFER + "a=x:" + "y" * 10_000 + "\r\n", 400),
    (changed(r"a=ice-pwd:.*\r\n", ""), 422),
    (changed(r"a=fingerprint:.*\r\n", ""), 422),
    (changed(r"a=fingerprint:.*\r\n", "a=fingerprint:sha-1 " + ":".join(["AB"] * 20) + "\r\n"), 422),
    (changed("a=setup:actpass", "a=setup:holdconn"), 422),
    (changed(r"a=group:BUNDLE 0 1", "a=group:BUNDLE 0"), 422),
    (changed(r"a=mid:1", "a=mid:0"), 422),
    (changed(r"a=mid:1", "a=mid:" + "x" * 17), 422),
    (changed(r"a=rtcp-mux\r\n", ""), 422),
    (changed(r"m=(audio|video) \d+", r"m=\1 0"), 422),
    (changed("a=rtpmap:", "a=x-rtpmap:"), 422),
    (changed("a=extmap:[0-9]+", "a=extmap:1"), 422),
    (OFFER + "".join(f"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:m{each}\r\n" for each in range(70)), 422),
], ids=lambda value: "" if isinstance(value, str) else value)
def test_an_offer_that_is_of_no_use_is_refused_with_the_reason(client: StreamClient, offer: str, status: int):
    reply = client.post("/whip/hostile/ana", offer)
    assert reply.status == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert client.post("/whep/hostile", WATCH).status == 409, "nobody publishes there"


def test_a_body_that_is_too_long_is_refused(client: StreamClient):
    assert client.post("/whip/hostile/ana", OFFER + "a=x\r\n" * 500_000).status == 413


def test_candidates_trickle_and_a_restart_has_a_new_tag(client: StreamClient):
    made = client.post("/whip/patch/ana", OFFER)
    place = made.headers["Location"]
    assert client.patch(place, fragment(CANDIDATE), '"1"').status == 204
    assert client.patch(place, fragment("a=end-of-candidates"), '"7", "1"').status == 204
    assert client.patch(place, fragment(CANDIDATE), None).status == 428
    assert client.patch(place, fragment(CANDIDATE), '"2"').status == 412
    assert client.patch(place, fragment(CANDIDATE), 'W/"1"').status == 412

    restarted = client.patch(place, fragment(ufrag="fresh", password="freshfreshfreshfreshfresh"), "*")
    assert (restarted.status, restarted.headers["ETag"]) == (200, '"2"')
    assert restarted.headers["Content-Type"] == FRAGMENT
    ufrag = re.search("a=ice-ufrag:(.*)\r", restarted.text)[1]
    assert ufrag not in made.text and "a=candidate:" in restarted.text and "a=mid:0\r\n" in restarted.text
    assert client.patch(place, fragment(CANDIDATE, ufrag="fresh", password="freshfreshfreshfreshfresh"), '"1"').status == 412
    # The same restart again is none.
    again = client.patch(place, fragment(ufrag="fresh", password="freshfreshfreshfreshfresh"), "*")
    assert again.status == 204
    assert client.ask("GET", place).status == 405
    assert client.ask("OPTIONS", place).headers["Accept-Patch"] == FRAGMENT
    assert client.ask("DELETE", place).status == 200


@pytest.mark.parametrize(("body", "status"), [
    ("", 204),
    ("nonsense", 400),
    ("a=ice-ufrag:x\r\n", 400),
    ("t=0 0\r\n", 400),
    (fragment("a=candidate:nonsense"), 400),
    (fragment(ufrag="only"), 422),
    ("a=ice-ufrag:fresh\r\n", 422),
], ids=lambda value: "" if isinstance(value, str) else value)
def test_a_fragment_that_is_of_no_use_changes_nothing(client: StreamClient, body: str, status: int):
    place = client.post("/whip/fragments/ana", OFFER).headers["Location"]
    reply = client.patch(place, body, "*")
    assert reply.status == status, reply.text
    assert client.patch(place, fragment(CANDIDATE), '"1"').status == 204
    client.ask("DELETE", place)


def test_a_session_of_one_room_is_none_of_another(client: StreamClient):
    place = client.post("/whip/mine/ana", OFFER).headers["Location"]
    for other in [place.replace("/mine/", "/yours/"), place[:-1] + ("a" if place[-1] != "a" else "b")]:
        assert client.ask("DELETE", other).status == 404
        assert client.patch(other, fragment(CANDIDATE), '"1"').status == 404
    assert client.ask("DELETE", place.replace("/whip/", "/whep/")).status == 200


def test_many_sessions_come_and_go(client: StreamClient):
    for _ in range(3):
        places = [client.post(f"/whip/many/p{each}", OFFER).headers["Location"] for each in range(30)]
        whole = client.post("/whep/many", WATCH)
        assert whole.text.count("a=sendonly\r\n") == 4
        assert [client.ask("DELETE", place).status for place in places] == [200] * 30


# MARK: Tokens

def test_a_meeting_is_for_those_with_its_token(
    server: Server, member: Callable[..., Client], visitor: Callable[[], Client]
):
    ana, ben = member("Ana"), member("Ben")
    code = ana.post("/meetings", {})["meeting"]
    path = f"/whip/{code}/camera"
    assert StreamClient(server).post(path, OFFER).status == 401
    assert "Bearer" in StreamClient(server).post(path, OFFER).headers["WWW-Authenticate"]
    assert StreamClient(server, "nonsense").post(path, OFFER).status == 401
    assert StreamClient(server, token_of(ben)).post(path, OFFER).status == 403

    owner = StreamClient(server, token_of(ana))
    made = owner.post(path, OFFER)
    assert made.status == 201, made.text
    assert owner.post(f"/whep/{code.replace('-', '').upper()}/camera", WATCH).status == 201
    place = made.headers["Location"]
    assert StreamClient(server).ask("DELETE", place).status == 401
    assert StreamClient(server, token_of(ben)).ask("DELETE", place).status == 401
    assert StreamClient(server).patch(place, fragment(CANDIDATE), '"1"').status == 401
    assert owner.patch(place, fragment(CANDIDATE), '"1"').status == 204
    assert owner.ask("DELETE", place).status == 200


def test_an_invite_is_a_token(server: Server, member: Callable[..., Client]):
    ana = member("Ana")
    code = ana.post("/meetings", {})["meeting"]

    def token(**settings: object) -> tuple[str, str]:
        invite = ana.post(f"/meetings/{code}/invites", settings)
        return invite["link"].rpartition("/")[2], invite["id"]

    good, identifier = token()
    assert StreamClient(server, good).post(f"/whip/{code}/obs", OFFER).status == 201
    other = ana.post("/meetings", {})["meeting"]
    assert StreamClient(server, good).post(f"/whip/{other}/obs", OFFER).status == 401
    once, _ = token(singleUse=True)
    assert StreamClient(server, once).post(f"/whip/{code}/obs", OFFER).status == 401
    assert ana.delete(f"/invites/{identifier}").status == 204
    assert StreamClient(server, good).post(f"/whip/{code}/obs", OFFER).status == 401


def test_there_are_no_other_rooms_unless_the_operator_says_so(server: Server, member: Callable[..., Client]):
    ana = StreamClient(server, token_of(member("Ana")))
    for room in ["studio", "abc-defg-hij"]:
        assert ana.post(f"/whip/{room}/ana", OFFER).status == 404
        assert ana.post(f"/whep/{room}", WATCH).status == 404
