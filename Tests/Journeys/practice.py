# SPDX-License-Identifier: Apache-2.0
"""A professional's practice in the browser: what clients and the professional do there."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from clinic import MINUTE, PASSWORD, Professional
from person import Person
from server import Server

TOKYO = {"locale": "en-GB", "timezone_id": "Asia/Tokyo"}
CONSENT = "Your data are kept for the time of your treatment."
DAY = 24 * 60 * MINUTE


@pytest.fixture
def vale(server: Server) -> Professional:
    """Takes bookings at all hours, so that the waiting room of the next one is open already."""
    return Professional(server, "Robin Vale", "Europe/Lisbon", slotMinutes=5, consent=CONSENT)


def dashboard_of(person: Person, professional: Professional) -> Page:
    page = person.page
    page.goto(f"{person.origin}/login")
    page.get_by_label("E-mail").fill(professional.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Waiting room")).to_be_visible()
    return page


def visit(page: Page, name: str) -> Locator:
    """A client on the dashboard."""
    return page.get_by_role("article", name=re.compile(f"^{name},"))


def check_in(page: Page, consent: bool = True, speaks: bool = True) -> None:
    """Goes through the device check as somebody does whose devices work."""
    expect(page.get_by_text("Your camera works")).to_be_visible()
    if speaks:
        expect(page.get_by_text("Your microphone hears you")).to_be_visible()
    expect(page.get_by_text("Your connection is good")).to_be_visible()
    if consent:
        page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Enter the waiting room").click()
    expect(page.get_by_role("heading", name="You are in the waiting room")).to_be_visible()


def place(page: Page) -> Locator:
    """What the waiting room says of one's place."""
    return page.get_by_role("definition").last


def banner(page: Page, sentence: str) -> Locator:
    """What is shown of a lost connection. Screen readers are told the same elsewhere."""
    return page.locator(".banner").filter(has_text=sentence)


def admit(desk: Person, name: str) -> Person:
    """Lets a client in; gives the professional in the tab of the call."""
    with desk.page.expect_popup() as popup:
        desk.page.get_by_role("button", name=f"Admit {name}").click()
    call = Person(desk.context, desk.origin, desk.name, popup.value)
    desk.faults = call.faults
    call.is_inside()
    return call


def book(page: Page, address: str, name: str) -> str:
    """Books the next free time; gives the link."""
    page.goto(address)
    # The very next time may begin while the form is filled in.
    page.get_by_role("list", name=re.compile("^Free times")).get_by_role("button").nth(1).click()
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
    return page.get_by_label("Link to your appointment").input_value()


def tab_to(page: Page, label: str, backwards: bool = False) -> None:
    focused = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
    for _ in range(40):
        if page.evaluate(focused) == label:
            return
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"Tab never reaches {label}")


def book_from_tokyo(page: Page, address: str) -> None:
    """Books a time that is shown as Tokyo's clocks have it, in the way of Britain, and gets all that there is to keep."""
    page.goto(address)
    zone = page.get_by_label("Times are shown in this time zone")
    expect(zone).to_have_value("Asia/Tokyo")
    expect(page.get_by_text("Robin Vale is in Lisbon")).to_be_visible()
    times = page.get_by_role("list", name=re.compile("^Free times")).get_by_role("button")
    # The very next time may begin while the form is filled in.
    chosen = times.nth(1)
    in_tokyo = chosen.inner_text()
    zone.select_option("Europe/Lisbon")
    expect(chosen).not_to_have_text(in_tokyo)
    zone.select_option("Asia/Tokyo")
    expect(chosen).to_have_text(in_tokyo)
    chosen.click()
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_text("Please enter a name")).to_be_visible()
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label(re.compile("^What is it about")).fill("My knee")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_focused()
    # Day before month, as in Britain, at Tokyo's time.
    expect(page.locator("time").first).to_contain_text(re.compile(rf"\d+ \w+ \d{{4}}.*{in_tokyo.zfill(5)}"))
    page.reload()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to your calendar").click()
    assert "BEGIN:VEVENT" in download.value.path().read_text()
