# SPDX-License-Identifier: Apache-2.0
"""Every screen of a meeting, and the way to it: for what is checked and what is pictured on each of them.

They find things by the names of `en.json`, or by what is the same in all languages.
"""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from line import Line
from person import Person

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


def question(person: Person, meeting: str) -> None:
    """What is asked before something that one may have pressed by accident."""
    person.join(meeting)
    person.page.keyboard.press("Control+Shift+q")
    expect(person.page.get_by_role("alertdialog")).to_be_visible()


def left(person: Person, meeting: str) -> None:
    person.join(meeting)
    person.leave()


def more(person: Person, meeting: str) -> None:
    person.join(meeting)
    person.press("More")
    expect(person.page.get_by_role("group", name="More")).to_be_visible()


def reactions(person: Person, meeting: str) -> None:
    person.join(meeting)
    # By key: a phone has both in its menu.
    person.page.keyboard.press("h")
    person.page.keyboard.press("e")
    expect(person.page.get_by_role("group", name="Choose a reaction")).to_be_visible()


def tile_menu(person: Person, meeting: str) -> None:
    person.join(meeting)
    person.own_tile().focus()
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_role("dialog", name="Ana (you)")).to_be_visible()


def away(person: Person, meeting: str) -> None:
    """The connection is lost."""
    line = Line(person)
    person.join(meeting)
    line.cut()
    expect(person.page.get_by_role("button", name="Try now")).to_be_visible()


def host_controls(person: Person, meeting: str) -> None:
    person.join(meeting)
    person.press("Host controls")
    expect(person.page.get_by_role("heading", name="Host controls")).to_be_visible()


SCREENS: list[Screen] = [
    home, trust, connection_test, prejoin, unknown, alone, chat, people, menu, more, reactions, tile_menu, help_dialog, question,
    away, left]
# Of somebody who came by the host's link.
HOST_SCREENS: list[Screen] = [people, host_controls]
