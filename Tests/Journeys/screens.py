# SPDX-License-Identifier: Apache-2.0
"""Walks from screen to screen, in any language: for what is checked and what is pictured on each of them.

A walk gives the name of each screen and the page that shows it, and goes on when whoever follows it has looked. Things
are found by what is the same in all languages. Those who host, and those who have clients, go their own ways:
`screens_of_hosts.py`, `screens_of_practices.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from line import Line
from look import Screen
from person import Person
from server import ROOT, Server

PICTURE = ROOT / "web/icons/icon-192.png"


@dataclass
class Visit:
    """Somebody who goes from screen to screen, and how others come who see it as they do."""

    person: Person
    server: Server
    come: Callable[[str], Person]
    # Whether more come to a meeting than it takes to see somebody.
    crowd: bool = False


def pages(visit: Visit) -> Iterator[Screen]:
    """What anybody may open, and what is shown in place of what is not there."""
    page, origin = visit.person.page, visit.person.origin
    for name, address, shown in [
        ("home", "/", ".start .button.primary"),
        ("login", "/login", "[name=email]"),
        ("trust", "/trust", "h1"),
        ("not-found", "/no/such/page", "h1"),
        ("unknown-meeting", "/zzz-zzzz-zzz", "parley-over h1"),
        ("unknown-invitation", "/i/none", "parley-invite-notice .button.primary"),
        ("host-link-used", "/host/none", "h1"),
        ("no-booking-page", "/book/nobody", ".notice-card h1"),
        ("not-an-appointment", "/appointment?token=x.y.z", "parley-link-end h1"),
        ("playground", "/playground", "#know"),
        ("test", f"/test#{visit.server.new_meeting()}", "[data-verdict]:not([data-verdict=running])"),
    ]:
        page.goto(origin + address)
        expect(page.locator(shown).first).to_be_visible()
        yield name, page
    # It asks for the server now and then, and would go on.
    page.route("**/healthz*", lambda route: route.abort())
    page.goto(f"{origin}/offline")
    expect(page.locator("h1")).to_be_visible()
    yield "offline", page
    page.unroute("**/healthz*")


def meeting(visit: Visit) -> Iterator[Screen]:
    """A meeting, from before it until after it."""
    ana, page = visit.person, visit.person.page
    line = Line(ana)
    code = visit.server.new_meeting()
    prepare(ana, code)
    yield "before", page
    enter(ana)
    expect(page.locator("parley-invite")).to_be_visible()
    yield "alone", page
    yield from controls(page)
    ben = visit.come("Ben")
    prepare(ben, code)
    enter(ben)
    expect(page.locator("parley-person [data-showing]")).to_be_visible()
    yield "two", page
    if visit.crowd:
        for name in ("Chidi Okafor", "Mei Lin"):
            other = visit.come(name)
            prepare(other, code)
            enter(other)
        expect(page.locator("parley-person [data-showing]")).to_have_count(3)
        yield "stage", page
    yield from chat(ana, ben)
    yield from polls(ana, ben)
    page.keyboard.press("p")
    expect(page.locator("parley-people .people > li").nth(1)).to_be_visible()
    yield "people", page
    page.keyboard.press("Escape")
    tile = page.locator("parley-person").first
    tile.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tile-menu .numbers")).to_be_visible()
    yield "tile-menu", page
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    yield "pinned", page
    page.keyboard.press("0")
    yield from sharing(page)
    line.cut()
    expect(page.locator(".banners .banner .button")).to_be_visible()
    yield "away", page
    line.mend()
    expect(page.locator(".banners .banner")).to_have_count(0)
    page.locator("#controls .leave").press("Enter")
    expect(page.locator("parley-over h1")).to_be_visible()
    yield "left", page
    page.goto(ana.origin)
    expect(page.locator("#lists li").first).to_be_visible()
    yield "home-again", page


def controls(page: Page) -> Iterator[Screen]:
    """What opens from the bar while nobody else is there."""
    devices = page.locator("#controls .split-menu").first
    # A phone chooses its devices itself.
    if devices.is_visible():
        devices.click()
        expect(page.locator("#controls .popover select").first).to_be_visible()
        yield "devices", page
        page.keyboard.press("Escape")
    page.locator("#controls [data-control=more]").click()
    expect(page.locator(".more-menu")).to_be_visible()
    yield "more", page
    page.keyboard.press("Escape")
    page.locator("parley-self").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tile-menu .numbers")).to_be_visible()
    yield "own-tile-menu", page
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    # By key: where the bar has no room for them, reactions are in the menu.
    page.keyboard.press("e")
    expect(page.locator(".reaction-row:visible")).to_be_visible()
    yield "reactions", page
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    yield "settings", page
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    # What is asked before something that one may have pressed by accident.
    page.keyboard.press("Control+Shift+q")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    yield "question", page
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_have_count(0)


def chat(ana: Person, ben: Person) -> Iterator[Screen]:
    """The chat with a link, an answer, files and what can be done with a message."""
    page = ana.page
    say(ben, "The plan is at https://example.org/plan – is it clear?")
    page.keyboard.press("c")
    expect(page.locator("parley-chat article")).to_have_count(1)
    page.locator("parley-chat article .message-buttons button").first.press("Enter")
    page.locator("parley-chat textarea").fill("Yes! Two files of mine:")
    page.locator("parley-chat input[type=file]").set_input_files(
        [{"name": "Logo.png", "mimeType": "image/png", "buffer": PICTURE.read_bytes()},
         {"name": "The plan for spring, as of yesterday.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}])
    expect(page.locator(".attachments li")).to_have_count(2)
    expect(page.locator(".attachments progress")).to_have_count(0)
    yield "files", page
    page.locator("parley-chat textarea").press("Enter")
    expect(page.locator("parley-chat article")).to_have_count(3)
    expect(page.locator("parley-chat article[data-state=sent]")).to_have_count(3)
    first = page.locator("parley-chat article").first
    first.locator("[aria-haspopup=dialog]").press("Enter")
    expect(page.locator(".message-menu")).to_be_visible()
    yield "message-menu", page
    page.locator(".message-menu button").first.press("Enter")
    expect(page.locator(".message-menu")).to_have_count(0)
    page.locator("parley-chat textarea").focus()
    yield "chat", page
    page.keyboard.press("Escape")
    expect(page.locator("parley-chat")).to_have_count(0)


def polls(ana: Person, ben: Person) -> Iterator[Screen]:
    page = ana.page
    open_polls(page)
    page.locator("[data-control=ask]").click()
    fields = page.locator("parley-poll-form input:not([type=checkbox])")
    for number, text in enumerate(["When shall we meet again?", "Tuesday at ten", "Thursday, as always"]):
        fields.nth(number).fill(text)
    yield "poll-form", page
    page.locator("parley-poll-form .button.primary").click()
    expect(page.locator(".poll-option")).to_have_count(2)
    open_polls(ben.page)
    ben.page.locator(".poll-option input").first.check()
    page.locator(".poll-option input").nth(1).check()
    expect(page.locator(".poll-names")).to_have_count(2)
    yield "polls", page
    for each in (page, ben.page):
        each.locator("parley-polls header button").click()


def sharing(page: Page) -> Iterator[Screen]:
    """One's own screen, where the browser can share one."""
    if not page.locator("#controls [data-control=share]").is_visible():
        return
    page.keyboard.press("s")
    expect(page.locator(".tile[data-share]")).to_be_visible()
    yield "sharing", page
    page.keyboard.press("s")
    expect(page.locator(".tile[data-share]")).to_have_count(0)


def prepare(person: Person, code: str) -> Locator:
    """Opens a meeting's link, gives the name, and waits for the camera; gives the field."""
    person.open(code)
    name = person.page.locator("parley-prejoin [name=name]")
    name.fill(person.name)
    expect(person.page.locator("parley-prejoin video[data-showing]")).to_be_visible()
    return name


def enter(person: Person) -> None:
    person.page.locator("parley-prejoin [name=name]").press("Enter")
    expect(person.page.locator("#controls")).to_be_visible()


def say(person: Person, text: str) -> None:
    """Writes to everybody, and closes the chat again."""
    field = person.page.locator("parley-chat textarea")
    person.page.keyboard.press("c")
    field.fill(text)
    field.press("Enter")
    expect(person.page.locator("parley-chat article[data-state=sent]").last).to_be_visible()
    field.press("Escape")


def open_polls(page: Page) -> None:
    button = page.locator("#controls > * > [data-control=polls]")
    if button.is_visible():
        button.click()
    else:
        page.locator("#controls [data-control=more]").click()
        # The last but one in the menu, before the help.
        page.locator(".more-menu > .menu-item").nth(-2).click()
    expect(page.locator("parley-polls")).to_be_visible()
