# SPDX-License-Identifier: Apache-2.0
"""Asking everybody something, and voting: by mouse and by keyboard, open and in secret."""

import re

import pytest
from playwright.sync_api import Locator, expect

from conftest import Arrive
from person import Person, answer
from server import Server

pytestmark = pytest.mark.without_cameras
ENGINES = pytest.mark.parametrize("kind", ["chromium", "firefox"])


def panel(person: Person) -> Locator:
    return person.page.get_by_role("complementary", name="Polls")


def poll(person: Person, question: str) -> Locator:
    return panel(person).get_by_role("group", name=question)


def open_from_menu(person: Person) -> None:
    person.press("More")
    person.controls.get_by_role("button", name="Polls").click()
    expect(panel(person)).to_be_visible()


def open_from_toolbar(person: Person) -> None:
    person.controls.get_by_role("button", name=re.compile("^Polls")).click()
    expect(panel(person)).to_be_visible()


@ENGINES
def test_a_poll_is_asked_with_the_mouse_and_answered_with_keys(arrive: Arrive, meeting: str, kind: str):
    ana, ben = arrive("Ana", kind).join(meeting), arrive("Ben").join(meeting)
    open_from_menu(ana)
    panel(ana).get_by_role("button", name="Ask something").click()
    panel(ana).get_by_label("Question").fill("Shall we go on?")
    panel(ana).get_by_role("button", name="Start the poll").click()
    expect(panel(ana).get_by_role("alert")).to_have_text("Write at least two answers.")
    panel(ana).get_by_label("Answer 1", exact=True).fill("Yes")
    panel(ana).get_by_label("Answer 2", exact=True).fill("No <b>way</b>")
    panel(ana).get_by_role("button", name="Start the poll").click()
    expect(poll(ana, "Shall we go on?").get_by_role("radio")).to_have_count(2)
    # Ben hears of it, and votes without a mouse.
    expect(ben.page.get_by_text("Ana asks: Shall we go on?")).to_be_visible()
    button = ben.controls.get_by_role("button", name="Polls, 1 waits for your vote")
    button.focus()
    ben.page.keyboard.press("Enter")
    poll(ben, "Shall we go on?").get_by_role("radio", name=re.compile("^Yes")).focus()
    ben.page.keyboard.press("Space")
    expect(poll(ben, "Shall we go on?").get_by_role("radio", name="Yes 1 vote Ben")).to_be_checked()
    expect(poll(ana, "Shall we go on?").get_by_role("radio", name="Yes 1 vote Ben")).not_to_be_checked()
    expect(ben.controls.get_by_role("button", name="Polls", exact=True)).to_be_visible()
    # Another choice takes the place of the first; none takes it back.
    poll(ben, "Shall we go on?").get_by_role("radio", name=re.compile("^No <b>way")).click()
    expect(poll(ana, "Shall we go on?").get_by_role("radio", name="No <b>way</b> 1 vote Ben")).to_be_visible()
    poll(ben, "Shall we go on?").get_by_role("button", name="Take my vote back").click()
    expect(poll(ana, "Shall we go on?").get_by_text("Nobody has voted yet.")).to_be_visible()
    # Only who has asked may end it.
    expect(poll(ben, "Shall we go on?").get_by_role("button", name="Close the poll")).to_have_count(0)
    poll(ana, "Shall we go on?").get_by_role("button", name="Close the poll").click()
    expect(poll(ben, "Shall we go on?").get_by_text("Closed.")).to_be_visible()
    expect(poll(ben, "Shall we go on?").get_by_role("radio", name=re.compile("^No <b>way"))).to_be_disabled()
    poll(ana, "Shall we go on?").get_by_role("button", name="Delete").click()
    answer(ana.page, "Delete the poll “Shall we go on?” and its votes?", "Delete")
    expect(panel(ben).get_by_role("group")).to_have_count(0)


@ENGINES
def test_a_secret_poll_is_asked_with_keys_and_tells_nobody_before_its_end(arrive: Arrive, meeting: str, kind: str):
    ana, ben = arrive("Ana").join(meeting), arrive("Ben", kind).join(meeting)
    open_from_menu(ana)
    panel(ana).get_by_role("button", name="Ask something").focus()
    ana.page.keyboard.press("Enter")
    expect(panel(ana).get_by_label("Question")).to_be_focused()
    for text in ["What is missing?", "Tea", "Cake", "Time"]:
        ana.page.keyboard.type(text)
        ana.page.keyboard.press("Enter")
    panel(ana).get_by_role("switch", name=re.compile("^Several answers")).check()
    panel(ana).get_by_role("switch", name=re.compile("^Secret")).check()
    panel(ana).get_by_role("button", name="Start the poll").press("Enter")
    expect(panel(ana).get_by_role("button", name="Ask something")).to_be_focused()
    open_from_toolbar(ben)
    poll(ben, "What is missing?").get_by_role("checkbox", name="Tea").check()
    poll(ben, "What is missing?").get_by_role("checkbox", name="Time").check()
    expect(poll(ana, "What is missing?").get_by_text("1 person has voted.")).to_be_visible()
    expect(poll(ana, "What is missing?").get_by_text("1 vote", exact=True)).to_have_count(0)
    # A reload forgets neither the poll nor one's own choice.
    ben.page.reload()
    ben.is_inside()
    open_from_toolbar(ben)
    expect(poll(ben, "What is missing?").get_by_role("checkbox", name="Tea")).to_be_checked()
    poll(ana, "What is missing?").get_by_role("button", name="Close the poll").click()
    expect(poll(ben, "What is missing?").get_by_role("checkbox", name="Tea 1 vote")).to_be_visible()
    expect(poll(ben, "What is missing?").get_by_text("Ben")).to_have_count(0)


def test_polls_outlive_the_server(arrive: Arrive, fragile_server: Server):
    meeting = fragile_server.new_meeting()
    ana = arrive("Ana", server=fragile_server).join(meeting)
    open_from_menu(ana)
    panel(ana).get_by_role("button", name="Ask something").click()
    for text in ["Still there?", "Yes", "No"]:
        ana.page.keyboard.type(text)
        ana.page.keyboard.press("Enter")
    panel(ana).get_by_role("button", name="Start the poll").click()
    poll(ana, "Still there?").get_by_role("radio", name=re.compile("^Yes")).click()
    expect(poll(ana, "Still there?").get_by_role("radio", name="Yes 1 vote Ana")).to_be_checked()
    fragile_server.kill()
    fragile_server.start()
    ben = arrive("Ben", server=fragile_server).join(meeting)
    open_from_toolbar(ben)
    expect(poll(ben, "Still there?").get_by_role("radio", name="Yes 1 vote Ana")).to_be_visible()
    expect(poll(ana, "Still there?").get_by_role("radio", name="Yes 1 vote Ana")).to_be_checked()
