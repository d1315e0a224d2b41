# SPDX-License-Identifier: Apache-2.0
"""The administrators' page: live figures and pictures, meetings, health, accounts, data; and who may not see it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from clinic import Professional
from conftest import Arrive
from person import Person, answer
from server import Server
from test_accounts import create_first_account, fill_new_account, sign_in
from test_webhooks import SECRET, Receiver
from turn_client import Client
from visitor import Visitor

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


def test_figures_that_are_not_known_yet_are_not_zero(arrive: Arrive, fragile_server: Server):
    page = host_page(arrive, fragile_server).page

    def before_the_first_sample(route: Route) -> None:
        load = route.fetch().json()
        route.fulfill(json={name: [] if isinstance(value, list) else value for name, value in load.items()})

    page.route("**/api/v1/server/load*", before_the_first_sample)
    page.reload()
    for name in ["Processor", "Sending", "Receiving", "Memory"]:
        expect(tile(page, name)).to_have_text("not known yet")
    expect(tile(page, "People now")).to_have_text("0")
    page.unroute("**/api/v1/server/load*")
    expect(tile(page, "Memory")).to_have_text(re.compile(r"^\d.* MB$"))


def test_receivers_of_webhooks_are_shown_with_what_is_wrong(arrive: Arrive, tmp_path: Path):
    good, bad = Receiver(), Receiver()
    bad.answers = [500] * 20
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    server = Server(tmp_path / "data", "receivers", "--set", f"webhooks.urls={good.address},{bad.address}",
                    "--set", f"webhooks.secret-file={secret}", "--set", "webhooks.private-addresses=true")
    server.start()
    try:
        page = host_page(arrive, server).page
        page.get_by_role("link", name="Health", exact=True).click()
        section = page.get_by_role("region", name="Webhooks")
        # What follows the question mark may be secret.
        of_good = section.get_by_role("listitem").filter(has_text=good.address.partition("?")[0])
        of_bad = section.get_by_role("listitem").filter(has_text=bad.address.partition("?")[0])
        expect(of_good.get_by_text("Nothing to tell yet")).to_be_visible()
        expect(section.get_by_text("by=parley")).to_have_count(0)
        eve = Visitor(server.origin, "Eve").connect()
        eve.join(server.new_meeting())
        expect(of_bad.get_by_text("Does not take anything")).to_be_visible(timeout=40_000)
        expect(of_bad.get_by_text("it answers with status 500")).to_be_visible()
        expect(of_bad.get_by_text(re.compile("^2, next try at"))).to_be_visible()
        expect(of_good.get_by_text("Takes everything")).to_be_visible()
        eve.leave()
    finally:
        server.stop()


def test_what_is_relayed_is_shown_while_it_is(arrive: Arrive, fragile_server: Server):
    page = host_page(arrive, fragile_server).page
    page.get_by_role("link", name="Health", exact=True).click()
    section = page.get_by_role("region", name="Relayed now")
    expect(section.get_by_text("Nothing is relayed right now.")).to_be_visible()
    given = fragile_server.request("POST", "/api/v1/ice-servers", {})[1]["iceServers"][-1]
    name = given["username"].partition(":")[2]
    with Client(fragile_server.port, user=given["username"], password=given["credential"]) as client:
        assert client.allocate().code == 0
        expect(section.get_by_role("listitem").filter(has_text=name)).to_contain_text("UDP", timeout=40_000)
    section = page.get_by_role("region", name="Webhooks")
    expect(section.get_by_text("No program is told.")).to_be_visible()


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
    for path in ["load", "rooms", "trouble", "findings", "storage", "webhooks"]:
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
