# SPDX-License-Identifier: Apache-2.0
"""Each person in their own language, found in the texts of web/locales."""

import json
import re

import pytest
from playwright.sync_api import expect

from conftest import Arrive
from person import until
from server import ROOT, Server

LOCALES = ROOT / "web/locales"
TAGS = sorted(file.stem for file in LOCALES.glob("*.json"))


def texts(tag: str) -> dict:
    """The catalogue, with the name that the server has."""
    # From right to left, a name is kept apart from what stands around it.
    name = "\u2068Parley\u2069" if tag == "ar" else "Parley"
    return json.loads((LOCALES / f"{tag}.json").read_text(encoding="utf-8").replace("{product}", name))


@pytest.mark.parametrize("tag", TAGS)
def test_a_browser_gets_the_language_it_asks_for(arrive: Arrive, server: Server, tag: str):
    ana = arrive("Ana", locale=tag)
    said = texts(tag)
    page = ana.page
    page.goto(server.origin)
    expect(page.locator("html")).to_have_attribute("lang", tag)
    assert page.evaluate("document.documentElement.dir") == ("rtl" if tag == "ar" else "")
    expect(page).to_have_title(said["home"]["title"])
    expect(page.get_by_role("heading", level=1)).to_contain_text(said["pages"]["home"]["heading"][0])
    page.goto(f"{server.origin}/trust")
    expect(page.get_by_role("heading", level=1)).to_have_text(said["pages"]["trust"]["heading"])
    page.goto(f"{server.origin}/no/such/page")
    expect(page.get_by_role("heading", level=1)).to_have_text(said["pages"]["notFound"]["title"])
    # Nothing that means a text is left where one should stand.
    assert "{{" not in page.content()


def test_a_language_once_chosen_stays(arrive: Arrive, server: Server):
    ana = arrive("Ana", locale="en-GB")
    ana.page.goto(server.origin)
    said = texts("uk")
    ana.page.get_by_role("combobox", name="Language").select_option("uk")
    expect(ana.page.get_by_role("combobox", name=said["common"]["language"])).to_be_visible()
    ana.page.goto(f"{server.origin}/trust")
    expect(ana.page.get_by_role("heading", level=1)).to_have_text(said["pages"]["trust"]["heading"])


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_the_stage_is_turned_round_where_people_read_from_right_to_left(arrive: Arrive, meeting: str, engine: str):
    arrive("Ben").join(meeting)
    said = texts("ar")
    page = arrive("Ana", engine, locale="ar").open(meeting).page
    page.get_by_label(said["prejoin"]["name"]).fill("Ana")
    expect(page.get_by_role("button", name=said["devices"]["turnOff"]["camera"])).to_be_visible()
    page.get_by_role("button", name=said["prejoin"]["join"]).click()
    own = page.get_by_role("group", name=re.compile(re.escape(said["room"]["youShort"])))
    other = page.get_by_role("group", name=re.compile("^Ben"))
    expect(own).to_be_visible()
    expect(other).to_be_visible()

    def turned_round() -> bool:
        mine, theirs = own.bounding_box(), other.bounding_box()
        return bool(mine and theirs and 0 <= mine["x"] and mine["x"] + mine["width"] < 640
                    and 0 <= theirs["x"] and theirs["x"] + theirs["width"] <= 1280)

    # One's own picture is small and lies where lines end: on the left, and wholly on the screen.
    until(turned_round, "one's own picture is on the left")
    # The controls begin on the right.
    leave = page.get_by_role("button", name=said["room"]["leave"], exact=True).bounding_box()
    microphone = page.get_by_role("button", name=said["devices"]["turnOff"]["microphone"], exact=True).bounding_box()
    assert leave and microphone and leave["x"] < microphone["x"]
