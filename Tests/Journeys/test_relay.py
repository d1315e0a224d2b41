# SPDX-License-Identifier: Apache-2.0
"""People who cannot reach each other meet through the server, whatever their networks let through.

The networks are in `network.py`. The server's machine has private addresses, and no setting but where it listens.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from conftest import Arrive, Browsers, Place
from network import NO_CLEAR_ICE, NO_CLEAR_TURN, NO_UDP, PEOPLE, Network, reason_for_none
from person import Person, until
from server import Server

REASON = reason_for_none()
pytestmark = pytest.mark.skipif(REASON is not None, reason=REASON or "")

PORT = 8443

# The pair of candidates in use by each connection that is up: their types, addresses and what the relay is spoken to.
ROUTES = """async () => Promise.all(window.connections.filter((each) => each.connectionState === "connected").map(async (each) => {
  const entries = new Map([...(await each.getStats()).values()].map((entry) => [entry.id, entry]));
  const all = [...entries.values()];
  const named = all.map((entry) => entries.get(entry.selectedCandidatePairId)).find(Boolean);
  const pair = named ?? all.find((entry) => entry.type === "candidate-pair" && entry.selected);
  const [local, remote] = [entries.get(pair?.localCandidateId), entries.get(pair?.remoteCandidateId)];
  return { local: local?.candidateType, remote: remote?.candidateType, relay: local?.relayProtocol,
           address: local?.address ?? local?.ip, others: remote?.address ?? remote?.ip };
}))"""

# Everything the others ever said about where they are.
HEARD = """async () => (await Promise.all(window.connections.filter((each) => each.signalingState !== "closed").map(async (each) =>
  [each.remoteDescription?.sdp, each.currentRemoteDescription?.sdp, ...[...(await each.getStats()).values()]
    .filter(({ type }) => type === "remote-candidate").map((entry) => entry.address ?? entry.ip)].join("\\n")))).join("\\n")"""


@dataclass(frozen=True)
class Door:
    """The server as somebody in one of the networks knows it."""

    origin: str


def door(person: str) -> Door:
    return Door(f"https://10.77.{PEOPLE[person]}.1:{PORT}")


# Chromium asks for a name's numbers of both kinds, and there is nobody to ask. Firefox needs a name for TLS.
BY_NUMBER = (door("ana"), door("ben"))
BY_NAME = (Door(f"https://meet:{PORT}"), Door(f"https://meet:{PORT}"))


# Of servers besides the one in the middle.
OTHER_PORT = 8444


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    network = Network()
    try:
        network.build()
        yield network
    finally:
        network.remove()


@pytest.fixture(scope="module")
def middle(network: Network, browsers: Browsers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server between the two networks, and in each network browsers that trust it."""
    server = Server(tmp_path_factory.mktemp("middle"), "relay", namespace=network.server, port=PORT, listen="0.0.0.0",
                    address="127.0.0.1")
    server.start()
    for person in PEOPLE:
        home = tmp_path_factory.mktemp(person)
        browsers.places[person] = Place(network.place(person), home, server.authority)
    yield server
    for person in PEOPLE:
        browsers.leave(person)
    server.stop()


@pytest.fixture(autouse=True)
def everything_open(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    network: Network = request.getfixturevalue("network")
    network.block()
    network.pass_on(False)


def routes(person: Person) -> list[dict]:
    return person.page.evaluate(ROUTES)


def is_connected_by(person: Person, words: str | re.Pattern) -> None:
    """The list of people says how the others are connected."""
    person.controls.get_by_role("button", name="People").click()
    expect(person.page.get_by_role("complementary", name="People").get_by_text(words)).to_be_visible()
    person.page.keyboard.press("Escape")


def meet(
    arrive: Arrive, server: Server, *kinds: str, doors: tuple[Door, Door] = BY_NUMBER
) -> tuple[Person, Person]:
    code = server.new_meeting()
    ana = arrive("Ana", f"{kinds[0]}@ana", server=doors[0]).join(code)
    ben = arrive("Ben", f"{kinds[1]}@ben", server=doors[1]).join(code)
    return ana, ben


def go_away(*people: Person) -> None:
    """Before a server ends that would be missed."""
    for person in people:
        person.page.goto("about:blank")


def talk(ana: Person, ben: Person) -> None:
    """Pictures and sound arrive on both sides."""
    ana.sees("Ben")
    ben.sees("Ana")
    ana.hears_sound()
    ben.hears_sound()


@pytest.mark.parametrize(
    ("transport", "rules"),
    [("udp", []), ("tcp", [NO_UDP]), ("tls", [NO_UDP, NO_CLEAR_TURN, NO_CLEAR_ICE])],
)
def test_two_networks_meet_through_the_server(
    arrive: Arrive, network: Network, middle: Server, transport: str, rules: list[str]
):
    network.block(*rules)
    # Firefox finds its way through TLS by name only, and takes long for it.
    ana, ben = meet(arrive, middle, "chromium", "chromium" if transport == "tls" else "firefox",
                    doors=BY_NAME if transport == "tls" else BY_NUMBER)
    talk(ana, ben)
    for person in (ana, ben):
        # One to send and one to receive; a relay is asked only when nothing else comes through.
        assert [route["local"] == "relay" for route in routes(person)] == [transport == "tls"] * 2, routes(person)
    is_connected_by(ana, f"Through the server, {transport.upper()}")


def test_nobody_learns_where_the_others_are(arrive: Arrive, network: Network, middle: Server):
    network.pass_on(True)
    ana, ben = meet(arrive, middle, "chromium", "chromium")
    talk(ana, ben)
    # The server has an address in either network, and each is as good as the other.
    assert {route["others"] for route in routes(ana)} <= {"10.77.1.1", "10.77.2.1"}
    assert "10.77.1.2" not in ben.page.evaluate(HEARD)
    # Who hides from guests of dialects stays in the meeting as before.
    hide(ana)
    talk(ana, ben)
    assert "10.77.1.2" not in ben.page.evaluate(HEARD)
    # Whoever hides is remembered.
    ana.page.reload()
    ana.is_inside()
    talk(ana, ben)
    assert "10.77.1.2" not in ben.page.evaluate(HEARD)


def test_media_come_back_after_an_address_has_changed(arrive: Arrive, network: Network, middle: Server):
    ana, ben = meet(arrive, middle, "chromium", "chromium")
    talk(ana, ben)
    place = network.place("ana")
    network.ip(place, "address", "flush", "dev", "home", "scope", "global")
    network.address(place, "home", "10.77.1.77/24")
    network.ip(place, "route", "replace", "default", "via", "10.77.1.1")
    try:
        talk(ana, ben)
        assert {route["address"] for route in routes(ana)} == {"10.77.1.77"}
        # She has kept her seat, and nothing of the chat is lost either way.
        ana.say("from another address")
        ben.reads("from another address")
        ben.say("as if nothing had happened")
        ana.reads("from another address", "as if nothing had happened")
        expect(ben.tile("Ana")).to_have_count(1)
    finally:
        network.use_ipv4()


def hide(person: Person) -> None:
    person.controls.get_by_role("button", name="Help and settings").click()
    person.page.get_by_role("switch", name="Hide my IP address").click()
    person.page.keyboard.press("Escape")


def test_the_test_page_says_what_gets_through(arrive: Arrive, network: Network, middle: Server):
    ana = arrive("Ana", "chromium@ana", server=door("ana"))
    ana.page.goto(f"{ana.origin}/test")
    expect(ana.page.get_by_role("heading", name="Your connection is ready for calls")).to_be_visible()
    expect(ana.page.locator(".test-steps [data-state=good]")).to_have_count(10)
    network.block(NO_UDP)
    ana.page.get_by_role("button", name="Test again").click()
    expect(ana.page.get_by_role("heading", name="Calls work, though not at their best")).to_be_visible(timeout=30_000)
    expect(ana.page.locator("[data-step=udp]")).to_contain_text("No answer came back")
    expect(ana.page.locator("[data-step=stun]")).to_contain_text("UDP is blocked on your network")
    expect(ana.page.locator(".test-steps [data-state=good]")).to_have_count(8)


def test_a_server_behind_nat_is_found_by_its_public_address(
    arrive: Arrive, network: Network, middle: Server, tmp_path: Path
):
    inner = network.behind_nat()
    share_authority(middle, tmp_path)
    server = Server(tmp_path, "relay-nat", "--public-ip", "11.0.0.1", namespace=inner, port=OTHER_PORT,
                    listen="0.0.0.0", address="127.0.0.1")
    try:
        server.start()
        public = Door(f"https://11.0.0.1:{OTHER_PORT}")
        ana, ben = meet(arrive, server, "chromium", "chromium", doors=(public, public))
        talk(ana, ben)
        for person in (ana, ben):
            assert {route["others"] for route in routes(person)} <= {"11.0.0.1", "192.168.50.2"}
        go_away(ana, ben)
    finally:
        server.stop()
        network.without_nat()


def test_networks_without_ipv4_meet(arrive: Arrive, network: Network, middle: Server, tmp_path: Path):
    network.use_ipv6()
    share_authority(middle, tmp_path)
    server = Server(tmp_path, "relay-ipv6", namespace=network.server, port=OTHER_PORT, listen="[::]", address="[::1]")
    try:
        server.start()
        doors = (Door(f"https://[fd77:1::1]:{OTHER_PORT}"), Door(f"https://[fd77:2::1]:{OTHER_PORT}"))
        ana, ben = meet(arrive, server, "chromium", "firefox", doors=doors)
        talk(ana, ben)
        assert {route["others"] for route in routes(ana)} <= {"fd77:1::1", "fd77:2::1"}
        go_away(ana, ben)
    finally:
        server.stop()
        network.use_ipv4()


def test_an_address_that_comes_while_the_server_runs_is_served(network: Network, middle: Server):
    _, answer = middle.request("POST", "/api/v1/ice-servers")
    server = pick(answer, "udp")
    network.address(network.server, "ana", "10.77.9.1/32")
    found = aiortc(network.place("ana"), middle, {**server, "urls": [f"turn:10.77.9.1:{PORT}?transport=udp"]})
    assert found["answer"] == "yaler eht hguorht"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_another_implementation_gets_through(network: Network, middle: Server, transport: str):
    status, answer = middle.request("POST", "/api/v1/ice-servers")
    assert status == 200, answer
    found = aiortc(network.place("ana"), middle, pick(answer, transport))
    assert found["answer"] == "yaler eht hguorht"
    assert all(" typ relay " in line for line in found["candidates"]), found


def share_authority(server: Server, data: Path) -> None:
    """Lets another server sign as this one does: browsers trust one authority of a name."""
    folder = data / "certificates"
    folder.mkdir(mode=0o700)
    for name in ("authority.pem", "authority-key.pem"):
        shutil.copy(server.authority.with_name(name), folder / name)


def pick(answer: dict, transport: str) -> dict:
    """The server of one transport, by the name it has in the networks."""
    wanted = {"udp": "turn:{}?transport=udp", "tcp": "turn:{}?transport=tcp", "tls": "turns:{}?transport=tcp"}[transport]
    server = next(each for each in answer["iceServers"] if "username" in each)
    url = wanted.format(f"127.0.0.1:{PORT}")
    assert url in server["urls"], server
    return {**server, "urls": [url.replace("127.0.0.1", "meet")]}


def aiortc(namespace: str, server: Server, ice_server: dict) -> dict:
    """Two ends in a namespace. What they found, or a failed test with what they said."""
    command = ["ip", "netns", "exec", namespace, sys.executable, str(Path(__file__).with_name("aiortc_pair.py"))]
    done = subprocess.run([*command, json.dumps(ice_server)], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "SSL_CERT_FILE": str(server.authority)})
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
