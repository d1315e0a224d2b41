# SPDX-License-Identifier: Apache-2.0
"""Pages in networks of their own publish by WHIP and watch by WHEP. The networks are in `network.py`."""

from collections.abc import Callable, Iterator

import pytest

from conftest import Browsers, Place
from network import PEOPLE, Network, reason_for_none
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
    server = Server(
        tmp_path_factory.mktemp("middle"), "streams-network", "--set", "media.whip=anyone", namespace=network.server,
        port=PORT, listen="0.0.0.0", address="127.0.0.1")
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
