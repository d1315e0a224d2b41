# SPDX-License-Identifier: Apache-2.0
"""The page on which whoever holds a meeting invites others to it."""

import re

import pytest
from playwright.sync_api import expect

from conftest import Arrive
from person import Person, answer
from server import Server
from look import PHONE, SMALL, faults_of

ENGINES = pytest.mark.parametrize("engine", ["chromium", "firefox"])


@pytest.fixture
def host(arrive: Arrive, fragile_server: Server, request: pytest.FixtureRequest) -> Person:
    """Whoever opened the host link, in the engine of the test, with a meeting of their own."""
    ana = arrive("Ana", request.node.callspec.params["engine"], server=fragile_server)
    ana.page.goto(fragile_server.host_link())
    ana.page.get_by_role("button", name="Start a meeting").click()
    expect(ana.page.get_by_label("Your name")).to_be_visible()
    ana.page.goto(f"{ana.origin}/")
    ana.page.get_by_role("link", name=re.compile("^Invitations to meeting")).click()
    expect(ana.page.get_by_role("heading", name="Invitations", exact=True)).to_be_visible()
    return ana


@ENGINES
def test_a_host_invites_once_and_takes_it_back(host: Person, arrive: Arrive, fragile_server: Server, engine: str):
    page = host.page
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    page.get_by_role("combobox", name="Who comes by it is a").select_option(label="Viewer: watches, listens and writes")
    page.get_by_role("combobox", name="It works for").select_option(label="a week")
    page.get_by_label("For one person only").check()
    page.get_by_role("button", name="Make invitation").click()
    row = page.get_by_role("listitem").filter(has_text="Viewer")
    expect(row).to_contain_text("works")
    expect(row).to_contain_text("for one person")
    picture = row.get_by_role("img", name="QR code of the invitation's link")
    expect(picture).to_be_visible()
    assert picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 0
    link = row.get_by_label("The invitation's link").input_value()

    ben = arrive("Ben", server=fragile_server)
    ben.page.goto(link)
    expect(ben.page.get_by_label("Your name")).to_be_visible()
    page.reload()
    expect(row).to_contain_text("used")

    # A second one, taken back.
    page.get_by_role("button", name="Make invitation").click()
    second = page.get_by_role("listitem").filter(has_text="Participant")
    link = second.get_by_label("The invitation's link").input_value()
    second.get_by_role("button", name="Take back").click()
    answer(page, "Take this invitation back?", "Take back")
    expect(second).to_contain_text("taken back")
    eve = arrive("Eve", server=fragile_server)
    eve.page.goto(link)
    expect(eve.page.get_by_role("heading", name="This invitation was taken back")).to_be_visible()


@ENGINES
def test_keys_are_enough_and_wrong_times_are_explained(host: Person, engine: str):
    page = host.page
    page.get_by_role("combobox", name="It works for").select_option(label="until a time I choose")
    until = page.get_by_label("Until", exact=True)
    until.fill("2020-01-01T10:00")
    page.get_by_role("button", name="Make invitation").press("Enter")
    expect(page.get_by_text("That time has passed.")).to_be_visible()
    expect(until).to_be_focused()
    until.fill("2099-01-01T10:00")
    page.get_by_role("button", name="Make invitation").press("Enter")
    row = page.get_by_role("listitem").filter(has_text="2099")
    expect(row).to_be_visible()
    code = row.get_by_role("button", name="QR code")
    code.press("Enter")
    expect(code).to_have_attribute("aria-expanded", "false")
    code.press("Space")
    expect(code).to_have_attribute("aria-expanded", "true")


@pytest.mark.parametrize("engine", ["chromium"])
def test_the_page_has_no_accessibility_fault_and_fits_a_phone(host: Person, engine: str):
    page = host.page
    page.get_by_role("button", name="Make invitation").click()
    expect(page.get_by_role("img", name="QR code of the invitation's link")).to_be_visible()
    for size in [{"width": 1280, "height": 800}, PHONE["viewport"]]:
        page.set_viewport_size(size)
        assert faults_of(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(SMALL) == []


def test_who_holds_no_meeting_is_asked_to_sign_in(arrive: Arrive, meeting: str):
    eve = arrive("Eve")
    eve.page.goto(f"{eve.origin}/invites#{meeting}")
    eve.page.wait_for_url(re.compile(r"/login\?next=%2Finvites%23"))
