# SPDX-License-Identifier: Apache-2.0
"""Screens of those who hold meetings and of those who look after the server, and of who waits for them."""

import re
import subprocess
import time
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from look import Screen
from screens import Visit, enter, prepare
from server import PROGRAM, Server

EMAIL, PASSWORD = "robin@example.org", "a quiet lake"
HOUR = 3_600_000


def add_administrator(server: Server) -> None:
    command = [PROGRAM, "user", "add", EMAIL, "--name", "Robin Vale", "--role", "admin", "--title", "Counsellor", "--data", server.data]
    subprocess.run([str(part) for part in command], input=PASSWORD + "\n", text=True, check=True, timeout=30,
                   stdout=subprocess.DEVNULL)


def hosting(visit: Visit) -> Iterator[Screen]:
    """A meeting with a waiting room, its invitations, and the server's own pages meanwhile."""
    hanna, page = visit.person, visit.person.page
    sign_in(page, hanna.origin)
    code = ask(page, hanna.origin, "/meetings", {})["meeting"]
    prepare(hanna, code)
    enter(hanna)
    ben = visit.come("Ben")
    prepare(ben, code)
    enter(ben)
    ben.page.keyboard.press("h")
    open_host_controls(page)
    yield "host-controls", page
    lobby = page.locator("parley-host [role=switch]").first
    # It moves when the server says so.
    lobby.click()
    expect(lobby).to_be_checked()
    page.locator("parley-host header button").click()
    cleo = visit.come("Cleo")
    prepare(cleo, code).press("Enter")
    expect(cleo.page.locator("parley-lobby h1")).to_be_visible()
    expect(page.locator(".knock")).to_be_visible()
    yield "knock", page
    cleo.page.locator("parley-lobby input").fill("Hello, it is me.")
    cleo.page.locator("parley-lobby form button").click()
    page.keyboard.press("p")
    expect(page.locator("parley-people .lobby-talk li")).to_be_visible()
    yield "people-of-host", page
    page.locator("parley-people .lobby-talk input").fill("One moment, please.")
    page.locator("parley-people .lobby-talk form button").click()
    expect(cleo.page.locator("parley-lobby li")).to_have_count(2)
    yield "lobby", cleo.page
    page.keyboard.press("Escape")
    page.locator("parley-person").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tile-menu .menu-part")).to_be_visible()
    yield "tile-menu-of-host", page
    page.keyboard.press("Escape")
    yield from administration(hanna.context.new_page(), hanna.origin)
    yield from invitations(visit, code)


def administration(page: Page, origin: str) -> Iterator[Screen]:
    page.goto(f"{origin}/admin")
    # The second sample is the first that a line can be drawn to.
    expect(page.locator(".line").first).to_have_attribute("d", re.compile("^M.*L"))
    # Who is in a meeting, if there is one.
    page.locator("details summary").first.click()
    yield "admin", page
    page.goto(f"{origin}/admin#checks")
    expect(page.locator("parley-admin-checks li").first).to_be_visible()
    yield "admin-health", page
    page.goto(f"{origin}/admin#people")
    expect(page.locator(".user").first).to_be_visible()
    yield "admin-accounts", page
    page.locator("#users .section-head .button").click()
    expect(page.locator(".new-user input").first).to_be_visible()
    yield "admin-new-account", page
    page.goto(f"{origin}/admin#data")
    expect(page.locator("dl.facts")).to_be_visible()
    yield "admin-data", page
    page.goto(origin)
    expect(page.locator("parley-hosted li").first).to_be_visible()
    yield "home-of-host", page
    page.close()


def invitations(visit: Visit, code: str) -> Iterator[Screen]:
    page, origin = visit.person.page, visit.person.origin
    page.goto(f"{origin}/invites#{code}")
    page.locator("parley-invites form .button").click()
    expect(page.locator("img.qr")).to_be_visible()
    yield "invites", page
    soon = int(time.time() * 1000) + HOUR
    early = ask(page, origin, f"/meetings/{code}/invites", {"role": "participant", "notBefore": soon})
    dora = visit.come("Dora")
    dora.page.goto(early["link"])
    expect(dora.page.locator("parley-invite-notice strong")).to_be_visible()
    yield "invited-early", dora.page


def sign_in(page: Page, origin: str) -> None:
    page.goto(f"{origin}/login")
    page.locator("[name=email]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("parley-dashboard")).to_be_visible()


def ask(page: Page, origin: str, path: str, body: dict) -> dict:
    """Asks the REST interface as whoever is signed in in the browser."""
    answer = page.request.post(f"{origin}/api/v1{path}", data=body, headers={"X-Parley-CSRF": "1", "Origin": origin})
    assert answer.ok, answer.text()
    return answer.json()


def open_host_controls(page: Page) -> None:
    button = page.locator("#controls > * > [data-control=host]")
    if button.is_visible():
        button.click()
    else:
        page.locator("#controls [data-control=more]").click()
        page.locator(".more-menu .narrow-only .menu-item").last.click()
    expect(page.locator("parley-host")).to_be_visible()
