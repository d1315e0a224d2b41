# SPDX-License-Identifier: Apache-2.0
"""Pages in networks of their own publish by WHIP and watch by WHEP. The networks are in `network.py`."""

from collections.abc import Callable, Iterator

import pytest

from conftest import Browsers, Place
from network import NO_CLEAR_ICE, NO_CLEAR_TURN, NO_UDP, PEOPLE, Network, reason_for_none
from person import until
from server import Server
from stream_client import StreamPage

REASON = reason_for_none()
pytestmark = pytest.mark.skipif(REASON is not None, reason=REASON or "")

PORT = 8443


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
    users = tmp_path_factory.mktemp("users") / "users"
    users.write_text("pages:a password\n")
    users.chmod(0o600)
    server = Server(
        tmp_path_factory.mktemp("middle"), "streams-network", "--set", "media.whip=anyone", "--set",
        f"turn.users-file={users}", namespace=network.server, port=PORT, listen="0.0.0.0", address="127.0.0.1")
    server.start()
    for person in PEOPLE:
        home = tmp_path_factory.mktemp(person)
        browsers.places[person] = Place(network.place(person), home, server.authority)
    yield server
    for person in PEOPLE:
        browsers.leave(person)
    server.stop()


@pytest.fixture
def page_at(middle: Server, network: Network, browsers: Browsers) -> Iterator[Callable[[str, str], StreamPage]]:
    contexts = []

    def make(kind: str, person: str) -> StreamPage:
        contexts.append(browsers.get(f"{kind}@{person}").new_context(ignore_https_errors=True))
        return StreamPage(contexts[-1].new_page(), f"https://10.77.{PEOPLE[person]}.1:{PORT}")

    yield make
    for context in contexts:
        context.close()
    network.block()


@pytest.mark.parametrize("layers", [False, True])
@pytest.mark.parametrize(
    ("publisher", "watcher"), [("chromium", "firefox"), ("firefox", "chromium"), ("firefox", "firefox")])
def test_a_page_watches_what_a_page_elsewhere_publishes(page_at, publisher: str, watcher: str, layers: bool):
    room = f"/{publisher}-{watcher}-{layers}/ana"
    page_at(publisher, "ana").publish("/whip" + room, layers)
    viewer = page_at(watcher, "ben")
    viewer.watch("/whep" + room)
    viewer.sees_moving_picture()
    viewer.hears_something()


@pytest.mark.parametrize(("publisher", "watcher"), [("chromium", "firefox"), ("firefox", "chromium")])
def test_where_no_udp_passes_media_come_over_tcp(page_at, network: Network, publisher: str, watcher: str):
    network.block(NO_UDP)
    room = f"/tcp-{publisher}-{watcher}/ana"
    source, viewer = page_at(publisher, "ana"), page_at(watcher, "ben")
    source.publish("/whip" + room)
    viewer.watch("/whep" + room)
    viewer.sees_moving_picture()
    viewer.hears_something()
    assert source.route() == viewer.route() == ["host", "tcp"]


def test_where_only_tls_passes_media_come_by_the_relay(page_at, network: Network):
    network.block(NO_UDP, NO_CLEAR_TURN, NO_CLEAR_ICE)
    source, viewer = page_at("chromium", "ana"), page_at("chromium", "ben")
    for page, person in ((source, "ana"), (viewer, "ben")):
        page.use_relay("pages", "a password", f"turns:10.77.{PEOPLE[person]}.1:{PORT}?transport=tcp")
    source.publish("/whip/tls/ana")
    viewer.watch("/whep/tls/ana")
    viewer.sees_moving_picture()
    viewer.hears_something()
    assert source.route() == viewer.route() == ["relay", "tls"]


@pytest.mark.parametrize(("publisher", "watcher"), [("chromium", "firefox"), ("firefox", "chromium")])
def test_who_has_a_data_channel_of_the_name_hears_what_is_said_there(page_at, publisher: str, watcher: str):
    room = f"/data-{publisher}-{watcher}/ana"
    source, viewer = page_at(publisher, "ana"), page_at(watcher, "ben")
    for page in (source, viewer):
        page.use_channel("pointer")
    source.publish("/whip" + room)
    viewer.watch("/whep" + room)
    long = "x" * 100_000
    viewer.says("here")
    until(lambda: source.heard() == ["here"], "what the watcher says is heard")
    for text in ("one", "", long):
        source.says(text)
    until(lambda: viewer.heard() == ["one", "", long], "what the publisher says is heard")
    viewer.sees_moving_picture()
