# SPDX-License-Identifier: Apache-2.0
"""Screens of appointments: what clients see, and what the professional does."""

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from clinic import PASSWORD, Professional, now
from look import Screen
from practice import DAY
from screens import Visit


def practice(visit: Visit, vale: Professional) -> Iterator[Screen]:
    yield from booking(visit, vale)
    yield from appointment(visit, vale)
    yield from dashboard(visit, vale)


def booking(visit: Visit, vale: Professional) -> Iterator[Screen]:
    page = visit.person.page
    page.goto(f"{visit.person.origin}/book/{vale.slug}")
    times = page.locator("parley-slots .times button")
    expect(times.first).to_be_visible()
    yield "book", page
    # Nearer ones are for those who come by an invitation.
    times.last.click()
    name = page.locator("parley-booking-form [name=name]")
    expect(name).to_be_visible()
    yield "book-details", page
    name.fill("Ana")
    page.locator("parley-booking-form .button.primary").click()
    expect(page.locator("parley-booked .invite-link")).to_be_visible()
    yield "booked", page


def appointment(visit: Visit, vale: Professional) -> Iterator[Screen]:
    page = visit.person.page
    page.goto(vale.invite("Ana", now() + DAY)["link"])
    expect(page.locator("parley-early .countdown-box")).to_be_visible()
    yield "early", page
    page.locator("parley-early .button.danger").first.click()
    expect(page.locator("dialog[open]")).to_be_visible()
    yield "cancel", page
    page.keyboard.press("Escape")
    page.goto(vale.invite("Ana")["link"])
    check(page)
    yield "device-check", page
    come_in(page)
    yield "waiting-room", page


def dashboard(visit: Visit, vale: Professional) -> Iterator[Screen]:
    vale.invite("Cleo", now() + 2 * DAY, note="First time")
    guest = visit.come("Ana Lima").page
    guest.goto(vale.invite("Ana Lima")["link"])
    check(guest)
    come_in(guest)
    page = visit.person.context.new_page()
    page.goto(f"{visit.person.origin}/login")
    page.locator("[name=email]").fill(vale.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".queue article").first).to_be_visible()
    expect(page.locator("parley-visit")).to_have_count(5)
    yield "dashboard", page
    page.locator("#later ~ .button, .section-head .button").first.click()
    expect(page.locator("dialog[open]")).to_be_visible()
    yield "plan", page
    page.keyboard.press("Escape")
    page.goto(f"{visit.person.origin}/dashboard#clients")
    expect(page.locator("parley-clients tbody tr").first).to_be_visible()
    yield "clients", page
    page.goto(f"{visit.person.origin}/dashboard#booking")
    expect(page.locator("[name=slug]")).to_be_visible()
    yield "booking-settings", page
    page.goto(f"{visit.person.origin}/account")
    expect(page.locator("parley-account")).to_be_visible()
    yield "account", page


def check(page: Page) -> None:
    """Waits for the end of the device check."""
    expect(page.locator(".findings [data-verdict=good]")).to_have_count(3)


def come_in(page: Page) -> None:
    page.locator("[name=consent]").check()
    page.locator("parley-check .button.primary").click()
    expect(page.locator("#waiting-title")).to_be_visible()
