# SPDX-License-Identifier: Apache-2.0
"""The keyboard is enough, and it is the person's own: keys that can be changed or switched off, and no drag without a key."""

import re

import pytest
from playwright.sync_api import Locator, expect

from conftest import Arrive
from person import Person, until

ENGINES = pytest.mark.parametrize("kind", ["chromium", "firefox"])


def settings_of(person: Person) -> Locator:
    person.press("Help and settings")
    dialog = person.page.get_by_role("dialog", name="Help and settings")
    expect(dialog).to_be_visible()
    return dialog


def close(person: Person, dialog: Locator) -> None:
    person.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def is_muted(person: Person, muted: bool) -> None:
    expect(person.controls.get_by_role("button", name=f"Turn {'on' if muted else 'off'} microphone")).to_be_visible()


def test_a_key_is_changed_taken_away_and_restored(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    keys = ana.page.keyboard
    dialog = settings_of(ana)
    dialog.get_by_role("button", name="Microphone on or off: M. Change").focus()
    keys.press("Enter")
    # A key that belongs to something else changes places with it, and a number is none.
    keys.press("3")
    expect(dialog.get_by_role("status")).to_contain_text("That key cannot be used.")
    keys.press("v")
    expect(dialog.get_by_role("button", name="Microphone on or off: V. Change")).to_be_focused()
    expect(dialog.get_by_role("button", name="Camera on or off: M. Change")).to_be_visible()
    dialog.get_by_role("button", name="Chat: C. Change").click()
    keys.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Chat: C. Change").click()
    keys.press("Backspace")
    expect(dialog.get_by_role("button", name="Chat: none. Change")).to_be_visible()
    close(ana, dialog)

    keys.press("v")
    is_muted(ana, True)
    expect(ana.controls.get_by_role("button", name="Turn on microphone")).to_have_attribute("title", "Turn on microphone (V)")
    keys.press("c")
    expect(ana.log).to_have_count(0)
    # Remembered.
    ana.page.reload()
    ana.is_inside()
    keys.press("v")
    is_muted(ana, False)

    dialog = settings_of(ana)
    dialog.get_by_role("button", name="Restore all keys").click()
    expect(dialog.get_by_role("button", name="Microphone on or off: M. Change")).to_be_focused()
    close(ana, dialog)
    keys.press("m")
    is_muted(ana, True)


@ENGINES
def test_a_question_is_answered_with_keys_and_no_is_what_happens_by_accident(arrive: Arrive, meeting: str, kind: str):
    ana = arrive("Ana", kind).join(meeting)
    keys = ana.page.keyboard
    asked = ana.page.get_by_role("alertdialog", name="Leave the meeting?")
    cancel, leave = (asked.get_by_role("button", name=name) for name in ("Cancel", "Leave"))
    here = ana.controls.get_by_role("button", name="More", exact=True)
    here.focus()
    for no in ["Escape", "Enter", "Space", "beside"]:
        keys.press("Control+Shift+q")
        expect(cancel).to_be_focused()
        # The keys of the meeting are not those of the question.
        keys.press("m")
        ana.page.mouse.click(8, 8) if no == "beside" else keys.press(no)
        expect(asked).to_have_count(0)
        expect(here).to_be_focused()
    is_muted(ana, False)
    # A press in the dialog that is no button answers nothing.
    keys.press("Control+Shift+q")
    asked.get_by_role("heading").click()
    expect(asked).to_be_visible()
    keys.press("Tab")
    expect(leave).to_be_focused()
    keys.press("Enter")
    expect(ana.page.get_by_role("heading", name="You left the meeting")).to_be_visible()


def test_single_keys_are_switched_off_and_combinations_stay(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    dialog = settings_of(ana)
    dialog.get_by_role("switch", name=re.compile("^Single-key shortcuts")).click()
    close(ana, dialog)
    ana.page.keyboard.press("c")
    ana.page.keyboard.press("m")
    ana.page.keyboard.press("Control+d")
    is_muted(ana, True)
    expect(ana.log).to_have_count(0)
    expect(ana.controls.get_by_role("button", name="Turn on microphone")).to_have_attribute("title", "Turn on microphone")
    # To the controls, from wherever one is.
    ana.open_chat()
    expect(ana.page.get_by_label("Message to everybody")).to_be_focused()
    ana.page.keyboard.press("F2")
    expect(ana.controls.locator(":focus")).to_have_count(1)


def test_the_strip_is_resized_with_keys_buttons_and_the_mouse(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    arrive("Ben").join(meeting)
    ana.page.keyboard.press("1")
    handle = ana.page.get_by_role("separator", name="Width of the strip")
    expect(handle).to_have_attribute("aria-valuenow", "20")
    width = ana.own_tile().bounding_box()["width"]

    handle.focus()
    ana.page.keyboard.press("ArrowLeft")
    expect(handle).to_have_attribute("aria-valuenow", "25")
    until(lambda: ana.own_tile().bounding_box()["width"] > width + 20, "the strip is wider")
    expect(handle).to_be_focused()
    ana.page.keyboard.press("End")
    expect(handle).to_have_attribute("aria-valuenow", "12")

    ana.press("More")
    ana.controls.get_by_role("button", name="Wider strip").click()
    expect(handle).to_have_attribute("aria-valuenow", "17")
    ana.page.keyboard.press("Escape")

    box = handle.bounding_box()
    ana.page.mouse.move(box["x"] + box["width"] / 2, 200)
    ana.page.mouse.down()
    ana.page.mouse.move(box["x"] - 200, 210, steps=4)
    ana.page.mouse.up()
    until(lambda: int(handle.get_attribute("aria-valuenow")) > 25, "the strip followed the mouse")
    handle.dblclick()
    expect(handle).to_have_attribute("aria-valuenow", "20")


def test_screen_readers_are_told_only_what_is_wanted(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    dialog = settings_of(ana)
    dialog.get_by_role("switch", name="Who comes and goes").click()
    close(ana, dialog)
    arrive("Ben").join(meeting)
    # Shown, but not said.
    expect(ana.page.locator("parley-toasts").get_by_text("Ben joined")).to_be_visible()
    ana.press("Raise hand")
    expect(ana.page.locator("#announce-polite")).to_contain_text("hand")
    expect(ana.page.locator("#announce-polite")).not_to_contain_text("joined")
