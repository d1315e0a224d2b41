# SPDX-License-Identifier: Apache-2.0
"""The administrators' page: live figures and pictures, meetings, health, accounts, data; and who may not see it."""

import re

import pytest
from playwright.sync_api import Page, expect

from clinic import Professional
from conftest import Arrive
from person import Person, answer
from server import Server
from test_accounts import create_first_account, fill_new_account, sign_in

ENGINES = ["chromium", "firefox"]


def host_page(arrive: Arrive, server: Server, kind: str = "chromium", **options) -> Person:
    """The server's page in the browser that opened the host link."""
    host = arrive("Hal", kind, server=server, **options)
    host.page.goto(server.host_link())
    host.page.goto(f"{host.origin}/admin")
    expect(host.page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    return host


def tile(page: Page, name: str):
    return page.locator("dl.tiles > div").filter(has_text=name).get_by_role("definition")


@pytest.mark.parametrize("kind", ENGINES)
def test_the_host_sees_who_is_there_and_ends_a_meeting(arrive: Arrive, fragile_server: Server, kind: str):
    host = host_page(arrive, fragile_server, kind)
    page = host.page
    expect(page.get_by_text("Nobody is meeting right now.")).to_be_visible()
    expect(tile(page, "People now")).to_have_text("0")

    code = fragile_server.new_meeting()
    ana = arrive("Ana <b>", server=fragile_server)
    ana.join(code)
    expect(tile(page, "People now")).to_have_text("1")
    expect(tile(page, "Meetings now")).to_have_text("1")
    page.get_by_text("Who is there").click()
    person = page.get_by_role("listitem").filter(has_text="Ana <b>").last
    expect(person.get_by_text("participant")).to_be_visible()
    expect(person.get_by_role("img", name="Microphone on")).to_be_visible()
    ana.page.keyboard.press("m")
    expect(person.get_by_role("img", name="Microphone off")).to_be_visible()

    page.get_by_role("button", name=f"End {code} for everybody").click()
    answer(page, f"End {code} for everybody?", "End")
    expect(page.get_by_text("Nobody is meeting right now.")).to_be_visible()
    expect(page.get_by_role("heading", name="Meetings now")).to_be_focused()
    expect(ana.page.get_by_role("heading", name="The meeting is over")).to_be_visible()


@pytest.mark.parametrize("kind", ENGINES)
def test_pictures_tell_their_story_to_mouse_keyboard_and_ears(arrive: Arrive, fragile_server: Server, kind: str):
    page = host_page(arrive, fragile_server, kind).page
    people = page.get_by_role("slider", name="People in meetings")
    processor = page.get_by_role("slider", name="Processor")
    # The second sample is the first that a line can be drawn to.
    expect(processor).to_have_attribute("aria-valuemax", re.compile(r"[1-9]\d*"))
    expect(page.locator(".line").first).to_have_attribute("d", re.compile("^M.*L"))
    expect(people).to_have_attribute("aria-valuetext", re.compile("now.*0 people"))
    people.focus()
    page.keyboard.press("Home")
    expect(people).to_have_attribute("aria-valuenow", "0")
    expect(people).to_have_attribute("aria-valuetext", re.compile(r"\d:\d\d.*0 people"))
    page.keyboard.press("ArrowRight")
    expect(people).to_have_attribute("aria-valuenow", "1")
    page.keyboard.press("Tab")
    expect(people).to_have_attribute("aria-valuetext", re.compile("now"))
    box = processor.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    expect(processor).to_have_attribute("aria-valuenow", "0")

    page.get_by_role("button", name="Last day").click()
    expect(page.get_by_role("button", name="Last day")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("The first figures come in a few seconds.").first).to_be_visible()


def test_the_doctor_and_the_log_speak_on_the_page(arrive: Arrive, fragile_server: Server):
    page = host_page(arrive, fragile_server).page
    page.get_by_role("link", name="Health", exact=True).click()
    expect(page.get_by_role("heading", name="Health", level=1)).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Configuration: no problems")).to_be_visible()
    expect(page.get_by_text("in use by a Parley that answers")).to_be_visible()
    expect(page.get_by_text("Nothing went wrong.")).to_be_visible()
    page.get_by_role("button", name="Look again").press("Enter")
    expect(page.get_by_role("button", name="Look again")).to_be_enabled()


def test_a_server_that_looks_at_itself_loses_nothing(arrive: Arrive, fragile_server: Server):
    """What other programs write to the database meanwhile is seen, and what the server writes outlives it."""
    page = host_page(arrive, fragile_server).page
    page.get_by_role("link", name="Health", exact=True).click()
    expect(page.get_by_text("is in use by this server")).to_be_visible()
    Professional(fragile_server, "Robin Vale")
    # The program that added the first account has closed the database again.
    later = Professional(fragile_server, "Sam Ford")
    fragile_server.kill()
    fragile_server.start()
    later.server = fragile_server
    assert later("GET", "/me/booking")[1]["slug"] == later.slug


def test_data_that_is_due_is_deleted_on_demand(arrive: Arrive, fragile_server: Server):
    host = host_page(arrive, fragile_server)
    fragile_server.new_meeting()
    page = host.page
    page.get_by_role("link", name="Data", exact=True).click()
    expect(page.get_by_text("for a day")).to_be_visible()
    page.get_by_role("button", name="Delete now what is due").press("Enter")
    expect(page.get_by_text("Messages deleted: 0. Meetings deleted: 0.").first).to_be_visible()


def test_the_page_is_for_administrators_only(arrive: Arrive, fragile_server: Server):
    robin = arrive("Robin", server=fragile_server)
    create_first_account(robin, fragile_server)
    robin.page.goto(f"{robin.origin}/admin#people")
    robin.page.get_by_role("button", name="Add somebody").click()
    fill_new_account(robin.page, "Sam Ford", "sam@example.org")
    robin.page.get_by_role("combobox", name="Role", exact=True).select_option("host")
    robin.page.get_by_role("button", name="Create account").click()
    expect(robin.page.get_by_label("Role of Sam Ford")).to_have_value("host")

    sam = arrive("Sam", server=fragile_server)
    sam.page.goto(f"{sam.origin}/admin")
    expect(sam.page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(sam, "sam@example.org", path="/login?next=/admin")
    expect(sam.page.get_by_role("heading", name="This page is for administrators")).to_be_visible()
    for path in ["load", "rooms", "trouble", "findings", "storage"]:
        assert sam.page.request.get(f"{sam.origin}/api/v1/server/{path}").status == 403
    assert fragile_server.request("GET", "/api/v1/server/rooms")[0] == 401
    assert fragile_server.request("POST", "/api/v1/server/sweep", headers={"X-Parley-CSRF": "1"})[0] == 401


def test_an_administrator_who_is_signed_out_elsewhere_is_told(arrive: Arrive, fragile_server: Server):
    robin = arrive("Robin", server=fragile_server)
    create_first_account(robin, fragile_server)
    robin.page.goto(f"{robin.origin}/admin")
    expect(robin.page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    assert robin.page.request.delete(
        f"{robin.origin}/api/v1/session", headers={"X-Parley-CSRF": "1", "Origin": robin.origin}).ok
    expect(robin.page.get_by_role("alert").filter(has_text="not signed in any more")).to_be_visible()
