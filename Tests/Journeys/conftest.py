# SPDX-License-Identifier: Apache-2.0
"""Browsers and servers for the journeys. `scripts/run-journeys --help` tells how to run them."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

from person import KEEP_CONNECTIONS, Person
from server import PROGRAM, RESULTS, Server

# Two cores encode for up to three people.
expect.set_options(timeout=20_000)

CHROMIUM_FLAGS = [
    "--no-sandbox",
    # The second of the three, fake_device_1, never delivers a frame.
    "--use-fake-device-for-media-stream=fps=10,device-count=3",
    "--autoplay-policy=no-user-gesture-required",
    # The only network that a test machine is sure to have.
    "--allow-loopback-in-peer-connection",
]

FIREFOX_SETTINGS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # A mouse: it points finely (2) and hovers (4). Without a screen Firefox believes that there is no pointer at all.
    "ui.primaryPointerCapabilities": 6,
    "ui.allPointerCapabilities": 6,
}

# Most of what a machine does here is to encode pictures and draw them.
NO_CAMERA = """try { localStorage["parley.settings"] ??= '{"camera": false}'; } catch {}"""

# Firefox reaches a loopback address from another one only, and uses those only on pages that may use the camera.
FIREFOX_AT_HOME = {**FIREFOX_SETTINGS, "permissions.default.camera": 1, "permissions.default.microphone": 1}


class Browsers:
    """One process per kind of browser for the whole run, started when first needed.

    `firefox@ana` is one in the network namespace that is `places["ana"]`.
    """

    def __init__(self, playwright: Playwright):
        self.playwright = playwright
        self.running: dict[str, Browser] = {}
        self.places: dict[str, Place] = {}

    def get(self, kind: str) -> Browser:
        if kind not in self.running:
            self.running[kind] = self._launch(kind)
        return self.running[kind]

    def _launch(self, kind: str) -> Browser:
        kind, _, place = kind.partition("@")
        firefox = shutil.which("firefox") or shutil.which("firefox-esr")
        if place:
            program = firefox if kind == "firefox" else shutil.which("chromium")
            return self._launch_at(self.places[place], kind, str(program))
        if kind == "firefox":
            return self.playwright.firefox.launch(
                channel="moz-firefox", executable_path=firefox, firefox_user_prefs=FIREFOX_AT_HOME)
        # A person who refuses is a browser of its own: the answer is a flag of the process.
        answer = "--use-fake-ui-for-media-stream" + ("=deny" if kind == "refusing" else "")
        # One that only overlooks a certificate installs nothing; to this one it is as good as trusted.
        trust = ["--ignore-certificate-errors"] if kind == "trusting" else []
        return self.playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*CHROMIUM_FLAGS, answer, *trust])

    def _launch_at(self, place: "Place", kind: str, program: str) -> Browser:
        variables = {
            **os.environ, "HOME": str(place.home), "PARLEY_NAMESPACE": place.namespace, "PARLEY_BROWSER": program,
            "PARLEY_AUTHORITY": str(place.authority)}
        inside = Path(__file__).with_name("inside.py")
        if kind == "firefox":
            return self.playwright.firefox.launch(
                channel="moz-firefox", executable_path=inside, env=variables, firefox_user_prefs=FIREFOX_SETTINGS)
        flags = [*CHROMIUM_FLAGS, "--use-fake-ui-for-media-stream"]
        return self.playwright.chromium.launch(executable_path=inside, env=variables, args=flags)

    def leave(self, place: str) -> None:
        """Closes what runs in a namespace that is about to go."""
        for kind in [kind for kind in self.running if kind.endswith(f"@{place}")]:
            self.running.pop(kind).close()
        del self.places[place]

    def close(self) -> None:
        for browser in self.running.values():
            browser.close()


@dataclass(frozen=True)
class Place:
    """Where a browser runs that is not simply here: see `inside.py`."""

    namespace: str
    home: Path
    authority: Path


@pytest.fixture(scope="session")
def browsers() -> Iterator[Browsers]:
    # Playwright 1.58 asks Firefox for the name of every new frame and does not catch it if that is gone by then: without
    # this, its driver ends with the rejection, and every journey after it with the driver.
    os.environ["NODE_OPTIONS"] = "--unhandled-rejections=warn"
    with sync_playwright() as playwright:
        browsers = Browsers(playwright)
        yield browsers
        browsers.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that most journeys share. Nobody stops it before the end."""
    yield from serve(tmp_path_factory.mktemp("data"), "server")


@pytest.fixture
def fragile_server(tmp_path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that the journey may kill and start again."""
    yield from serve(tmp_path, request.node.name)


def serve(data: Path, name: str, *arguments: str) -> Iterator[Server]:
    server = Server(data, name, *arguments)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def meeting(server: Server) -> str:
    return server.new_meeting()


Arrive = Callable[..., Person]


@pytest.fixture
def arrive(browsers: Browsers, request: pytest.FixtureRequest) -> Iterator[Arrive]:
    """Makes people: `arrive("Ana")`, `arrive("Ben", "firefox")`, `arrive("Eve", server=…, has_touch=True)`.

    Afterwards nothing that must not happen may have happened to any of them.
    """
    people: list[Person] = []
    unseen = [NO_CAMERA] if request.node.get_closest_marker("without_cameras") else []

    def make(name: str, kind: str = "chromium", *, server: Server | None = None, scripts: list[str] | None = None,
             **options) -> Person:
        server = server or request.getfixturevalue("server")
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        context: BrowserContext = browsers.get(kind).new_context(ignore_https_errors=True, **options)
        for script in [KEEP_CONNECTIONS, *unseen, *(scripts or [])]:
            context.add_init_script(script)
        people.append(Person(context, server.origin, name))
        return people[-1]

    yield make
    # Taking a picture in Firefox breaks a rule of the page itself.
    faults = [fault for person in people for fault in person.faults]
    failed = getattr(request.node, "failed", False)
    for number, person in enumerate(people):
        if failed:
            file = re.sub(r"\W+", "-", request.node.name) + f"-{number}-{person.name}.png"
            try:
                person.page.screenshot(path=RESULTS / file)
            except Exception as error:  # the page may be gone; the test's own failure matters more
                print(f"no picture of {person.name}: {error}")
        person.context.close()
    assert faults == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report


def pytest_configure(config: pytest.Config) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    if not os.access(PROGRAM, os.X_OK):
        raise pytest.UsageError(f"{PROGRAM} is not there: run `swift build`, or set JOURNEYS_SERVER")
