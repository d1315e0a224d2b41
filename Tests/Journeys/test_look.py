# SPDX-License-Identifier: Apache-2.0
"""Every screen: without accessibility faults that a tool can find, and usable on a phone.

Somebody goes through all of them once for each way of looking at them; on each screen colours and sizes change around
them. A failure names the screen and the variant, and leaves a picture.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

import screens
from clinic import Professional
from conftest import Arrive, serve
from look import DESKTOP, PHONE, Eye, Screen, Variant, cramped, faults_of, fits, misfits
from practice import TOKYO, vale
from screens import Visit
from screens_of_hosts import add_administrator, hosting
from screens_of_practices import practice
from server import Server

# Fixtures are found by their names.
__all__ = ["vale"]

# A context of a browser, and how what it shows is seen.
WAYS: dict[str, tuple[dict, list[Variant]]] = {
    "a-desktop": (DESKTOP, [
        Variant("dark", faults_of),
        Variant("light", faults_of, colours="light"),
        # The same page at twice its size on a screen of 1280 by 800.
        Variant("twice the size", cramped, size={"width": 640, "height": 400}),
    ]),
    "a-phone": (PHONE, [
        Variant("upright", misfits),
        Variant("upright, light", faults_of, colours="light"),
        # 1280 CSS pixels at four times their size, and a small phone.
        Variant("320 pixels wide", misfits, size={"width": 320, "height": 640}),
        Variant("on its side", misfits, size={"width": 844, "height": 390}),
    ]),
    "a-phone-from-right-to-left": (PHONE | {"locale": "ar"}, [
        Variant("dark", lambda page: faults_of(page) + misfits(page)),
    ]),
}

Follow = Callable[..., None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One with an administrator: its pages differ from those of one that has none."""
    for server in serve(tmp_path_factory.mktemp("look"), "look"):
        add_administrator(server)
        yield server


@pytest.fixture(params=WAYS)
def follow(arrive: Arrive, request: pytest.FixtureRequest) -> Follow:
    """Goes a walk in one way, and must not see a fault."""
    options, variants = WAYS[request.param]

    def go(walk: Callable[[Visit], Iterator[Screen]], server: Server, **more: str) -> None:
        def come(name: str):
            return arrive(name, server=server, reduced_motion="reduce", **{**more, **options})

        Eye(variants).follow(walk(Visit(come("Ana"), server, come)))

    return go


def test_pages(follow: Follow, server: Server):
    follow(screens.pages, server)


def test_a_meeting(follow: Follow, server: Server):
    follow(screens.meeting, server)


def test_what_hosts_see(follow: Follow, server: Server):
    follow(hosting, server)


def test_appointments(follow: Follow, server: Server, vale: Professional):
    follow(lambda visit: practice(visit, vale), server, **TOKYO)


def test_a_phone_on_its_side_has_all_controls(arrive: Arrive, meeting: str):
    ana = arrive("Ana", **{**PHONE, "viewport": {"width": 844, "height": 390}})
    screens.prepare(ana, meeting)
    screens.enter(ana)
    fits(ana.page)
    expect(ana.controls.get_by_role("button", name="Leave")).to_be_in_viewport()


def test_colours_of_the_system_tell_what_is_on(arrive: Arrive, meeting: str):
    """With forced colours, what is on, off or focused is told by more than a colour of ours."""
    ana = arrive("Ana", forced_colors="active").join(meeting)
    ana.press("Turn off microphone")
    off = ana.controls.get_by_role("button", name="Turn on microphone")
    on = ana.controls.get_by_role("button", name="Turn off camera")
    background = "(element) => getComputedStyle(element).backgroundColor"
    assert off.evaluate(background) != on.evaluate(background)
    off.focus()
    ana.page.keyboard.press("ArrowRight")
    assert ana.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_nothing_moves_for_those_who_want_no_motion(arrive: Arrive, meeting: str):
    ana = arrive("Ana", reduced_motion="reduce").join(meeting)
    ana.open_chat()
    longest = """() => Math.max(0, ...document.getAnimations().map((each) => each.effect.getComputedTiming().activeDuration))"""
    assert ana.page.evaluate(longest) <= 1
