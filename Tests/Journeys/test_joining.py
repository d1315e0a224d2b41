# SPDX-License-Identifier: Apache-2.0
"""The way in, when something is in it."""

import re

import pytest
from playwright.sync_api import Page, expect

from conftest import Arrive

# What a browser says when a device cannot be had.
FAILING_DEVICES = """
const refuse = () => Promise.reject(new DOMException("made by a test", "%s"));
MediaDevices.prototype.getUserMedia = refuse;
"""


def test_an_unknown_link_says_so(arrive: Arrive):
    ana = arrive("Ana").open("zzz-zzzz-zzz")
    expect(ana.page.get_by_role("heading", name="There is no such meeting")).to_be_visible()
    ana.page.get_by_role("link", name="Go to the start page").click()
    expect(ana.page.get_by_role("button", name="Start a meeting")).to_be_visible()


def test_a_person_who_refuses_devices_still_joins(arrive: Arrive, meeting: str):
    ben = arrive("Ben").join(meeting)
    ana = arrive("Ana", "refusing").open(meeting)
    expect(ana.page.get_by_text("Your camera and microphone are blocked")).to_be_visible()
    join_without_devices(ana.page, "Ana")
    ana.is_inside()
    expect(ben.tile("Ana, microphone off")).to_be_visible()
    ana.sees("Ben")
    ana.hears_sound()


@pytest.mark.parametrize(
    ("error", "title"),
    [
        ("NotFoundError", "No camera or microphone found"),
        ("NotReadableError", "Your camera and microphone are in use"),
    ],
)
def test_missing_and_busy_devices_have_their_own_help(arrive: Arrive, meeting: str, error: str, title: str):
    ana = arrive("Ana", scripts=[FAILING_DEVICES % error]).open(meeting)
    expect(ana.page.get_by_text(title)).to_be_visible()
    expect(ana.page.get_by_role("button", name="Try again")).to_be_visible()
    join_without_devices(ana.page, "Ana")
    ana.is_inside()


def test_a_name_is_required_and_remembered(arrive: Arrive, meeting: str):
    ana = arrive("Ana").open(meeting)
    ana.page.get_by_role("button", name="Join now").click()
    expect(ana.page.get_by_text("Please enter a name")).to_be_visible()
    ana.join(meeting)
    ana.leave()
    ana.page.get_by_role("link", name="Go to the start page").click()
    ana.open(meeting)
    expect(ana.page.get_by_label("Your name")).to_have_value("Ana")


def test_a_keyboard_is_enough(arrive: Arrive):
    ana = arrive("Ana")
    page = ana.page
    page.goto(ana.origin)
    walk_to(page, "Start a meeting")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("Ana")
    page.keyboard.press("Enter")
    ana.is_inside()
    microphone = ana.controls.get_by_role("button", name=re.compile("microphone$")).first
    before = microphone.get_attribute("aria-label")
    page.keyboard.press("Control+d")
    expect(microphone).not_to_have_attribute("aria-label", before)
    page.keyboard.press("c")
    expect(page.get_by_label("Message to everybody")).to_be_focused()
    page.keyboard.type("typed, m included")
    page.keyboard.press("Enter")
    expect(ana.log.get_by_text("typed, m included")).to_be_visible()
    page.keyboard.press("Escape")
    expect(ana.log).to_have_count(0)
    page.keyboard.press("F2")
    for _ in range(20):
        if focused(page) == "Leave":
            break
        page.keyboard.press("ArrowRight")
    assert focused(page) == "Leave"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You left the meeting")).to_be_focused()
    walk_to(page, "Rejoin")
    page.keyboard.press("Enter")
    ana.is_inside()


def join_without_devices(page: Page, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Join now").click()


def focused(page: Page) -> str:
    return page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()")


def walk_to(page: Page, label: str) -> None:
    """Presses Tab until that element has the focus."""
    for _ in range(30):
        if focused(page) == label:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {label}")
