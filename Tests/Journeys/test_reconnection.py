# SPDX-License-Identifier: Apache-2.0
"""Connections that go away and come back: what happened is said in one line, and nothing is lost."""

import re

import pytest
from playwright.sync_api import Locator, expect

from conftest import Arrive
from line import Line
from person import Person
from server import Server
from visitor import Visitor

pytestmark = pytest.mark.without_cameras
ENGINES = ["chromium", "firefox"]

# The clock of the page can be put forward, as it is when a machine wakes up.
CLOCK = """
window.slept = 0;
const now = Date.now.bind(Date);
Date.now = () => now() + window.slept;
"""


def banner(person: Person) -> Locator:
    return person.page.locator(".banner").filter(has=person.page.get_by_role("button", name="Try now"))


def toasts(person: Person) -> Locator:
    return person.page.locator("parley-toasts")


def is_told(person: Person, line: str) -> None:
    """The line is on the screen, and screen readers say it."""
    expect(toasts(person).get_by_text(re.compile(line))).to_be_visible()
    expect(person.page.locator("#announce-polite")).to_have_text(re.compile(line))


@pytest.mark.parametrize("kind", ENGINES)
def test_a_killed_server_is_told_as_a_restart(arrive: Arrive, fragile_server: Server, kind: str):
    meeting = fragile_server.new_meeting()
    ana = arrive("Ana", kind, server=fragile_server).join(meeting)
    ana.say("before")
    fragile_server.kill()
    expect(banner(ana)).to_contain_text("Connection lost.")
    expect(ana.page.locator("#announce-assertive")).to_have_text(re.compile("Connection lost."))
    ana.say("meanwhile")
    fragile_server.start()
    expect(banner(ana)).to_have_count(0)
    is_told(ana, r"Connected again after .+: the server was restarted\.")
    ana.reads("before", "meanwhile")


@pytest.mark.parametrize("kind", ENGINES)
def test_what_was_said_while_the_network_was_away_is_counted_and_there(arrive: Arrive, server: Server, meeting: str, kind: str):
    ana = arrive("Ana", kind)
    line = Line(ana)
    ana.join(meeting)
    eve = Visitor(server.origin, "Eve").connect()
    eve.join(meeting)
    eve.say("first")
    ana.reads("first")
    ana.press("Chat")
    line.cut()
    expect(banner(ana)).to_contain_text("This device has no network.")
    eve.say("second")
    eve.say("third")
    # Long enough to be worth a word.
    ana.page.wait_for_timeout(1_600)
    line.mend()
    expect(banner(ana)).to_have_count(0)
    is_told(ana, r"Connected again after .+: this device had no network\. 2 messages came meanwhile\.")
    expect(toasts(ana).get_by_text("third")).to_have_count(0)
    expect(ana.controls.get_by_role("button", name=re.compile("^Chat, 2 "))).to_be_visible()
    ana.reads("first", "second", "third")
    eve.leave()


@pytest.mark.parametrize("kind", ENGINES)
def test_a_device_that_slept_is_told(arrive: Arrive, meeting: str, kind: str):
    ana = arrive("Ana", kind, scripts=[CLOCK])
    line = Line(ana)
    ana.join(meeting)
    ana.page.evaluate("slept += 600_000")
    line.cut()
    expect(banner(ana)).to_contain_text("This device was asleep.")
    line.mend()
    expect(banner(ana)).to_have_count(0)
    is_told(ana, r"Connected again after 10 min.*: this device was asleep\.")


def test_a_slowed_tab_that_kept_its_connection_is_told_nothing(arrive: Arrive, server: Server, meeting: str):
    ana = arrive("Ana").join(meeting)
    eve = Visitor(server.origin, "Eve").connect()
    eve.join(meeting)
    browser = ana.context.new_cdp_session(ana.page)
    browser.send("Page.setWebLifecycleState", {"state": "frozen"})
    eve.say("while you were away")
    browser.send("Page.setWebLifecycleState", {"state": "active"})
    ana.reads("while you were away")
    expect(banner(ana)).to_have_count(0)
    expect(toasts(ana).get_by_text("Connected again")).to_have_count(0)
    eve.leave()


def test_hands_keep_their_order_when_the_server_dies(fragile_server: Server):
    meeting = fragile_server.new_meeting()
    visitors = [Visitor(fragile_server.origin, name).connect() for name in ("First", "Second")]
    seats = [visitor.join(meeting)["seat"] for visitor in visitors]
    since = {}
    for visitor in visitors:
        assert "refused" not in (visitor.call("hand", {"raised": True}) or {})
        hands = visitor.hears("hands")["hands"]
        while visitor.id not in {hand["participant"] for hand in hands}:
            hands = visitor.hears("hands")["hands"]
        since[visitor.id] = {hand["participant"]: hand["since"] for hand in hands}[visitor.id]
    fragile_server.kill()
    fragile_server.start()
    # The second one is back first.
    for visitor, seat in reversed(list(zip(visitors, seats))):
        again = Visitor(fragile_server.origin, visitor.name).connect()
        reply = again.join(meeting, seat=seat, after=0, hand=since[visitor.id])
    assert [hand["participant"] for hand in reply["hands"]] == [visitor.id for visitor in visitors]
