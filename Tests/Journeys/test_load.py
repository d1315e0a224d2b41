# SPDX-License-Identifier: Apache-2.0
"""`parley load`: headless people meet on a server, over everything that browsers go through."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import PROGRAM, Server


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that offers its loopback address for media, and takes anybody's WHIP."""
    server = Server(tmp_path_factory.mktemp("load"), "load", "--set", "media.loopback-candidates=true",
                    "--set", "media.whip=anyone")
    server.start()
    yield server
    server.stop()


def load(server: Server, *arguments: str) -> tuple[int, dict]:
    """Runs it for four seconds; gives its exit status and figures."""
    assert server.process
    command = [str(PROGRAM), "load", server.origin, "--seconds", "4", "--json", "-", "--pid", str(server.process.pid),
               *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout)


def test_people_in_two_meetings_see_and_hear_each_other(carrier: Server) -> None:
    status, figures = load(carrier, "--rooms", "2", "--people", "3", "--simulcast")
    assert status == 0, figures
    assert figures["joined"] == 6 and figures["failed"] == 0
    assert figures["wantedPictures"] == 12 and figures["blankPictures"] == 0
    assert figures["audioStreams"] >= 12
    assert figures["lost"] * 100 < figures["received"]
    assert figures["frames"] > 0 and figures["videoDelay"]["count"] > 0 and figures["firstFrame"]["count"] == 12
    assert figures["serverCPU"] > 0


def test_viewers_that_send_nothing_watch_one_publisher(carrier: Server) -> None:
    status, figures = load(carrier, "--people", "4", "--publishers", "1")
    assert status == 0, figures
    assert figures["wantedPictures"] == 3 and figures["blankPictures"] == 0
    assert figures["received"] > 0


def test_whip_and_whep(carrier: Server) -> None:
    status, figures = load(carrier, "--via", "whip", "--people", "3", "--publishers", "2")
    assert status == 0, figures
    assert figures["joined"] == 5
    assert figures["videoStreams"] == 6 and figures["blankPictures"] == 0


def test_a_server_without_media_is_told_apart(tmp_path: Path) -> None:
    server = Server(tmp_path, "load-without-media", "--set", "media.enabled=false")
    server.start()
    try:
        run = subprocess.run([str(PROGRAM), "load", server.origin, "--seconds", "1"], capture_output=True, text=True,
                             timeout=60, check=False)
        assert run.returncode == 69
        assert "media.enabled" in run.stderr
    finally:
        server.stop()


@pytest.mark.parametrize("arguments, says", [
    ([], "address"), (["localhost"], "address"), (["https://localhost", "--people", "none"], "--people"),
    (["https://localhost", "--poeple", "3"], "--people"), (["https://localhost", "--via", "pigeon"], "--via"),
])
def test_wrong_arguments_are_explained(arguments: list[str], says: str) -> None:
    run = subprocess.run([str(PROGRAM), "load", *arguments], capture_output=True, text=True, timeout=20, check=False)
    assert run.returncode == 64
    assert says in run.stderr
