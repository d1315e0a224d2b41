# SPDX-License-Identifier: Apache-2.0
"""Programs publish into a meeting by WHIP, and people in it see and hear them as they do each other."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api_client import Client
from api_fixtures import description, member, root, token_of, visitor  # noqa: F401
from conftest import Arrive
from person import answer, until
from server import ROOT, Server
from stream_client import StreamClient

OFFER = (ROOT / "Fixtures/sdp/chromium-whip.sdp").read_bytes().decode()
AIORTC = Path(__file__).with_name("aiortc_stream.py")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("studio"), "studio", "--tls", "off", "--set", "media.loopback-candidates=true")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def publish(server: Server) -> Iterator[Callable[[str, str, str], subprocess.Popen]]:
    programs = []

    def start(code: str, name: str, token: str) -> subprocess.Popen:
        programs.append(subprocess.Popen(
            [sys.executable, AIORTC, "publish", f"{server.origin}/whip/{code}/{name}", "60", token],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()
        program.wait()


def test_people_see_and_hear_who_publishes_by_whip(
    server: Server, member: Callable[..., Client], arrive: Arrive, publish: Callable
):
    owner = member("Ana")
    code = owner.post("/meetings", {})["meeting"]
    # One was there before everybody else, one comes later.
    publish(code, "Stage%20left", token_of(owner))
    ben = arrive("Ben", server=server).join(code)
    ben.sees("Stage left")
    ben.hears_sound()
    cleo = arrive("Cleo", server=server).join(code)
    cleo.sees("Stage left")
    cleo.sees("Ben")
    later = publish(code, "Balcony", token_of(owner))
    ben.sees("Balcony")

    later.kill()
    expect(ben.tile("Balcony")).to_have_count(0, timeout=60_000)
    ben.leave()
    cleo.sees("Stage left")


def test_a_host_removes_who_publishes_by_whip(
    server: Server, member: Callable[..., Client], arrive: Arrive, publish: Callable
):
    owner = member("Gus")
    code = owner.post("/meetings", {})["meeting"]
    token = token_of(owner)
    publish(code, "stage", token)
    hal = arrive("Hal", server=server)
    hal.page.goto(owner.post(f"/meetings/{code}/invites", {"role": "host"})["link"])
    hal.page.get_by_label("Your name").fill("Hal")
    hal.page.get_by_role("button", name="Join now").click()
    hal.sees("stage")
    hal.tile("stage").press("Enter")
    hal.page.get_by_role("dialog", name="stage").get_by_role("button", name="Remove from the meeting").click()
    answer(hal.page, "Remove stage from the meeting?", "Remove from the meeting")
    expect(hal.tile("stage")).to_have_count(0)
    # Programs try again by themselves.
    again = StreamClient(server, token).post(f"/whip/{code}/stage", OFFER)
    assert (again.status, json.loads(again.text)["code"]) == (403, "removed")
    assert StreamClient(server, token).post(f"/whip/{code}/encore", OFFER).status == 201


def test_a_meeting_of_streams_alone_is_empty(
    server: Server, member: Callable[..., Client], arrive: Arrive, publish: Callable
):
    owner = member("Dan")
    code = owner.post("/meetings", {})["meeting"]
    publish(code, "stage", token_of(owner))
    eve = arrive("Eve", server=server).join(code)
    eve.sees("stage")

    def present() -> int:
        return owner.get(f"/meetings/{code}")["participants"]

    assert present() == 2
    eve.leave()
    until(lambda: present() == 0, "nobody is in the meeting")
    arrive("Finn", server=server).join(code).sees("stage")
