# SPDX-License-Identifier: Apache-2.0
"""What a person sees and hears of a meeting by own choice, by mouse and by keyboard."""

import re

from playwright.sync_api import Locator, Page, expect

from conftest import Arrive
from person import LOOK, Person, until

# What each audio element plays at: those that are played as they come are 1.
VOLUMES = """() => [...document.querySelectorAll("parley-sounds audio")].map((each) => (each.muted ? 0 : each.volume))"""


def open_more(person: Person) -> Locator:
    person.press("More")
    return person.controls.get_by_role("group", name="More", exact=True)


def menu_of(person: Person, name: str) -> Locator:
    """The menu of a tile, opened with keys."""
    person.tile(name).focus()
    person.page.keyboard.press("Enter")
    return person.page.get_by_role("dialog", name=name)


def played_at(person: Person, volume: float) -> None:
    until(lambda: volume in person.page.evaluate(VOLUMES), f"{person.name} hears something at {volume}")


def test_somebody_is_made_quieter_for_one_alone(arrive: Arrive, meeting: str):
    ana, ben = arrive("Ana").join(meeting), arrive("Ben").join(meeting)
    ana.sees("Ben")
    menu = menu_of(ana, "Ben")
    # The numbers are of what really comes.
    expect(menu.get_by_text(re.compile(r"\d+ × \d+, \d+ fps, .*b/s, \w+"))).to_be_visible()
    expect(menu.get_by_text("Round trip")).to_be_visible()
    menu.get_by_role("slider", name="Volume for me").fill("40")
    played_at(ana, 0.4)
    menu.get_by_role("switch", name=re.compile("^Mute for me")).click()
    played_at(ana, 0)
    expect(ana.tile("Ben, muted for you")).to_be_visible()
    ana.page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(ana.tile("Ben")).to_be_focused()
    # Nobody else learns of it.
    expect(ben.own_tile()).to_have_accessible_name("Ben (you)")
    assert ben.page.evaluate(VOLUMES).count(1) == len(ben.page.evaluate(VOLUMES))
    menu = menu_of(ana, "Ben")
    menu.get_by_role("switch", name=re.compile("^Mute for me")).click()
    played_at(ana, 0.4)
    # A click elsewhere closes it.
    ana.page.mouse.click(5, 5)
    expect(menu).to_have_count(0)


def test_sound_only_takes_no_pictures_and_gives_none(arrive: Arrive, meeting: str):
    ana, ben = arrive("Ana").join(meeting), arrive("Ben").join(meeting)
    ana.sees("Ben")
    open_more(ana).get_by_role("radio", name=re.compile("^Sound only")).check()
    expect(ana.tile("Ben, Not shown: sound only")).to_be_visible()
    expect(ben.tile("Ana").locator("video[data-showing]")).to_have_count(0)
    ana.page.keyboard.press("Escape")
    expect(ana.controls.get_by_role("button", name="Turn on camera")).to_be_visible()
    ana.hears_sound()
    video = ana.tile("Ben").locator("video")

    def nothing_comes() -> bool:
        before = video.evaluate(LOOK)["frames"]
        ana.page.wait_for_timeout(1_000)
        return video.evaluate(LOOK)["frames"] == before

    until(nothing_comes, "no picture of Ben is sent to Ana")
    open_more(ana).get_by_role("radio", name="Pictures as good as the line allows").check()
    ana.sees("Ben")
    ben.sees("Ana")


def test_layouts_and_pins_by_key(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    arrive("Cleo").join(meeting)
    ana.sees("Ben")
    expect(ana.tile("Cleo")).to_be_visible()
    ana.page.keyboard.press("1")
    expect(ana.tile("Ben")).to_have_attribute("data-role", "large")
    expect(ana.page.get_by_role("status").filter(has_text="Ben is pinned")).to_be_attached()
    ana.page.keyboard.press("0")
    expect(ana.tile("Ben")).to_have_attribute("data-role", "normal")
    ana.page.keyboard.press("l")
    expect(ana.page.locator(".tile[data-role=large]")).to_have_count(1)
    expect(ana.page.locator("parley-stage .tile")).to_have_count(3)
    ana.page.keyboard.press("l")
    # Only the speaker, and ourselves in the corner: whoever is not shown is not sent.
    expect(ana.page.locator("parley-stage .tile")).to_have_count(2)
    expect(ana.own_tile()).to_have_attribute("data-role", "floating")
    ana.page.keyboard.press("l")
    expect(ana.page.locator("parley-stage .tile")).to_have_count(3)
    # Arrow keys go from tile to tile; all of them are one stop.
    ana.tile("Ben").focus()
    ana.page.keyboard.press("ArrowRight")
    expect(ana.tile("Ben")).not_to_be_focused()
    expect(ana.page.locator("parley-stage .tile:focus")).to_have_count(1)
    assert ana.page.locator("parley-stage .tile[tabindex='0']").count() == 1
    # The focus stays on the stage when its tile goes.
    ana.tile("Ben").focus()
    ben.leave()
    expect(ana.tile("Ben")).to_have_count(0)
    expect(ana.page.locator("parley-stage .tile:focus")).to_have_count(1)
    ana.page.keyboard.press("i")
    expect(ana.page.get_by_text("2 people, your microphone is on, your camera is on").first).to_be_visible()


def test_not_to_see_oneself(arrive: Arrive, meeting: str):
    ana, ben = arrive("Ana").join(meeting), arrive("Ben").join(meeting)
    ana.sees("Ben")
    open_more(ana).get_by_role("switch", name=re.compile("^Hide my own picture")).check()
    expect(ana.own_tile()).to_have_count(0)
    ben.sees("Ana")
    ana.page.reload()
    ana.is_inside()
    ana.sees("Ben")
    expect(ana.own_tile()).to_have_count(0)


def test_the_key_to_talk(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ana.press("Turn off microphone")
    on, off = (ana.controls.get_by_role("button", name=f"Turn {way} microphone") for way in ("off", "on"))
    ana.page.locator("body").click(position={"x": 3, "y": 3})
    ana.page.keyboard.down(" ")
    expect(on).to_be_visible()
    ana.page.keyboard.up(" ")
    expect(off).to_be_visible()
    ana.page.keyboard.down(" ")
    expect(on).to_be_visible()
    # Its release goes to another window.
    ana.page.evaluate("window.dispatchEvent(new Event('blur'))")
    expect(off).to_be_visible()
    ana.page.keyboard.up(" ")


def test_a_whole_screen_is_not_shown_in_itself(arrive: Arrive, meeting: str):
    ana, ben = arrive("Ana").join(meeting), arrive("Ben").join(meeting)
    ana.sees("Ben")
    # The browser of this test shares the whole screen without asking.
    ana.press("Share your screen")
    expect(ana.page.get_by_role("heading", name="You share your whole screen")).to_be_visible()
    ben.sees("Ana's screen")
    ana.page.get_by_role("button", name="Show it anyway").click()
    expect(ana.tile("Your screen").locator("video[data-showing]")).to_be_visible()
    ana.press("Stop sharing")
    expect(ben.tile("Ana's screen")).to_have_count(0)


def test_a_small_window_on_top(arrive: Arrive, meeting: str):
    ana, ben = arrive("Ana").join(meeting), arrive("Ben").join(meeting)
    ana.sees("Ben")
    opened = open_small_window(ana)
    expect(opened.get_by_role("group", name=re.compile("^Ben"))).to_be_visible()
    expect(opened.locator("video[data-showing]")).to_have_count(2)
    opened.get_by_role("button", name="Turn off microphone").click()
    expect(ben.tile("Ana, microphone off")).to_be_visible()
    opened.get_by_role("button", name="Leave").click()
    expect(ana.page.get_by_role("heading", name="You left the meeting")).to_be_visible()
    until(opened.is_closed, "the small window goes with the call")


def open_small_window(person: Person) -> Page:
    with person.context.expect_page() as pages:
        open_more(person).get_by_role("button", name="Small window on top").click()
    return pages.value
