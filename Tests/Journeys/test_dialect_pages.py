# SPDX-License-Identifier: Apache-2.0
"""The example pages of the dialects, in real browsers, with media where the dialect has any."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conftest import Browsers
from devameet import Person
from dialects import DialectServer, speaking

Open = Callable[..., Page]


@pytest.fixture
def open_page(browsers: Browsers, tmp_path: Path) -> Iterator[Open]:
    """Opens the example of a dialect: `open_page("bunch", "firefox", "?name=Ana")`. One server for each dialect."""
    servers: dict[str, DialectServer] = {}
    contexts = []

    def make(key: str, kind: str = "chromium", query: str = "", **options: object) -> Page:
        if key not in servers:
            servers[key] = DialectServer(tmp_path, key, key, with_pages=True)
            servers[key].start()
        contexts.append(browsers.get(kind).new_context(ignore_https_errors=True, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: pytest.fail(f"{key}: {error}"))
        page.goto(servers[key].url(key) + "/" + query)
        return page

    yield make
    for context in contexts:
        context.close()
    for server in servers.values():
        server.stop()


def plays(page: Page, selector: str) -> None:
    """Waits until the video shows frames that change."""
    page.wait_for_function(
        """selector => { const video = document.querySelector(selector);
             return video.videoWidth > 0 && video.currentTime > 0.3 }""", arg=selector, timeout=20_000)


def enter(page: Page) -> None:
    page.get_by_role("button", name="Enter").click()


def test_noom_chat(open_page: Open) -> None:
    ana, ben = open_page("noom-chat"), open_page("noom-chat", "firefox")
    ana.get_by_label("Nickname").fill("Ana")
    ana.get_by_role("button", name="Rename").click()
    ana.get_by_label("Message").fill("<b>hello</b>")
    ana.get_by_role("button", name="Send").click()
    for page in (ana, ben):
        expect(page.get_by_role("listitem")).to_have_text(["Ana: <b>hello</b>"])


def test_noom_rooms(open_page: Open) -> None:
    ana, ben = open_page("noom-rooms"), open_page("noom-rooms")
    for page, name in ((ana, "Ana"), (ben, "Ben")):
        page.get_by_label("Nickname").fill(name)
        page.get_by_label("Room").fill("tea")
        enter(page)
        expect(page.get_by_text("You are in tea")).to_be_visible()
        expect(page.get_by_text("Open rooms: tea")).to_be_visible()
    ben.get_by_label("Message").fill("hello")
    ben.get_by_role("button", name="Send").click()
    expect(ben.get_by_role("listitem").last).to_have_text("You: hello")
    expect(ana.get_by_role("listitem")).to_have_text(["You are in tea", "Ben came, 2 here", "Ben: hello"])
    ben.close()
    expect(ana.get_by_role("listitem").last).to_have_text("Ben left, 1 here")


@pytest.mark.parametrize("second", ["chromium", "firefox"])
def test_noom_video(open_page: Open, second: str) -> None:
    ana, ben = open_page("noom-video"), open_page("noom-video", second)
    enter(ana)
    plays(ana, "#own")
    enter(ben)
    for page in (ana, ben):
        plays(page, "#other")


def test_bunch(open_page: Open) -> None:
    rob, ana = open_page("bunch", query="?name=Rob"), open_page("bunch", query="?name=Ana")
    rob.get_by_role("button", name="Call").click()
    late = open_page("bunch", query="?name=Late")
    expect(late.get_by_role("button", name="Answer Rob")).to_be_visible()
    ana.get_by_role("button", name="Answer Rob").click()
    for page in (rob, ana):
        plays(page, "#other")


def test_ycyw(open_page: Open) -> None:
    ana, ben = open_page("ycyw", query="?name=Ana"), open_page("ycyw", "firefox", "?name=Ben")
    expect(ana.get_by_role("listitem").last).to_have_text("Ben came: Ana, Ben")
    ana.get_by_label("Message").fill("<b>hello</b>")
    ana.get_by_role("button", name="Send").click()
    for page in (ana, ben):
        expect(page.get_by_role("listitem").last).to_have_text("Ana: <b>hello</b>")
    ana.get_by_role("button", name="Create a room").click()
    ben.get_by_role("button", name="Join Ana").click()
    for page in (ana, ben):
        plays(page, "#other")
        expect(page.get_by_role("button", name="Join Ana")).to_be_disabled()
    ben.close()
    expect(ana.get_by_text("The other has left")).to_be_visible()
    expect(ana.get_by_role("listitem").last).to_have_text("Ben went: Ana")


def test_ycyw_stomp(open_page: Open) -> None:
    ana, ben = open_page("ycyw-stomp", query="?name=Ana"), open_page("ycyw-stomp", "firefox", "?name=Ben")
    eve = open_page("ycyw-stomp", query="?name=Eve")
    ana.get_by_label("Message").fill("hello")
    expect(ana.get_by_role("button", name="Call Eve")).to_be_visible()
    ana.get_by_role("button", name="Send").click()
    for page in (ana, ben, eve):
        expect(page.get_by_role("listitem").last).to_have_text("Ana: hello")
    ana.get_by_role("button", name="Call Ben").click()
    for page in (ana, ben):
        plays(page, "#other")
    assert eve.evaluate("own.srcObject") is None, "who was not called does not answer"


@pytest.mark.parametrize("second", ["chromium", "firefox"])
def test_ycyw_netty(open_page: Open, second: str) -> None:
    ana, ben = open_page("ycyw-netty"), open_page("ycyw-netty", second)
    enter(ana)
    plays(ana, "#own")
    enter(ben)
    for page in (ana, ben):
        plays(page, "#other")
    eve = open_page("ycyw-netty")
    enter(eve)
    expect(eve.get_by_text("tea is full")).to_be_visible()


def plays_all(page: Page, count: int) -> None:
    """Waits until there are so many videos of others, and all of them show frames that change."""
    page.wait_for_function(
        """count => { const videos = [...document.querySelectorAll("video")];
             return videos.length === count && videos.every(video => video.videoWidth > 0 && video.currentTime > 0.3) }""",
        arg=count, timeout=30_000)


def test_devameet(open_page: Open) -> None:
    ana = open_page("devameet")
    enter(ana)
    expect(ana.get_by_role("listitem")).to_have_text(["Ana at 1, 1"])
    link = ana.url.split("#")[1]
    ben = open_page("devameet", "firefox", f"#{link}")
    ben.get_by_label("Name").fill("Ben")
    enter(ben)
    for page in (ana, ben):
        plays_all(page, 1)
    ana.locator("ol").click()
    ana.keyboard.press("ArrowRight")
    ana.keyboard.press("m")
    for page in (ana, ben):
        expect(page.get_by_role("listitem")).to_have_text(["Ana at 2, 1, muted", "Ben at 1, 1"])
    ben.close()
    expect(ana.locator("video")).to_have_count(0)


def test_a_built_client_finds_its_own_routes(open_page: Open) -> None:
    """A page of its own is the first page; a picture, a script or a route of programs that is not there is not."""
    page = open_page("devameet")
    home = page.url
    for path, status in [("room/abc-defg-hij", 200), ("meet/x", 200), ("main.js", 404), ("api/nothing", 404)]:
        assert page.goto(home + path).status == status
    assert page.request.get(home + "room/abc-defg-hij", headers={"Accept": "*/*"}).status == 404
    page.goto(home + "room/abc-defg-hij")
    expect(page.get_by_role("button", name="Enter")).to_be_visible()


def test_devameet_as_its_clients_play_it(browsers: Browsers, tmp_path: Path) -> None:
    """Three of them: each is called by all who are inside, in offers repeated until one has candidates."""
    pages = Path(__file__).parent / "pages"
    for server in speaking(tmp_path, "devameet-pages", "devameet", with_pages=True, folder=pages):
        url = server.url("devameet")
        people = [Person(url, name) for name in ("Ana", "Ben", "Cy")]
        link = people[0].new_meeting()["link"]
        pages = []
        for person in people:
            context = browsers.get("chromium").new_context()
            page = context.new_page()
            page.on("pageerror", lambda error: pytest.fail(str(error)))
            page.goto(url + "/")
            page.evaluate("([link, id]) => enter(link, id)", [link, person.id])
            page.wait_for_function("() => me")
            pages.append(page)
        for page in pages:
            plays_all(page, 2)
        assert pages[2].evaluate("() => made") >= 2
        pages[1].context.close()
        for page in (pages[0], pages[2]):
            expect(page.locator("video")).to_have_count(1)
        pages[0].context.close()
        expect(pages[2].locator("video")).to_have_count(0)
        pages[2].context.close()
