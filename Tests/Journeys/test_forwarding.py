# SPDX-License-Identifier: Apache-2.0
"""Media by way of the server: many people, pictures as large as their tiles, who speaks, and what is not sent."""

import os
import re

import pytest
from playwright.sync_api import expect

from conftest import Arrive
from person import Person, until
from server import Server

# Connections with the server that are up, and what each sends: by section and encoding, since the page was opened.
SENDING = """async () => {
  const found = {};
  for (const connection of window.connections) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type === "outbound-rtp" && entry.kind === "video") found[entry.rid ?? ""] = entry.framesEncoded ?? 0;
    }
  }
  return found;
}"""

UP = "() => connections.filter((each) => each.connectionState === 'connected').length"
# Senders start, stop and probe for a while before a picture has its size.
PATIENCE = 60
WIDTH = "(video) => video.videoWidth"


def all_see_each_other(people: list[Person], timeout: float = 60) -> None:
    for person in people:
        for other in people:
            if other is not person:
                person.sees(other.name, timeout)


def width_of(person: Person, name: str) -> int:
    return person.tile(name).locator("video").evaluate(WIDTH)


def pin(person: Person, name: str) -> None:
    tile = person.tile(name)
    tile.hover()
    tile.get_by_role("button", name=re.compile(f"^(P|Unp)in {name}")).click()


def speaks(person: Person, name: str) -> None:
    """The tile of somebody has the ring of those who speak."""
    until(lambda: person.tile(name).get_attribute("data-speaking") is not None, f"{person.name} sees that {name} speaks", PATIENCE)


def is_quiet(person: Person, name: str) -> None:
    until(lambda: person.tile(name).get_attribute("data-speaking") is None, f"{person.name} sees that {name} is quiet", PATIENCE)


def test_everybody_has_one_connection_each_way(arrive: Arrive, meeting: str):
    people = [arrive(name).join(meeting) for name in ("Ana", "Ben", "Cleo")]
    all_see_each_other(people)
    assert [person.page.evaluate(UP) for person in people] == [2, 2, 2]


def test_eight_people_see_and_hear_each_other(arrive: Arrive, meeting: str):
    names = ["Ana", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal"]
    people = [arrive(name, viewport={"width": 960, "height": 600}).join(meeting) for name in names]
    # Eight browsers on one machine: as many cameras as it can encode, and decode seven times.
    shown = people[:max(3, os.cpu_count() or 1)]
    for person in people[len(shown):]:
        person.press("Turn off camera")
    for person in people:
        for other in shown:
            if other is not person:
                person.sees(other.name, 120)
    for person in people:
        person.hears_sound()
        assert person.page.evaluate(UP) == 2


@pytest.mark.parametrize("viewer", ["chromium", "firefox"])
def test_a_picture_grows_with_its_tile(arrive: Arrive, meeting: str, viewer: str):
    ana = arrive("Ana").join(meeting)
    arrive("Ben").join(meeting)
    cleo = arrive("Cleo", viewer, viewport={"width": 1000, "height": 640}).join(meeting)
    cleo.sees("Ana")
    pin(cleo, "Ben")
    until(lambda: width_of(cleo, "Ana") == 320, "a small tile has a small picture", PATIENCE)
    pin(cleo, "Ben")
    pin(cleo, "Ana")
    until(lambda: width_of(cleo, "Ana") > 320, "a large tile has a large picture", PATIENCE)
    pin(cleo, "Ana")
    pin(cleo, "Ben")
    until(lambda: width_of(cleo, "Ana") == 320, "a tile that has shrunk has a small picture again", PATIENCE)
    ana.is_inside()


def test_what_nobody_watches_is_not_sent(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben", viewport={"width": 480, "height": 400}).join(meeting)
    ben.sees("Ana")

    def stands_still(encoding: str) -> bool:
        before = ana.page.evaluate(SENDING).get(encoding, 0)
        ana.page.wait_for_timeout(1500)
        return ana.page.evaluate(SENDING).get(encoding, 0) == before

    until(lambda: stands_still("high"), "Ana does not send what is too large for Ben's window", PATIENCE)
    assert not stands_still("low") or not stands_still("medium")
    ben.leave()
    # The smallest stays, so that whoever comes sees something at once.
    until(lambda: stands_still("medium") and stands_still("high"), "Ana sends the least to nobody", PATIENCE)
    ben.page.get_by_role("button", name="Rejoin").click()
    ben.sees("Ana")


def test_who_speaks_is_marked_and_shown_large(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    # Firefox plays a lasting tone into its microphone; Chromium's short beeps are nobody's speech.
    ben, cleo = (arrive(name, "firefox").join(meeting) for name in ("Ben", "Cleo"))
    for person in (ana, ben):
        person.press("Turn off microphone")
    speaks(ana, "Cleo")
    is_quiet(ana, "Ben")
    ana.press("Show the speaker large")
    until(lambda: ana.tile("Cleo").get_attribute("data-role") == "large", "Cleo is shown large", PATIENCE)
    cleo.press("Turn off microphone")
    ben.press("Turn on microphone")
    speaks(ana, "Ben")
    is_quiet(ana, "Cleo")
    until(lambda: ana.tile("Ben").get_attribute("data-role") == "large", "Ben is shown large", PATIENCE)


def test_a_host_switches_off_what_somebody_sends(arrive: Arrive, fragile_server: Server):
    server = fragile_server  # whose link for the host nobody has used
    meeting = server.new_meeting()
    host = arrive("Host", server=server)
    host.page.goto(server.host_link())
    expect(host.page.get_by_role("heading", level=1)).to_be_visible()
    host.join(meeting)
    ana = arrive("Ana", server=server).join(meeting)
    host.sees("Ana")
    host.controls.get_by_role("button", name=re.compile("^People")).click()
    panel = host.page.get_by_role("complementary", name="People")
    panel.get_by_role("button", name="Turn off Ana's microphone").click()
    expect(ana.controls.get_by_role("button", name="Turn on microphone")).to_be_visible()
    expect(ana.page.get_by_text("Host turned off your microphone")).to_be_visible()
    expect(host.tile("Ana, microphone off")).to_be_visible()
    panel.get_by_role("button", name="Turn off Ana's camera").click()
    expect(ana.controls.get_by_role("button", name="Turn on camera")).to_be_visible()
    # It is a request with force, not a ban.
    ana.press("Turn on microphone")
    expect(host.tile("Ana, microphone off")).to_have_count(0)
    host.hears_sound()
    # Nobody else has such buttons.
    ana.controls.get_by_role("button", name=re.compile("^People")).click()
    expect(ana.page.get_by_role("button", name=re.compile("^Turn off Host's"))).to_have_count(0)


@pytest.mark.parametrize("viewer", ["chromium", "firefox"])
def test_a_late_comer_sees_everybody_at_once(arrive: Arrive, meeting: str, viewer: str):
    people = [arrive(name).join(meeting) for name in ("Ana", "Ben")]
    people[0].sees("Ben")
    cleo = arrive("Cleo", viewer).open(meeting)
    cleo.page.get_by_label("Your name").fill("Cleo")
    expect(cleo.page.get_by_role("button", name="Turn off camera")).to_be_visible()
    cleo.page.evaluate("""() => {
      const seen = new MutationObserver(() => {
        for (const video of document.querySelectorAll('parley-person video:not([data-watched])')) {
          video.dataset.watched = '';
          video.requestVideoFrameCallback((now) => (window.firstFrames ??= []).push(now - window.clicked));
        }
      });
      seen.observe(document.body, { subtree: true, childList: true });
      addEventListener('click', () => (window.clicked = performance.now()), { capture: true });
    }""")
    cleo.page.get_by_role("button", name="Join now").click()
    cleo.is_inside()
    until(lambda: cleo.page.evaluate("window.firstFrames?.length") == 2, "both are there")
    first = cleo.page.evaluate("window.firstFrames")
    print(f"first frames after {', '.join(f'{each:.0f}' for each in first)} ms")


def test_a_page_in_the_background_is_sent_no_pictures(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    ben.sees("Ana")
    ben.page.evaluate("""() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }""")
    shown = lambda: ben.tile("Ana").locator("video").evaluate("(video) => video.getVideoPlaybackQuality().totalVideoFrames")

    def stands_still() -> bool:
        before = shown()
        ben.page.wait_for_timeout(1500)
        return shown() == before

    until(stands_still, "Ben is sent no pictures while nobody looks")
    ben.hears_sound()
    ben.page.evaluate("""() => {
      Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }""")
    ben.sees("Ana")
