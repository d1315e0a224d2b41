# SPDX-License-Identifier: Apache-2.0
"""Meetings in frames of other people's pages: the element, its methods and events, and whom the server refuses."""

import http.server
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from conftest import Arrive, Browsers, serve
from look import faults_of
from server import Server

ENGINES = ["chromium", "firefox"]

PAGE = """<!doctype html><html lang="en"><title>Our page</title>
<script src="{origin}/embed.js" defer></script>
<parley-room room="{code}" {attributes} style="height: 640px"></parley-room>
<button id="share">Share</button>
<script>
  window.heard = [];
  const room = document.querySelector("parley-room");
  for (const name of ["ready", "waiting", "joined", "left", "person-joined", "person-left", "microphone", "camera",
                      "share", "hand", "problem"]) {{
    room.addEventListener(name, ({{ detail }}) => heard.push({{ name, ...detail }}));
  }}
  document.getElementById("share").onclick = () => room.share().catch(({{ code }}) => heard.push({{ name: "refused", code }}));
</script>"""


@dataclass
class Site:
    """Somebody else's web server, whose pages show a meeting."""

    origin: str
    pages: dict[str, str]

    def put(self, path: str, server: Server, code: str, attributes: str = "") -> str:
        self.pages[path] = PAGE.format(origin=server.origin, code=code, attributes=attributes)
        return self.origin + path


@pytest.fixture
def site() -> Iterator[Site]:
    pages: dict[str, str] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield Site(f"http://127.0.0.1:{listener.server_port}", pages)
    listener.shutdown()


@pytest.fixture
def open_server(tmp_path: Path, site: Site, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that lets the site show its meetings."""
    yield from serve(tmp_path, request.node.name, "--set", f"embedding.origins={site.origin}")


@pytest.fixture
def visit(browsers: Browsers) -> Iterator[Callable[[str, str], Page]]:
    contexts = []

    def make(kind: str, address: str) -> Page:
        browser: Browser = browsers.get(kind)
        contexts.append(browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800}))
        page = contexts[-1].new_page()
        page.goto(address)
        return page

    yield make
    for context in contexts:
        context.close()


def meeting_in(page: Page) -> FrameLocator:
    return page.frame_locator("parley-room iframe")


def hears(page: Page, name: str, condition: str = "true") -> dict:
    """Waits until the page has heard of an event that is as told, and gives it."""
    find = f"heard.findLast((event) => event.name === '{name}' && ({condition}))"
    return page.wait_for_function(find, timeout=30_000).json_value()


def ask(page: Page, call: str) -> object:
    """What a method of the element gives, or the code of its refusal."""
    return page.evaluate(f"document.querySelector('parley-room').{call}.catch((error) => error.code)")


@pytest.mark.parametrize("kind", ENGINES)
def test_a_page_lets_its_visitor_join_and_hears_of_the_meeting(
        site: Site, open_server: Server, visit, arrive: Arrive, kind: str):
    code = open_server.new_meeting()
    page = visit(kind, site.put("/", open_server, code))
    assert hears(page, "ready")["state"]["phase"] == "outside"
    expect(meeting_in(page).get_by_role("button", name="Join")).to_be_visible()
    assert ask(page, "leave()") == "not-joined"
    assert ask(page, "raiseHand()") == "not-joined"
    assert ask(page, "join({ name: '  ' })") == "name-missing"

    ask(page, "join({ name: 'Ana <b>', camera: false })")
    joined = hears(page, "joined")
    assert joined["self"]["name"] == "Ana <b>" and joined["people"] == []
    expect(meeting_in(page).get_by_role("button", name="Leave")).to_be_visible()
    expect(meeting_in(page).get_by_role("link", name=re.compile("start page"))).to_have_count(0)
    assert ask(page, "join({ name: 'Ana' })") == "already-joined"

    ben = arrive("Ben", server=open_server)
    ben.join(code)
    assert hears(page, "person-joined")["person"]["name"] == "Ben"
    state = ask(page, "state()")
    assert [person["name"] for person in state["people"]] == ["Ben"]
    assert state["phase"] == "inside" and not state["camera"]

    assert state["microphone"]
    ask(page, "mute()")
    hears(page, "microphone", "!event.on")
    ask(page, "mute(false)")
    hears(page, "microphone", "event.on")
    ask(page, "raiseHand()")
    hears(page, "hand", "event.on")
    ask(page, "raiseHand(false)")
    hears(page, "hand", "!event.on")

    ben.page.close()
    ask(page, "leave()")
    assert hears(page, "left")["why"] == "left"
    expect(meeting_in(page).get_by_role("heading", name="You left the meeting")).to_be_visible()
    expect(meeting_in(page).get_by_role("link", name="Go to the start page")).to_have_count(0)
    ask(page, "join()")
    hears(page, "joined")


@pytest.mark.parametrize("kind", ENGINES)
def test_a_page_may_join_at_once(site: Site, open_server: Server, visit, kind: str):
    code = open_server.new_meeting()
    page = visit(kind, site.put("/", open_server, code, 'autojoin name="Zoë" camera="off" microphone="off"'))
    assert hears(page, "joined")["self"]["name"] == "Zoë"
    assert not ask(page, "state()")["microphone"]


@pytest.mark.parametrize("kind", ENGINES)
def test_a_meeting_that_is_not_there_is_a_problem_of_its_own(site: Site, open_server: Server, visit, kind: str):
    page = visit(kind, site.put("/", open_server, "zzz-zzzz-zzz", 'autojoin name="Ana"'))
    expect(meeting_in(page).get_by_role("heading", name="There is no such meeting")).to_be_visible()
    assert hears(page, "problem")["problem"] == "unavailable"


@pytest.mark.parametrize("kind", ENGINES)
def test_other_sites_show_nothing(site: Site, fragile_server: Server, visit, kind: str):
    code = fragile_server.new_meeting()
    page = visit(kind, site.put("/", fragile_server, code, 'autojoin name="Ana"'))
    expect(page.locator("parley-room iframe")).to_be_attached()
    page.wait_for_timeout(1500)
    assert page.evaluate("heard") == []
    assert fragile_server.request("GET", f"/api/v1/meetings/{code}")[1]["participants"] == 0


@pytest.mark.parametrize("kind", ENGINES)
def test_what_is_no_proper_message_is_not_answered(site: Site, open_server: Server, visit, kind: str):
    """From the right page, but of another version, without a hello, with nonsense: nothing or a refusal."""
    code = open_server.new_meeting()
    page = visit(kind, site.put("/", open_server, code))
    hears(page, "ready")
    answers = page.evaluate("""async (origin) => {
      const frame = document.querySelector("parley-room").shadowRoot.querySelector("iframe").contentWindow;
      const got = [];
      addEventListener("message", ({ data, source }) => source === frame && got.push(data));
      const bad = [null, 3, "x", {}, { parley: 2, type: "command", id: 1, command: "leave" },
        { parley: 1, type: "command", id: "1", command: "leave" }, { parley: 1, type: "dance" },
        { parley: 1, type: "command", id: 5, command: "dance" }, { parley: 1, type: "command", id: 6, command: "camera" },
        { parley: 1, type: "command", id: 7, command: "join", name: "x".repeat(100000) }];
      for (const message of bad) frame.postMessage(message, origin);
      frame.postMessage({ parley: 1, type: "command", id: 8, command: "state" }, origin);
      while (!got.some(({ id }) => id === 8)) await new Promise((resolve) => setTimeout(resolve, 20));
      return got.filter(({ type }) => type === "answer").map(({ id, ok, problem }) => [id, ok, problem ?? null]);
    }""", open_server.origin)
    assert answers == [[5, False, "bad-request"], [6, False, "bad-request"], [7, False, "bad-request"], [8, True, None]]


@pytest.mark.parametrize("colours", ["dark", "light"])
def test_no_accessibility_fault_in_a_frame(site: Site, open_server: Server, visit, colours: str):
    page = visit("chromium", site.put("/", open_server, open_server.new_meeting()))
    page.emulate_media(color_scheme=colours)
    hears(page, "ready")
    expect(meeting_in(page).get_by_role("button", name="Turn off camera")).to_be_visible()
    [frame] = [frame for frame in page.frames if frame.parent_frame]
    assert faults_of(frame) == []
    ask(page, "join({ name: 'Ana' })")
    hears(page, "joined")
    assert faults_of(frame) == []
