# SPDX-License-Identifier: Apache-2.0
"""Every screen of accounts and appointments: without accessibility faults, and usable on a phone."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from clinic import Professional, now
from conftest import Arrive
from person import Person
from practice import DAY, TOKYO, book, check_in, dashboard_of, vale, visit
from test_look import PHONE, RULES, fits

# Fixtures are found by their names.
__all__ = ["vale"]


def booking_page(person: Person, vale: Professional) -> None:
    person.page.goto(f"{person.origin}/book/{vale.slug}")
    expect(person.page.get_by_role("heading", name="Choose a time")).to_be_visible()


def booking_form(person: Person, vale: Professional) -> None:
    booking_page(person, vale)
    person.page.get_by_role("list", name=re.compile("^Free times")).get_by_role("button").first.click()
    expect(person.page.get_by_role("heading", name="Your details")).to_be_visible()


def booked(person: Person, vale: Professional) -> None:
    book(person.page, f"{person.origin}/book/{vale.slug}", "Ana")


def early(person: Person, vale: Professional) -> None:
    person.page.goto(vale.invite("Ana", now() + DAY)["link"])
    expect(person.page.get_by_role("heading", name="You are early")).to_be_visible()


def device_check(person: Person, vale: Professional) -> None:
    person.page.goto(vale.invite("Ana")["link"])
    expect(person.page.get_by_text("Your camera works")).to_be_visible()


def waiting_room(person: Person, vale: Professional) -> None:
    device_check(person, vale)
    check_in(person.page)


def invalid(person: Person, vale: Professional) -> None:
    person.page.goto(f"{person.origin}/appointment?token=x.y.z")
    expect(person.page.get_by_role("heading", name="This is not a link")).to_be_visible()


def login(person: Person, vale: Professional) -> None:
    person.page.goto(f"{person.origin}/login")
    expect(person.page.get_by_label("E-mail")).to_be_visible()


def account(person: Person, vale: Professional) -> None:
    dashboard_of(person, vale)
    person.page.goto(f"{person.origin}/account")
    expect(person.page.get_by_role("heading", name="Your account")).to_be_visible()


def dashboard(person: Person, vale: Professional) -> None:
    vale.invite("Cleo", now() + DAY, note="First time")
    page = dashboard_of(person, vale)
    guest = person.context.new_page()
    guest.goto(vale.invite("Ana Lima")["link"])
    check_in(guest)
    page.bring_to_front()
    expect(page.get_by_role("button", name="Admit Ana Lima")).to_be_visible()
    expect(visit(page, "Cleo")).to_be_visible()


def clients(person: Person, vale: Professional) -> None:
    vale.invite("Ana")
    dashboard_of(person, vale)
    person.page.get_by_role("link", name="Clients").click()
    expect(person.page.get_by_role("row", name=re.compile("^Ana"))).to_be_visible()


def booking_settings(person: Person, vale: Professional) -> None:
    dashboard_of(person, vale)
    person.page.get_by_role("link", name="Booking page").click()
    expect(person.page.get_by_label("Address")).to_be_visible()


SCREENS: list[Callable[[Person, Professional], None]] = [
    booking_page, booking_form, booked, early, device_check, waiting_room, invalid, login, account, dashboard, clients,
    booking_settings,
]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
@pytest.mark.parametrize("colours", ["dark", "light"])
def test_no_accessibility_fault(arrive: Arrive, vale: Professional, screen: Callable, colours: str):
    ana = arrive("Ana", color_scheme=colours, reduced_motion="reduce", **TOKYO)
    screen(ana, vale)
    faults = Axe().run(ana.page, options=RULES).response["violations"]
    assert [f"{fault['id']}: {node['html']}" for fault in faults for node in fault["nodes"]] == []


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_a_phone_is_enough(arrive: Arrive, vale: Professional, screen: Callable):
    ana = arrive("Ana", **PHONE, **TOKYO)
    screen(ana, vale)
    fits(ana.page)
