# SPDX-License-Identifier: Apache-2.0
"""Invitations in the browser: into the meeting, or to a page that says why not."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from api_client import Client, Description
from conftest import Arrive
from person import answer
from server import RESULTS, Server

HOUR = 3_600_000


@pytest.fixture
def owner(fragile_server: Server) -> Iterator[Client]:
    """Whoever opened the host link."""
    host = Client(fragile_server, Description(fragile_server))
    host.open_host_link()
    yield host


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def invite(owner: Client, meeting: str, **terms: object) -> dict:
    return owner.post(f"/meetings/{meeting}/invites", terms).body


def take_picture(person, name: str) -> None:
    person.page.screenshot(path=RESULTS / f"invite-{name}.png")


def test_a_host_by_invitation_ends_the_meeting(owner: Client, arrive: Arrive, fragile_server: Server):
    meeting = owner.post("/meetings")["meeting"]
    link = invite(owner, meeting, role="host", singleUse=True)["link"]
    ana, ben = arrive("Ana", server=fragile_server), arrive("Ben", server=fragile_server)
    ana.page.goto(link)
    ana.page.wait_for_url(f"**/{meeting}")
    ana.join(meeting)
    ben.join(meeting)
    ana.sees("Ben")
    ben.page.get_by_role("button", name="People").click()
    expect(ben.page.get_by_role("button", name="Invite others")).to_be_visible()
    expect(ben.page.get_by_role("button", name="Host controls")).to_have_count(0)

    ana.page.get_by_role("button", name="Host controls").click()
    end = ana.page.get_by_role("button", name="End the meeting for everybody")
    expect(end).to_be_visible()
    take_picture(ana, "host")
    end.click()
    answer(ana.page, "End this meeting?", "End the meeting for everybody")
    for person in (ana, ben):
        expect(person.page.get_by_role("heading", name="The meeting is over")).to_be_visible()


def test_an_invitation_for_one_brings_its_browser_back_and_no_other(
        owner: Client, arrive: Arrive, fragile_server: Server):
    meeting = owner.post("/meetings")["meeting"]
    link = invite(owner, meeting, singleUse=True)["link"]
    ana, eve = arrive("Ana", server=fragile_server), arrive("Eve", server=fragile_server)
    for _ in range(2):
        ana.page.goto(link)
        ana.page.wait_for_url(f"**/{meeting}")
    eve.page.goto(link)
    expect(eve.page.get_by_role("heading", name="This invitation was used already")).to_be_focused()
    take_picture(eve, "used")


@pytest.mark.parametrize("width", [360, 1280])
def test_whoever_is_early_is_told_when_in_their_own_time_and_goes_in_then(
        width: int, owner: Client, arrive: Arrive, fragile_server: Server):
    meeting = owner.post("/meetings")["meeting"]
    ana = arrive("Ana", server=fragile_server, timezone_id="Asia/Kolkata", locale="en-GB",
                 viewport={"width": width, "height": 640})
    # Noon of 3 January 2040 in UTC.
    far = invite(owner, meeting, notBefore=2_209_204_800_000)["link"]
    ana.page.goto(far)
    expect(ana.page.get_by_role("heading", name="You are a little early")).to_be_focused()
    expect(ana.page.get_by_text("17:30")).to_be_visible()
    take_picture(ana, f"early-{width}")
    soon = invite(owner, meeting, notBefore=now() + 6_000)["link"]
    ana.page.goto(soon)
    expect(ana.page.get_by_role("heading", name="You are a little early")).to_be_visible()
    ana.page.wait_for_url(f"**/{meeting}")


def test_each_reason_has_its_page(owner: Client, arrive: Arrive, fragile_server: Server):
    meeting = owner.post("/meetings")["meeting"]
    revoked, over = invite(owner, meeting), invite(owner, meeting, expiresAt=now() + 1_500)
    owner.delete(f"/invites/{revoked['id']}")
    ended = owner.post("/meetings")["meeting"]
    of_ended = invite(owner, ended)
    owner.post(f"/meetings/{ended}/end")
    ana = arrive("Ana", server=fragile_server)
    ana.page.wait_for_timeout(2_000)
    for link, heading in [
        (revoked["link"], "This invitation was taken back"), (over["link"], "This invitation is over"),
        (of_ended["link"], "This meeting has ended"), (revoked["link"] + "x", "There is no such invitation"),
        (f"{fragile_server.origin}/i/x", "There is no such invitation"),
    ]:
        ana.page.goto(link)
        expect(ana.page.get_by_role("heading", name=heading)).to_be_focused()
        expect(ana.page.get_by_role("link", name="Go to the start page")).to_be_visible()
    take_picture(ana, "unknown")
