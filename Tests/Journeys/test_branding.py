# SPDX-License-Identifier: Apache-2.0
"""A server with a name, a logo, a colour and links of its operator's: on every screen, from the first moment, as text."""

import re
import struct
import subprocess
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conftest import Arrive, serve
from server import ANY_CERTIFICATE, PROGRAM, Server
from test_app import READY
from test_look import PHONE, faults_of, fits

NAME = "Praxis <b>Süd</b> & Söhne"
WELCOME = "Sprechstunde <i>per</i> Video."
ACCENT = "#ffb000"
# What is left of it on a light ground.
ON_LIGHT = "#bd8200"
# With what a picture must never do to a page.
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">
<script>document.documentElement.setAttribute("data-ran", "yes")</script>
<rect width="48" height="48" rx="12" fill="#ffb000"/>
<path d="M24 10v28M10 24h28" stroke="#1b2029" stroke-width="8" stroke-linecap="round"/></svg>
"""


def png(width: int, height: int) -> bytes:
    """One colour."""
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    lines = (b"\0" + b"\xff\xb0\x00" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def arguments(folder: Path, **settings: str) -> list[str]:
    logo = folder / "logo.file"
    logo.write_text(LOGO)
    chosen = {"name": NAME, "logo": str(logo), "accent": ACCENT, "welcome": WELCOME,
              "links": "imprint https://example.org/imprint, Opening <i>hours</i> /hours.html", **settings}
    return [part for key, value in chosen.items() for part in ("--set", f"branding.{key}={value}")]


@pytest.fixture(scope="module")
def branded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("branded")
    yield from serve(folder / "data", "branded", *arguments(folder))


def get(server: Server, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(server.origin + path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, context=ANY_CERTIFICATE, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def is_shown(page: Page, selector: str) -> None:
    """The picture is there and was drawn."""
    image = page.locator(selector)
    expect(image).to_be_visible()
    page.wait_for_function("(selector) => document.querySelector(selector).naturalWidth > 0", arg=selector)


def colour_of(page: Page, button: str, what: str = "backgroundColor") -> str:
    return page.get_by_role("button", name=button).evaluate(f"(element) => getComputedStyle(element).{what}")


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
def test_name_logo_and_accent_are_there_from_home_to_the_end(arrive: Arrive, branded: Server, kind: str):
    ana = arrive("Ana", kind, server=branded, color_scheme="dark")
    page = ana.page
    page.goto(branded.origin)
    expect(page).to_have_title(NAME)
    expect(page.get_by_role("heading", level=1)).to_have_text("Talk face to face.")
    expect(page.get_by_role("banner").get_by_role("link", name=NAME)).to_be_visible()
    assert page.locator(".brand b").count() == 0
    is_shown(page, ".brand img")
    expect(page.get_by_text(WELCOME)).to_be_visible()
    # Firefox is asked in vain for a scheme here.
    primary = ON_LIGHT if page.evaluate("matchMedia('(prefers-color-scheme: light)').matches") else ACCENT
    assert colour_of(page, "Start a meeting") == f"rgb({', '.join(str(part) for part in bytes.fromhex(primary[1:]))})"
    # White could not be read on it.
    assert colour_of(page, "Start a meeting", "color") == "rgb(0, 0, 0)"
    about = page.get_by_role("navigation", name="About this service")
    assert about.get_by_role("link", name="Imprint").get_attribute("href") == "https://example.org/imprint"
    assert about.get_by_role("link", name="Opening <i>hours</i>").get_attribute("href") == "/hours.html"

    code = branded.new_meeting()
    ana.open(code)
    expect(page.locator(".prejoin .brand")).to_have_text(NAME)
    is_shown(page, ".prejoin .brand img")
    expect(page).to_have_title(f"{code} – {NAME}")
    expect(page.get_by_role("link", name="Imprint")).to_be_visible()
    page.get_by_label("Your name").fill("Ana")
    expect(page.get_by_role("button", name="Turn off camera")).to_be_visible()
    page.get_by_role("button", name="Join now").click()
    expect(ana.controls.get_by_text(NAME)).to_be_visible()
    is_shown(page, ".toolbar-brand img")
    expect(page.get_by_role("link", name="Imprint")).to_be_hidden()
    # The sheet of the room came later and must not bring the usual colours back.
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--primary').trim()") == primary
    ana.leave()
    is_shown(page, ".over-mark")
    expect(page.get_by_role("link", name="Imprint")).to_be_visible()


@pytest.mark.parametrize("path", ["/login", "/test", "/trust", "/playground", "/book/nobody", "/nowhere", "/i/x", "/invites"])
def test_other_pages_have_it_too(arrive: Arrive, branded: Server, path: str):
    page = arrive("Ana", server=branded).page
    page.goto(branded.origin + path)
    expect(page).to_have_title(re.compile(f"{re.escape(NAME)}$"))
    is_shown(page, "img[src='/logo.svg']")
    assert "Parley" not in page.title() and page.locator("img[src='/favicon.svg']").count() == 0
    expect(page.get_by_role("link", name="Imprint")).to_be_visible()


def test_each_language_has_its_own_words_and_the_same_name(arrive: Arrive, branded: Server):
    page = arrive("Ana", server=branded, locale="de-DE").page
    page.goto(f"{branded.origin}/login")
    expect(page).to_have_title(f"Anmelden – {NAME}")
    expect(page.get_by_role("link", name="Impressum")).to_be_visible()
    page.goto(f"{branded.origin}/login?lang=ar")
    expect(page.get_by_role("link", name="بيانات الناشر")).to_be_visible()
    expect(page.locator(".brand bdi")).to_have_text(NAME)


def test_the_first_bytes_have_it_before_any_script_runs(arrive: Arrive, branded: Server):
    page = arrive("Ana", server=branded, java_script_enabled=False, color_scheme="light").page
    page.goto(f"{branded.origin}/login")
    expect(page).to_have_title(f"Sign in – {NAME}")
    expect(page.locator(".brand")).to_have_text(NAME)
    themes = page.locator("meta[name=theme-color]")
    assert themes.count() == 2
    assert [themes.nth(index).get_attribute("content") != usual for index, usual in enumerate(["#12151b", "#f4f6fa"])] == [True, True]


@pytest.mark.parametrize("colours", ["dark", "light"])
def test_no_accessibility_fault_with_a_colour_that_is_hard_to_read(arrive: Arrive, branded: Server, colours: str):
    ana = arrive("Ana", server=branded, color_scheme=colours, reduced_motion="reduce")
    ana.page.goto(branded.origin)
    expect(ana.page.get_by_role("button", name="Start a meeting")).to_be_visible()
    assert faults_of(ana.page) == []
    ana.join(branded.new_meeting())
    ana.say("https://example.org/")
    expect(ana.log.get_by_role("link")).to_be_visible()
    assert faults_of(ana.page) == []
    ana.page.goto(f"{branded.origin}/login")
    expect(ana.page.get_by_role("link", name="Imprint")).to_be_visible()
    assert faults_of(ana.page) == []


def test_a_phone_is_enough(arrive: Arrive, branded: Server):
    ana = arrive("Ana", server=branded, **PHONE)
    for path in ["/", "/login", f"/{branded.new_meeting()}"]:
        ana.page.goto(branded.origin + path)
        expect(ana.page.get_by_role("link", name="Imprint")).to_be_visible()
        fits(ana.page)


def test_the_manifest_is_the_operators(arrive: Arrive, branded: Server):
    page = arrive("Ana", server=branded).page
    page.goto(branded.origin)
    manifest = page.evaluate("async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()")
    assert manifest["name"] == manifest["short_name"] == NAME
    assert manifest["description"] == WELCOME and manifest["theme_color"] == ACCENT
    assert manifest["icons"] == [{"src": "/logo.svg", "sizes": "any", "type": "image/svg+xml"}]
    for path in ["/favicon.svg", "/icon-192.png", "/apple-touch-icon.png"]:
        assert get(branded, path)[0] == 404


def test_a_logo_runs_nothing(arrive: Arrive, branded: Server):
    status, headers, body = get(branded, "/logo.svg")
    assert status == 200 and headers["Content-Type"] == "image/svg+xml" and body.decode() == LOGO
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and headers["X-Content-Type-Options"] == "nosniff"
    ana = arrive("Ana", server=branded)
    ana.page.goto(f"{branded.origin}/logo.svg")
    assert ana.page.evaluate("document.documentElement.getAttribute('data-ran')") is None


def test_a_new_setting_is_seen_at_once(tmp_path: Path):
    server = Server(tmp_path / "data", "rebranded", *arguments(tmp_path))
    server.start()
    known = {path: get(server, path)[1]["ETag"] for path in ["/login", "/app.webmanifest", "/sw.js"]}
    for path, tag in known.items():
        assert get(server, path, If_None_Match=tag)[0] == 304
    worker = get(server, "/sw.js")[2]
    server.stop()
    logo = tmp_path / "logo.png"
    logo.write_bytes(png(320, 80))
    server.arguments = tuple(arguments(tmp_path, name="Other", logo=str(logo)))
    server.start()
    try:
        for path, tag in known.items():
            status, _, body = get(server, path, If_None_Match=tag)
            assert status == 200 and (path == "/sw.js" or b"Other" in body)
        # Another worker, so that the page for no connection is fetched again.
        assert get(server, "/sw.js")[2] != worker
        assert get(server, "/logo.svg")[0] == 404
        assert get(server, "/logo.png")[1]["Content-Type"] == "image/png"
        assert get(server, "/apple-touch-icon.png")[2] == logo.read_bytes()
        assert b'"sizes":"320x80"' in get(server, "/app.webmanifest")[2]
    finally:
        server.stop()


def test_without_a_server_the_page_is_still_the_operators(arrive: Arrive, tmp_path: Path):
    server = Server(tmp_path / "data", "branded-offline", *arguments(tmp_path))
    server.start()
    ana = arrive("Ana", "trusting", server=server)
    ana.page.goto(ana.origin)
    kept = ana.page.evaluate(READY)
    assert "/logo.svg" in kept and any(path.startswith("/assets/branding-") for path in kept)
    server.kill()
    ana.page.reload()
    expect(ana.page.get_by_role("heading", name="The server does not answer")).to_be_visible()
    expect(ana.page).to_have_title(re.compile(f"{re.escape(NAME)}$"))
    is_shown(ana.page, ".over-mark")
    assert colour_of(ana.page, "Try again") == ana.page.evaluate("""() => {
      const probe = document.body.appendChild(document.createElement("i"));
      probe.style.backgroundColor = "var(--primary)";
      return getComputedStyle(probe).backgroundColor;
    }""")


def test_nothing_changes_where_nothing_is_chosen(arrive: Arrive, server: Server, meeting: str):
    ana = arrive("Ana")
    ana.page.goto(ana.origin)
    expect(ana.page).to_have_title(re.compile("^Parley – "))
    expect(ana.page.get_by_role("link", name="Parley")).to_be_visible()
    expect(ana.page.get_by_role("heading", level=1)).to_contain_text("On your own server.")
    assert ana.page.locator(".about").count() == 0
    ana.open(meeting)
    expect(ana.page.get_by_role("button", name="Join now")).to_be_visible()
    assert ana.page.locator(".prejoin .brand").count() == 0


@pytest.mark.parametrize(("setting", "reason"), [
    ("branding.name=" + "x" * 41, "branding.name: "),
    ("branding.name=a\u202eb", "branding.name: "),
    ("branding.accent=yellow", 'branding.accent: "yellow" is not a colour, e.g. #2563eb'),
    ("branding.links=imprint javascript:alert(1)", "branding.links: "),
    ("branding.logo=/nowhere/logo.svg", "branding.logo: /nowhere/logo.svg: no such file or directory"),
    ("branding.logo=GIF", "neither an SVG nor a PNG"),
    ("branding.logo=LARGE", "a logo may have 250 kB"),
    ("branding.logo=HUGE", "file too large"),
    ("branding.logo=WIDE", "each side of a logo has 16 to 4096"),
    ("branding.logo=CUT", "damaged or cut off"),
])
def test_wrong_settings_are_told_and_nothing_starts(tmp_path: Path, setting: str, reason: str):
    files = {"GIF": b"GIF89a", "LARGE": b" " * 260_000, "HUGE": b" " * 2_000_000, "WIDE": png(5000, 16), "CUT": png(64, 64)[:-8]}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    key, _, value = setting.partition("=")
    value = str(tmp_path / value) if value in files else value
    outcome = subprocess.run(
        [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--set", f"{key}={value}"],
        capture_output=True, text=True, timeout=20)
    assert outcome.returncode == 78, outcome.stderr
    assert reason in outcome.stderr and not (tmp_path / "data").exists()
