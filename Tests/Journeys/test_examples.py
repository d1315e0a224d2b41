# SPDX-License-Identifier: Apache-2.0
"""The programs in `Examples`, used as their readers would."""

import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from conftest import Browsers
from server import ROOT

PORT = 3000  # As the example has it.


@pytest.fixture
def chat() -> Iterator[str]:
    """The address of the chat of docs/socketio.md."""
    program = subprocess.Popen([ROOT / ".build/debug/ChatExample"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        assert program.poll() is None, f"the example has ended; is port {PORT} taken?"
        yield f"http://127.0.0.1:{PORT}/"
    finally:
        program.kill()
        program.wait()


def enter(browsers: Browsers, address: str, name: str) -> Page:
    page = browsers.get("chromium").new_context().new_page()
    page.on("dialog", lambda dialog: dialog.accept(name))
    page.goto(address)
    return page


def test_two_people_chat_on_the_page_of_the_guide(chat: str, browsers: Browsers) -> None:
    ana = enter(browsers, chat, "ana")
    log = ana.get_by_role("log").get_by_role("listitem")
    expect(log).to_have_text(["1 here"])
    ben = enter(browsers, chat, "ben")
    expect(ben.get_by_role("log").get_by_role("listitem")).to_have_text(["2 here"])
    ben.get_by_label("Message").fill("<b>hello</b>")
    ben.get_by_role("button", name="Send").click()
    expect(log).to_have_text(["1 here", "ben came", "ben: <b>hello</b>"])
    ben.context.close()
    expect(log.last).to_have_text("ben left")
    ana.context.close()
