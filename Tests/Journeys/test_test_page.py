# SPDX-License-Identifier: Apache-2.0
"""The page that tests the connection: all parts of the way, and what one can do with the result."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from conftest import Arrive

ENGINES = pytest.mark.parametrize("engine", ["chromium", "firefox"])

# Something between here and the server passes on no WebSocket.
NO_WEBSOCKET = """
window.WebSocket = class extends EventTarget {
  constructor() { super(); setTimeout(() => this.onclose?.(new CloseEvent("close"))); }
  close() {}
};
"""


@ENGINES
def test_every_part_of_the_way_is_tried(arrive: Arrive, meeting: str, engine: str):
    ana = arrive("Ana", engine)
    page = ana.page
    page.goto(f"{ana.origin}/test#{meeting}")
    expect(page.locator("[data-verdict]:not([data-verdict=running])")).to_be_visible(timeout=60_000)
    for step in ["browser", "https", "websocket", "polling", "credentials"]:
        expect(page.locator(f"[data-step={step}]")).to_have_attribute("data-state", "good")
    # Firefox relays nothing to itself at loopback addresses.
    if engine == "chromium":
        expect(page.locator("[data-step=throughput]")).to_contain_text(re.compile(r"Mb(it)?/?p?s through the server, over (UDP|TCP|TLS)"))


def test_the_result_can_be_kept(arrive: Arrive, meeting: str):
    ana = arrive("Ana")
    page = ana.page
    page.goto(f"{ana.origin}/test#{meeting}")
    expect(page.locator("[data-verdict]:not([data-verdict=running])")).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").press("Enter")
    is_report(Path(download.value.path()).read_text())


# Firefox tells Playwright nothing of downloads; what cannot be copied there is shown.
@ENGINES
def test_a_result_that_cannot_be_copied_is_shown(arrive: Arrive, meeting: str, engine: str):
    refuse = "if (navigator.clipboard) navigator.clipboard.writeText = () => Promise.reject(new Error());"
    ana = arrive("Ana", engine, scripts=[refuse])
    page = ana.page
    page.goto(f"{ana.origin}/test#{meeting}")
    expect(page.locator("[data-verdict]:not([data-verdict=running])")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Copy report").click()
    is_report(page.get_by_role("textbox", name="The report could not be copied").input_value())


def is_report(text: str) -> None:
    assert text.startswith("Parley connection test of 127.0.0.1")
    # The names by which the operator finds the same checks in `parley doctor`.
    for check in ["[stun]", "[turn-udp]", "[turn-tcp]", "[turn-tls]"]:
        assert check in text


@ENGINES
def test_polling_is_told_from_websockets(arrive: Arrive, meeting: str, engine: str):
    ana = arrive("Ana", engine, scripts=[NO_WEBSOCKET])
    page = ana.page
    page.goto(f"{ana.origin}/test#{meeting}")
    expect(page.locator("[data-step=websocket]")).to_contain_text("no WebSocket opens")
    expect(page.locator("[data-step=polling]")).to_have_attribute("data-state", "good")
