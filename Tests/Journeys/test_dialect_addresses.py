# SPDX-License-Identifier: Apache-2.0
"""Where dialects are: doors into their rooms, what pages of other origins may read, folders of pages."""

import http.client
import os
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialects import DialectServer, speaking
from server import ANY_CERTIFICATE


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialectServer]:
    yield from speaking(tmp_path_factory.mktemp("addresses"), "addresses", "noom-video", "bunch", "devameet")


def door(speaker: DialectServer, path: str) -> tuple[int, str | None]:
    """What is behind a door: the status, and where it leads."""
    connection = http.client.HTTPSConnection("localhost", speaker.port, context=ANY_CERTIFICATE, timeout=10)
    connection.request("GET", f"/dialects/{path}")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("Location")


def test_a_door_leads_to_one_meeting_and_nowhere_else(speaker: DialectServer) -> None:
    status, place = door(speaker, "noom-video/rooms/caf%C3%A9")
    assert status == 303 and re.fullmatch(r"/[a-z]{3}-[a-z]{4}-[a-z]{3}", place)
    assert door(speaker, "noom-video/rooms/caf%C3%A9") == (303, place)
    assert door(speaker, "bunch/rooms/caf%C3%A9")[1] != place
    for path in ("devameet/rooms//evil.example", "devameet/rooms/%2fevil.example", "devameet/rooms/%5cevil.example"):
        assert door(speaker, path) == (404, None)
    assert door(speaker, "devameet/rooms/abc-defg-hij") == (303, "/abc-defg-hij")
    assert door(speaker, "noom-video/rooms/" + "x" * 200)[0] == 400


def test_doors_make_no_meetings_where_only_the_host_may(tmp_path: Path) -> None:
    for server in speaking(tmp_path, "bridge-closed", "bunch", arguments=("--set", "rooms.creation=host")):
        assert door(server, "bunch/rooms/Rob") == (404, None)


def test_pages_that_send_credentials_may_read_the_sockets_answers(speaker: DialectServer) -> None:
    request = urllib.request.Request(
        speaker.url("devameet") + "/socket.io/?EIO=3&transport=polling", headers={"Origin": "http://localhost:8080"})
    answer = urllib.request.urlopen(request)
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:8080"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    preflight = urllib.request.Request(
        speaker.url("devameet") + "/api/user", method="OPTIONS",
        headers={"Origin": "http://localhost:8080", "Access-Control-Request-Headers": "authorization"})
    answer = urllib.request.urlopen(preflight)
    assert answer.headers["Access-Control-Allow-Origin"] == "*" and "Access-Control-Allow-Credentials" not in answer.headers
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()


def test_served_folders_show_pages_and_nothing_else(tmp_path: Path) -> None:
    pages = tmp_path / "noom-video"
    (pages / "public/js").mkdir(parents=True)
    (tmp_path / "secret.html").write_text("secret")
    for name in ("index.html", "public/js/app.js", "server.js", "cert.key", ".env", "public/.hidden.js", "notes.pem"):
        (pages / name).write_text("shown")
    (pages / "out.html").symlink_to(tmp_path / "secret.html")
    os.mkfifo(pages / "pipe.html")
    for server in speaking(tmp_path / "data", "bridge-folder", "noom-video", with_pages=True, folder=tmp_path):
        def status(path: str) -> int:
            connection = http.client.HTTPConnection("localhost", server.ports["noom-video"], timeout=10)
            connection.request("GET", path)
            answer = connection.getresponse().status
            connection.close()
            return answer
        assert [status(path) for path in ("/", "/index.html", "/public/js/app.js")] == [200] * 3
        for path in ("/server.js", "/cert.key", "/.env", "/public/.hidden.js", "/notes.pem", "/out.html", "/pipe.html",
                     "/../secret.html", "/%2e%2e/secret.html", "/..%2fsecret.html", "/public/../../secret.html"):
            assert status(path) in (302, 400, 404), path
        assert status("/index.html") == 200
