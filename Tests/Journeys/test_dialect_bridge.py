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
    yield from speaking(tmp_path_factory.mktemp("bridge"), "bridge", "noom-video", "bunch", with_pages=True)


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
