# SPDX-License-Identifier: Apache-2.0
"""Before the meeting: what is the matter with a device, and what helps."""

import re

import pytest
from playwright.sync_api import Page, expect

from conftest import Arrive
from look import PHONE, SMALL, faults_of

# A microphone that its own switch has muted: it opens, and sends nothing but zeros.
SILENT_MICROPHONE = """
const real = window.MediaDevices?.prototype.getUserMedia;
if (window.MediaDevices) MediaDevices.prototype.getUserMedia = async function (wanted) {
  const stream = await real.call(this, wanted);
  const nothing = new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
  for (const track of stream.getAudioTracks()) {
    track.stop();
    stream.removeTrack(track);
    stream.addTrack(nothing);
  }
  return stream;
};
"""

# The browser lets the page, and the system under it does not.
SYSTEM_REFUSES = """
if (window.MediaDevices) MediaDevices.prototype.getUserMedia = () => Promise.reject(new DOMException("not allowed", "NotAllowedError"));
if (window.MediaDevices) Permissions.prototype.query = async () => Object.assign(new EventTarget(), { state: "granted" });
"""

# The browser refuses until `allow()` is called, as if the person changed its settings.
REFUSES_UNTIL_ALLOWED = """
const real = window.MediaDevices?.prototype.getUserMedia;
const statuses = [];
let state = "denied";
if (window.MediaDevices) MediaDevices.prototype.getUserMedia = function (wanted) {
  return state === "granted" ? real.call(this, wanted) : Promise.reject(new DOMException("no", "NotAllowedError"));
};
if (window.MediaDevices) Permissions.prototype.query = async () => {
  const status = { get state() { return state; }, onchange: null };
  statuses.push(status);
  return status;
};
window.allow = () => {
  state = "granted";
  for (const status of statuses) status.onchange?.();
};
"""

# Two cameras of a phone.
TWO_SIDES = """
const real = window.MediaDevices?.prototype.getUserMedia;
if (window.MediaDevices) MediaDevices.prototype.getUserMedia = async function (wanted) {
  const side = wanted.video?.facingMode?.exact ?? "user";
  window.asked = [...(window.asked ?? []), side];
  if (wanted.video) delete wanted.video.facingMode;
  const stream = await real.call(this, wanted);
  for (const track of stream.getVideoTracks()) {
    const settings = { ...track.getSettings(), facingMode: side, deviceId: side };
    track.getSettings = () => settings;
  }
  return stream;
};
"""

ENGINES = pytest.mark.parametrize("engine", ["chromium", "firefox"])


# Firefox measures no sound on a machine without a sound card, and then blames no microphone either.


def test_a_voice_is_heard_before_joining(arrive: Arrive, meeting: str):
    ana = arrive("Ana").open(meeting)
    expect(ana.page.get_by_text("Your microphone hears you.")).to_be_visible()


def test_a_silent_microphone_is_found(arrive: Arrive, meeting: str):
    ana = arrive("Ana", scripts=[SILENT_MICROPHONE]).open(meeting)
    card = ana.page.get_by_role("group", name="Your microphone is on, but sends no sound")
    expect(card).to_be_visible()
    expect(card.get_by_text("switch or key that mutes them")).to_be_visible()
    # Somebody who switches it off has understood.
    ana.page.get_by_role("button", name="Turn off microphone").click()
    expect(card).to_have_count(0)


def test_a_silent_microphone_is_told_in_the_meeting(arrive: Arrive, meeting: str):
    ana = arrive("Ana", scripts=[SILENT_MICROPHONE]).join(meeting)
    expect(ana.page.locator(".toast").filter(has_text="Your microphone is on, but sends no sound.")).to_be_visible()


@ENGINES
def test_a_refusal_of_the_system_is_told_from_one_of_the_browser(arrive: Arrive, meeting: str, engine: str):
    ana = arrive("Ana", engine, scripts=[SYSTEM_REFUSES]).open(meeting)
    expect(ana.page.get_by_role("group", name="Your system blocks the camera and microphone")).to_be_visible()


@ENGINES
def test_devices_start_by_themselves_once_they_are_allowed(arrive: Arrive, meeting: str, engine: str):
    ana = arrive("Ana", engine, scripts=[REFUSES_UNTIL_ALLOWED]).open(meeting)
    expect(ana.page.get_by_role("group", name="Your camera and microphone are blocked")).to_be_visible()
    ana.page.evaluate("allow()")
    expect(ana.page.get_by_role("button", name="Turn off camera")).to_be_visible()
    expect(ana.page.get_by_role("button", name="Turn off microphone")).to_be_visible()
    expect(ana.page.get_by_role("group", name=re.compile("blocked"))).to_have_count(0)


@ENGINES
def test_the_speaker_can_be_tried(arrive: Arrive, meeting: str, engine: str):
    page = arrive("Ana", engine).open(meeting).page
    walk_to(page, "Play a test sound")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Three notes are playing")).to_be_visible()


def test_a_phone_turns_its_camera(arrive: Arrive, meeting: str):
    ana = arrive("Ana", scripts=[TWO_SIDES], has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    page = ana.open(meeting).page
    preview = page.get_by_label("Your camera preview").locator("video")
    expect(preview).to_have_class("mirrored")
    page.get_by_role("button", name="Turn to the other camera").tap()
    expect(preview).to_have_class("")
    assert page.evaluate("asked") == ["user", "environment"]
    page.get_by_role("button", name="Turn to the other camera").tap()
    expect(preview).to_have_class("mirrored")


@pytest.mark.parametrize("colours", ["dark", "light"])
def test_help_has_no_accessibility_fault_and_fits_a_phone(arrive: Arrive, meeting: str, colours: str):
    page = arrive("Ana", "refusing", color_scheme=colours, **PHONE).open(meeting).page
    expect(page.get_by_role("group", name="Your camera and microphone are blocked")).to_be_visible()
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SMALL) == []


def walk_to(page: Page, name: str) -> None:
    """Presses Tab from the top of the page until the control has the focus."""
    control = page.get_by_role("button", name=name)
    expect(control).to_be_visible()
    # Beyond the end of a page come the controls of the browser.
    page.mouse.click(1, 1)
    for _ in range(30):
        if control.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {name}")
