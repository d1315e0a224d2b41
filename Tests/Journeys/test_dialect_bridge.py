# SPDX-License-Identifier: Apache-2.0
"""Pages of courses and our own client in one call, each as it is, with media both ways."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conftest import Arrive, Browsers
from dialects import DialectServer, speaking
from person import Person
from test_dialect_pages import enter, plays


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialectServer]:
    yield from speaking(tmp_path_factory.mktemp("bridge"), "bridge", "noom-video", "bunch", "devameet", with_pages=True)


@pytest.fixture
def visit(speaker: DialectServer, browsers: Browsers) -> Iterator[Callable[..., Page]]:
    """Opens the example page of the dialect."""
    contexts = []

    def make(key: str, query: str = "", kind: str = "chromium") -> Page:
        contexts.append(browsers.get(kind).new_context(ignore_https_errors=True))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: pytest.fail(f"{key}: {error}"))
        page.goto(speaker.url(key) + "/" + query)
        return page

    yield make
    for context in contexts:
        context.close()


def enter_room(person: Person, key: str, room: str) -> Person:
    return person.join(f"dialects/{key}/rooms/{room}")


def test_the_page_of_noom_was_there_first(visit, arrive: Arrive, speaker: DialectServer) -> None:
    page = visit("noom-video")
    enter(page)
    plays(page, "#own")
    ana = enter_room(arrive("Ana", server=speaker), "noom-video", "tea")
    plays(page, "#other")
    ana.sees("Guest")
    ana.hears_sound()
    page.context.close()
    expect(ana.page.get_by_text("You are the first one here").or_(ana.page.get_by_text("Guest left"))).to_be_visible()


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
def test_our_own_client_was_there_first(visit, arrive: Arrive, speaker: DialectServer, kind: str) -> None:
    page = visit("noom-video", kind=kind)
    page.get_by_label("Room").fill(f"milk-{kind}")
    ana = enter_room(arrive("Ana", server=speaker), "noom-video", f"milk-{kind}")
    enter(page)
    plays(page, "#other")
    ana.sees("Guest")


def test_somebody_on_the_board_is_answered(visit, arrive: Arrive, speaker: DialectServer) -> None:
    page = visit("bunch", "?name=Rob")
    ana = enter_room(arrive("Ana", server=speaker), "bunch", "Rob")
    page.get_by_role("button", name="Call").click()
    plays(page, "#other")
    ana.sees("Rob")
    ana.hears_sound()


def test_a_call_that_waits_on_the_board_is_answered(visit, arrive: Arrive, speaker: DialectServer) -> None:
    page = visit("bunch", "?name=Cy")
    page.get_by_role("button", name="Call").click()
    plays(page, "#own")
    ana = enter_room(arrive("Ana", server=speaker), "bunch", "Cy")
    plays(page, "#other")
    ana.sees("Cy")


def show(page: Page, count: int) -> None:
    """Waits until so many videos of others play on the page of devameet."""
    page.wait_for_function(
        """count => [...document.querySelectorAll("video")].filter(
             (video) => video.videoWidth > 0 && video.currentTime > 0.3).length === count""", arg=count, timeout=20_000)


def walk_in(page: Page, name: str) -> str:
    """Enters a room of devameet; gives the meeting's code."""
    page.get_by_label("Name").fill(name)
    enter(page)
    expect(page.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    return page.evaluate("location.hash.slice(1)")


def test_three_meet_on_a_board_that_one_of_them_does_not_see(visit, arrive: Arrive, speaker: DialectServer) -> None:
    first = visit("devameet")
    link = walk_in(first, "Ben")
    ana = arrive("Ana", server=speaker).join(link)
    # Who was there calls whoever comes: first the page calls us,
    ana.sees("Ben")
    show(first, 1)
    # and then we call the next page.
    second = visit("devameet", f"#{link}", "firefox")
    walk_in(second, "Cy")
    ana.sees("Cy")
    for page in (first, second):
        show(page, 2)
        expect(page.get_by_role("listitem").filter(has_text="Ana")).to_be_visible()
    ana.press("Turn off microphone")
    expect(first.get_by_role("listitem").filter(has_text="Ana")).to_contain_text("muted")
    second.context.close()
    show(first, 1)
    ana.leave()
    show(first, 0)


def test_the_second_of_us_waits_for_a_turn_in_a_call_of_two(visit, arrive: Arrive, speaker: DialectServer) -> None:
    ana = enter_room(arrive("Ana", server=speaker), "noom-video", "turns")
    ben = enter_room(arrive("Ben", server=speaker), "noom-video", "turns")
    ana.sees("Ben")
    page = visit("noom-video")
    page.get_by_label("Room").fill("turns")
    enter(page)
    plays(page, "#other")
    ana.sees("Guest")
    ben.sees("Ana")
