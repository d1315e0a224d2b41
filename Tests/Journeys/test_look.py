# SPDX-License-Identifier: Apache-2.0
"""Every screen: without accessibility faults that a tool can find, and usable on a phone."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from conftest import Arrive
from person import Person

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

# Controls smaller than a finger, unless they are words in a text.
SMALL = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((element) => !(element.matches("a, .link") && element.closest("p, li, small")))
  .map((element) => ({ box: (element.closest("label") ?? element).getBoundingClientRect(), element }))
  .filter(({ box }) => box.width > 1 && box.height > 1 && (box.width < 43.5 || box.height < 43.5))
  .map(({ box, element }) =>
    `${element.getAttribute("aria-label") ?? element.textContent.trim()}: ${box.width} x ${box.height}`)"""

Screen = Callable[[Person, str], None]


def home(person: Person, meeting: str) -> None:
    person.page.goto(person.origin)
    expect(person.page.get_by_role("button", name="Start a meeting")).to_be_visible()


def trust(person: Person, meeting: str) -> None:
    person.page.goto(f"{person.origin}/trust")
    expect(person.page.get_by_role("heading", level=1)).to_be_visible()


def connection_test(person: Person, meeting: str) -> None:
    person.page.goto(f"{person.origin}/test#{meeting}")
    expect(person.page.locator("[data-verdict]:not([data-verdict=running])")).to_be_visible()


def prejoin(person: Person, meeting: str) -> None:
    person.open(meeting)
    expect(person.page.get_by_role("button", name="Turn off camera")).to_be_visible()


def unknown(person: Person, meeting: str) -> None:
    person.open("zzz-zzzz-zzz")
    expect(person.page.get_by_role("heading", name="There is no such meeting")).to_be_visible()


def alone(person: Person, meeting: str) -> None:
    person.join(meeting)
    expect(person.page.get_by_text("You are the first one here")).to_be_visible()


def chat(person: Person, meeting: str) -> None:
    person.join(meeting)
    person.say("Look: https://example.org/")
    expect(person.log.get_by_role("link")).to_be_visible()


def people(person: Person, meeting: str) -> None:
    person.join(meeting)
    person.controls.get_by_role("button", name=re.compile("^People")).click()
    expect(person.page.get_by_role("heading", name="People")).to_be_visible()


def menu(person: Person, meeting: str) -> None:
    person.join(meeting)
    person.press("Choose microphone and speaker")
    expect(person.page.get_by_role("combobox", name=re.compile("^Microphone"))).to_be_visible()


def help_dialog(person: Person, meeting: str) -> None:
    person.join(meeting)
    person.page.keyboard.press("?")
    expect(person.page.get_by_role("dialog")).to_be_visible()


def left(person: Person, meeting: str) -> None:
    person.join(meeting)
    person.leave()


SCREENS = [home, trust, connection_test, prejoin, unknown, alone, chat, people, menu, help_dialog, left]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
@pytest.mark.parametrize("colours", ["dark", "light"])
def test_no_accessibility_fault(arrive: Arrive, meeting: str, screen: Screen, colours: str):
    ana = arrive("Ana", color_scheme=colours, reduced_motion="reduce")
    screen(ana, meeting)
    faults = Axe().run(ana.page, options=RULES).response["violations"]
    assert [f"{fault['id']}: {node['html']}" for fault in faults for node in fault["nodes"]] == []


# A phone chooses its devices itself: there is no menu.
@pytest.mark.parametrize("screen", [screen for screen in SCREENS if screen is not menu], ids=lambda screen: screen.__name__)
def test_a_phone_is_enough(arrive: Arrive, meeting: str, screen: Screen):
    ana = arrive("Ana", **PHONE)
    screen(ana, meeting)
    fits(ana.page)


def test_a_phone_on_its_side_is_enough(arrive: Arrive, meeting: str):
    ana = arrive("Ana", **{**PHONE, "viewport": {"width": 844, "height": 390}})
    prejoin(ana, meeting)
    fits(ana.page)
    alone(ana, meeting)
    fits(ana.page)
    expect(ana.controls.get_by_role("button", name="Leave")).to_be_in_viewport()


def fits(page: Page) -> None:
    width, view = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
    assert width <= view, "nothing is wider than the screen"
    assert page.evaluate(SMALL) == []
