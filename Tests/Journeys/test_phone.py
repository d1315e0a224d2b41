# SPDX-License-Identifier: Apache-2.0
"""The meeting in the hand: upright, on its side, and as narrow as it gets."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from conftest import Arrive
from test_before import TWO_SIDES

UPRIGHT = {"width": 390, "height": 844}
ON_ITS_SIDE = {"width": 844, "height": 390}
NARROW = {"width": 320, "height": 568}

# Pairs of call controls that lie over each other, and those that are not wholly on the screen.
MISPLACED = """() => {
  const buttons = [...document.querySelectorAll("#controls button")].filter((each) => each.checkVisibility());
  const boxes = buttons.map((each) => [each.getAttribute("aria-label"), each.getBoundingClientRect()]);
  const wrong = boxes.filter(([, box]) => box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight)
    .map(([name]) => name);
  boxes.forEach(([name, a], index) => boxes.slice(index + 1).forEach(([other, b]) => {
    if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) wrong.push(`${name} and ${other}`);
  }));
  return wrong;
}"""

# Firefox does not pretend to be a phone, but its window can be as small as one.
PHONES = pytest.mark.parametrize(("engine", "phone"), [
    ("chromium", {"has_touch": True, "is_mobile": True}), ("firefox", {})])


@PHONES
def test_everything_is_reached_on_a_phone(arrive: Arrive, meeting: str, engine: str, phone: dict):
    ana = arrive("Ana", engine, viewport=UPRIGHT, **phone).join(meeting)
    page = ana.page
    for size in [UPRIGHT, ON_ITS_SIDE, NARROW]:
        page.set_viewport_size(size)
        expect(ana.controls.get_by_role("button", name="Leave")).to_be_visible()
        page.wait_for_function(f"({MISPLACED})().length === 0")
        has_no_sideways_scrolling(page)
        for panel in ["Chat", "People"]:
            ana.controls.get_by_role("button", name=re.compile(f"^{panel}")).click()
            sheet = page.get_by_role("complementary", name=panel)
            expect(sheet).to_be_in_viewport(ratio=0.99)
            sheet.get_by_role("button", name=f"Close {panel.lower()}").click()
            expect(sheet).to_have_count(0)


def test_a_panel_leaves_the_stage_its_place_on_its_side(arrive: Arrive, meeting: str):
    ana = arrive("Ana", viewport=ON_ITS_SIDE, has_touch=True, is_mobile=True).join(meeting)
    ana.open_chat()
    stage = ana.page.get_by_role("group", name="Participants").bounding_box()
    panel = ana.page.get_by_role("complementary", name="Chat").bounding_box()
    assert stage["x"] + stage["width"] <= panel["x"]
    assert stage["width"] >= 0.4 * ON_ITS_SIDE["width"]


def test_a_phone_turns_its_camera_in_the_meeting(arrive: Arrive, meeting: str):
    ana = arrive("Ana", scripts=[TWO_SIDES], has_touch=True, is_mobile=True, viewport=UPRIGHT).join(meeting)
    own = ana.own_tile().locator("video")
    expect(own).to_have_class("mirrored")
    ana.own_tile().get_by_role("button", name="Turn to the other camera").tap()
    expect(own).to_have_class("")
    ana.press("More")
    ana.page.get_by_role("group", name="More").get_by_role("button", name="Turn to the other camera").tap()
    expect(own).to_have_class("mirrored")
    assert ana.page.evaluate("asked") == ["user", "environment", "user"]


@PHONES
def test_the_narrowest_screen_shares_from_the_menu(arrive: Arrive, meeting: str, engine: str, phone: dict):
    ana = arrive("Ana", engine, viewport=NARROW, **phone).join(meeting)
    ana.press("More")
    expect(ana.page.get_by_role("group", name="More").get_by_role("button", name="Share your screen")).to_be_visible()


@PHONES
@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_sheets_are_pulled_down_or_put_away_by_a_press_beside_them(arrive: Arrive, meeting: str, engine: str, phone: dict, motion: str):
    still = {"reduced_motion": motion} if engine == "chromium" else {}
    ana = arrive("Ana", engine, viewport=UPRIGHT, **phone, **still).join(meeting)
    page = ana.page

    def of_panel(name: str) -> Sheet:
        sheet = page.get_by_role("complementary", name=name)
        return Sheet(ana.controls.get_by_role("button", name=re.compile(f"^{name}")), sheet, sheet.get_by_role("heading").first)

    more = page.get_by_role("group", name="More")
    sheets = [of_panel("People"), of_panel("Chat"), Sheet(ana.controls.get_by_role("button", name="More"), more, more.locator(".grip"))]
    for sheet in sheets:
        sheet.open()
        # A little is not enough, nor is what comes back.
        pull(page, engine, sheet.handle, 24)
        pull(page, engine, sheet.handle, 300, back=True)
        expect(sheet.itself).to_be_in_viewport(ratio=0.99)
        pull(page, engine, sheet.handle, 200)
        sheet.is_away()
        sheet.open()
        page.mouse.click(UPRIGHT["width"] / 2, 30)
        # Whoever leaves a menu for something else has the focus there.
        sheet.is_away(back=sheet.itself is not more)
        sheet.open()
        page.keyboard.press("Escape")
        sheet.is_away()
    settings = page.get_by_role("dialog", name="Help and settings")
    for away in [lambda: pull(page, engine, settings.get_by_role("heading", name="Help and settings"), 200), lambda: page.mouse.click(195, 20),
                 lambda: page.keyboard.press("Escape")]:
        ana.press("More")
        more.get_by_role("button", name="Help and settings").click()
        expect(settings).to_be_visible()
        away()
        expect(settings).to_be_hidden()


def test_what_is_no_sheet_stays_where_it_is(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ana.controls.get_by_role("button", name=re.compile("^People")).click()
    panel = ana.page.get_by_role("complementary", name="People")
    pull(ana.page, "firefox", panel.get_by_role("heading").first, 300)
    ana.page.mouse.click(400, 300)
    expect(panel).to_be_in_viewport(ratio=0.99)


@dataclass(frozen=True)
class Sheet:
    opener: Locator
    itself: Locator
    handle: Locator

    def open(self) -> None:
        self.opener.click()
        expect(self.itself).to_be_in_viewport(ratio=0.99)

    def is_away(self, back: bool = True) -> None:
        expect(self.itself).to_have_count(0)
        # Whoever goes on with the keyboard is where they were.
        if back:
            expect(self.opener).to_be_focused()


def pull(page: Page, engine: str, handle: Locator, far: int, back: bool = False) -> None:
    """Pulls something down, slowly, by finger in Chromium; back up before letting go, if need be."""
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    way = [far * step / 8 for step in range(1, 9)]
    way += way[-2::-1] if back else []
    if engine == "chromium":
        fingers = page.context.new_cdp_session(page)
        fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for step in way:
            page.wait_for_timeout(90)
            fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y + step}]})
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        fingers.detach()
        return
    page.mouse.move(x, y)
    page.mouse.down()
    for step in way:
        page.wait_for_timeout(90)
        page.mouse.move(x, y + step)
    page.mouse.up()


def has_no_sideways_scrolling(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
