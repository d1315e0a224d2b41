# SPDX-License-Identifier: Apache-2.0
"""Every screen: without accessibility faults that a tool can find, and usable on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from conftest import Arrive
from screens import HOST_SCREENS, SCREENS, Screen, alone, chat, help_dialog, left, menu, people, prejoin
from server import Server

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

# Controls smaller than a finger, unless they are words in a text.
SMALL = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((element) => !(element.matches("a, .link") && element.closest("p, li, small")))
  .map((element) => ({ box: (element.closest("label") ?? element).getBoundingClientRect(), element }))
  .filter(({ box }) => box.width > 1 && box.height > 1 && (box.width < 43.5 || box.height < 43.5))
  .map(({ box, element }) =>
    `${element.getAttribute("aria-label") ?? element.textContent.trim()}: ${box.width} x ${box.height}`)"""

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
@pytest.mark.parametrize("colours", ["dark", "light"])
def test_no_accessibility_fault(arrive: Arrive, meeting: str, screen: Screen, colours: str):
    ana = arrive("Ana", color_scheme=colours, reduced_motion="reduce")
    screen(ana, meeting)
    assert faults_of(ana.page) == []


@pytest.mark.parametrize("screen", HOST_SCREENS, ids=lambda screen: screen.__name__)
def test_no_accessibility_fault_for_hosts(arrive: Arrive, fragile_server: Server, screen: Screen):
    ana = arrive("Ana", server=fragile_server, color_scheme="dark", reduced_motion="reduce")
    ana.page.goto(fragile_server.host_link())
    screen(ana, fragile_server.new_meeting())
    assert faults_of(ana.page) == []


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


# 1280 CSS pixels at four times their size, and a small phone.
@pytest.mark.parametrize("screen", [prejoin, alone, chat, people, help_dialog, left], ids=lambda screen: screen.__name__)
def test_320_pixels_are_enough(arrive: Arrive, meeting: str, screen: Screen):
    ana = arrive("Ana", **{**PHONE, "viewport": {"width": 320, "height": 640}})
    screen(ana, meeting)
    fits(ana.page)


# The same page at twice its size on a screen of 1280 by 800.
@pytest.mark.parametrize("screen", [prejoin, alone, chat, help_dialog], ids=lambda screen: screen.__name__)
def test_twice_the_size_is_usable(arrive: Arrive, meeting: str, screen: Screen):
    ana = arrive("Ana", viewport={"width": 640, "height": 400}, device_scale_factor=2)
    screen(ana, meeting)
    width, view = ana.page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
    assert width <= view


def test_colours_of_the_system_tell_what_is_on(arrive: Arrive, meeting: str):
    """With forced colours, what is on, off or focused is told by more than a colour of ours."""
    ana = arrive("Ana", forced_colors="active")
    alone(ana, meeting)
    ana.press("Turn off microphone")
    off = ana.controls.get_by_role("button", name="Turn on microphone")
    on = ana.controls.get_by_role("button", name="Turn off camera")
    background = "(element) => getComputedStyle(element).backgroundColor"
    assert off.evaluate(background) != on.evaluate(background)
    off.focus()
    ana.page.keyboard.press("ArrowRight")
    assert ana.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_nothing_moves_for_those_who_want_no_motion(arrive: Arrive, meeting: str):
    ana = arrive("Ana", reduced_motion="reduce")
    alone(ana, meeting)
    ana.open_chat()
    longest = """() => Math.max(0, ...document.getAnimations().map((each) => each.effect.getComputedTiming().activeDuration))"""
    assert ana.page.evaluate(longest) <= 1


def faults_of(page: Page) -> list[str]:
    faults = Axe().run(page, options=RULES).response["violations"]
    return [f"{fault['id']}: {node['html']}" for fault in faults for node in fault["nodes"]]


def fits(page: Page) -> None:
    width, view = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
    assert width <= view, "nothing is wider than the screen"
    assert page.evaluate(SMALL) == []
