# SPDX-License-Identifier: Apache-2.0
"""The playground: every button of the lesson does what its sentence says, in Chromium and in Firefox."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from conftest import Arrive
from person import Person, until
from look import PHONE, faults_of, fits

BROWSERS = pytest.mark.parametrize("kind", ["chromium", "firefox"])


class Student:
    """Somebody at the playground."""

    def __init__(self, person: Person, page: Page | None = None):
        self.person = person
        self.page = page or person.page

    def open(self, part: str = "") -> "Student":
        self.page.goto(f"{self.person.origin}/playground{part}")
        expect(self.page.get_by_role("heading", name="Microphone and camera")).to_be_visible()
        return self

    def second_tab(self) -> "Student":
        with self.page.expect_popup() as popup:
            self.lesson("call").get_by_role("link", name="Open a second tab").click()
        page = popup.value
        self.person.watch(page)
        expect(page.get_by_role("heading", name="A call between two tabs")).to_be_in_viewport()
        return Student(self.person, page)

    def lesson(self, name: str) -> Locator:
        return self.page.locator(f"#{name}")

    def press(self, lesson: str, button: str | re.Pattern) -> None:
        self.button(lesson, button).click()

    def button(self, lesson: str, name: str | re.Pattern) -> Locator:
        return self.lesson(lesson).get_by_role("button", name=name, exact=isinstance(name, str))

    def share(self) -> "Student":
        self.press("share", "Share my mic and camera")
        expect(self.lesson("share").get_by_role("status")).to_contain_text("The stream has 2 tracks: ")
        self.press("share", "Show my video")
        self.plays("Your camera")
        return self

    def video(self, label: str) -> Locator:
        return self.page.locator(f'video[aria-label="{label}"]')

    def size(self, label: str) -> list[int]:
        return self.video(label).evaluate("(video) => [video.videoWidth, video.videoHeight]")

    def plays(self, label: str) -> None:
        """Pictures move: the time of the element goes on."""
        expect(self.video(label)).to_be_visible()
        self.video(label).scroll_into_view_if_needed()
        until(lambda: self.size(label)[0] > 0, f"a picture of {label}")
        begun = self.video(label).evaluate("(video) => video.currentTime")
        until(lambda: self.video(label).evaluate("(video) => video.currentTime") > begun, f"moving pictures of {label}")

    def steps(self) -> list[str]:
        return self.page.locator(".story [data-step]").evaluate_all("(all) => all.map((step) => step.dataset.step)")

    def numbers(self) -> str:
        return self.page.locator(".numbers").inner_text()


def usable(button: Locator) -> None:
    expect(button).not_to_have_attribute("aria-disabled", "true")


@BROWSERS
def test_share_show_hide_and_stop(arrive: Arrive, kind: str):
    ana = Student(arrive("Ana", kind)).open()
    expect(ana.button("share", "Stop my video")).to_have_attribute("aria-disabled", "true")
    ana.share()
    ana.press("share", "Hide my video")
    expect(ana.page.get_by_text("Shared, but not shown")).to_be_visible()
    assert ana.video("Your camera").evaluate("(video) => video.srcObject") is None
    ana.press("share", "Show my video")
    ana.plays("Your camera")
    track = ana.video("Your camera").evaluate_handle("(video) => video.srcObject.getVideoTracks()[0]")
    ana.press("share", "Stop my video")
    assert track.evaluate("(track) => track.readyState") == "ended"
    expect(ana.lesson("share").get_by_role("status")).to_have_text("Nothing is shared.")
    ana.share()


def test_a_refusal_is_explained(arrive: Arrive):
    ana = Student(arrive("Ana", "refusing")).open()
    expect(ana.lesson("choose").get_by_label("Camera")).to_be_disabled()
    ana.press("share", "Share my mic and camera")
    expect(ana.page.get_by_role("group", name="Your camera and microphone are blocked")).to_be_visible()
    usable(ana.button("share", "Share my mic and camera"))


def test_the_picture_changes_as_wished_and_demands_may_be_refused(arrive: Arrive):
    ana = Student(arrive("Ana")).open()
    picture = ana.lesson("picture")
    ana.press("picture", "320 × 180")
    expect(picture.get_by_role("status")).to_have_text("Share your camera first.")
    ana.share()
    assert ana.size("Your camera") == [1280, 720]
    expect(picture.locator(".facts > div").first).to_contain_text("frameRate")
    ana.press("picture", "320 × 180")
    expect(picture.get_by_role("status")).to_contain_text("The camera now gives 320 × 180")
    until(lambda: ana.size("Your camera") == [320, 180], "the small picture")
    picture.get_by_label("Width in pixels").fill("640")
    picture.get_by_label("Height in pixels").fill("")
    picture.get_by_label("Frames per second").fill("5")
    picture.get_by_label("Width to height").select_option("4:3")
    picture.get_by_label("Take it as").select_option("demand")
    ana.press("picture", "Change")
    expect(picture.get_by_role("status")).to_have_text("The camera now gives 640 × 480 at 5 frames per second.")
    until(lambda: ana.size("Your camera") == [640, 480], "the other shape")
    picture.get_by_label("Width in pixels").fill("100000")
    ana.press("picture", "Change")
    expect(picture.get_by_role("status")).to_have_text("The camera cannot do that (width). It goes on as it was.")
    picture.get_by_label("Take it as").select_option("wish")
    ana.press("picture", "Change")
    expect(picture.get_by_role("status")).to_contain_text("The camera now gives")


@BROWSERS
def test_record_play_and_download(arrive: Arrive, kind: str):
    ana = Student(arrive("Ana", kind)).open().share()
    record = ana.lesson("record")
    expect(ana.button("record", "Play recording")).to_have_attribute("aria-disabled", "true")
    ana.press("record", "Start recording")
    expect(record.get_by_text(re.compile(r"^Recording: [1-9]\d* kB so far"))).to_be_visible()
    ana.press("record", "Stop recording")
    expect(record.get_by_role("status")).to_contain_text("Recorded")
    ana.press("record", "Play recording")
    # It may be so short that it is over when somebody looks.
    clip = ana.video("Your recording")
    until(lambda: clip.evaluate("(video) => video.videoWidth > 0 && video.currentTime > 0"), "a recording that plays")
    link = record.get_by_role("link", name="Download recording")
    expect(link).to_have_attribute("download", "recording.webm")
    if kind == "firefox":
        return  # this driver does not tell of Firefox's downloads
    with ana.page.expect_download() as download:
        link.click()
    file = download.value.path()
    assert file.stat().st_size > 1000
    assert file.read_bytes()[:4] == bytes.fromhex("1a45dfa3")  # EBML, RFC 8794


def test_a_screen_is_shared_recorded_and_stopped(arrive: Arrive):
    ana = Student(arrive("Ana")).open()
    ana.press("screen", "Share screen")
    ana.plays("Your screen")
    expect(ana.lesson("screen").get_by_role("status")).to_contain_text("You share “")
    ana.lesson("record").get_by_label("What to record").select_option("screen")
    ana.press("record", "Start recording")
    expect(ana.lesson("record").get_by_text(re.compile(r"^Recording: [1-9]"))).to_be_visible()
    ana.press("screen", "Stop sharing")
    expect(ana.video("Your screen")).to_be_hidden()
    expect(ana.lesson("record").get_by_role("status")).to_contain_text("Recorded")


def test_devices_are_chosen_and_listed(arrive: Arrive):
    ana = Student(arrive("Ana")).open()
    ana.share()
    choose = ana.lesson("choose")
    before = ana.video("Your camera").evaluate("(video) => video.srcObject.getVideoTracks()[0].label")
    choose.get_by_label("Camera").select_option("fake_device_2")
    expect(choose.get_by_role("status")).to_have_text("Now in use: fake_device_2.")
    after = ana.video("Your camera").evaluate("(video) => video.srcObject.getVideoTracks()[0].label")
    assert (before, after) == ("fake_device_0", "fake_device_2")
    ana.plays("Your camera")
    choose.get_by_label("Microphone").select_option("Fake Audio Input 2")
    expect(choose.get_by_role("status")).to_have_text("Now in use: Fake Audio Input 2.")
    choose.get_by_label("Speaker").select_option("Fake Audio Output 2")
    expect(choose.get_by_role("status")).to_have_text("Now in use: Fake Audio Output 2.")
    expect(ana.video("The other tab")).to_have_js_property("sinkId", choose.get_by_label("Speaker").input_value())
    know = ana.lesson("know")
    expect(know.get_by_role("row", name=re.compile("^Camera fake_device_2"))).to_be_visible()
    supported = ana.page.evaluate("Object.keys(navigator.mediaDevices.getSupportedConstraints()).sort()")
    assert know.locator(".chips li").all_inner_texts() == supported


@BROWSERS
def test_two_tabs_call_each_other_and_tell_every_step(arrive: Arrive, kind: str):
    ana = Student(arrive("Ana", kind)).open().share()
    ben = ana.second_tab()
    expect(ana.lesson("call").get_by_text("One other tab of this page is open.")).to_be_visible()
    # Ben shares nothing at first and sees Ana all the same.
    ana.press("call", re.compile("^Call tab"))
    ben.press("call", "Answer")
    expect(ben.page.locator('[data-step="pair-chosen"]')).to_be_visible()
    ben.plays("The other tab")
    caller, callee = ana.steps(), ben.steps()
    inside(caller, "connection-made", "tracks-added", "offer-made", "local-offer-set", "offer-sent", "answer-received", "remote-answer-set")
    inside(caller, "offer-sent", "candidate-sent")
    inside(caller, "remote-answer-set", "pair-chosen")
    inside(callee, "offer-received", "connection-made", "remote-offer-set", "answer-made", "local-answer-set", "answer-sent", "pair-chosen")
    # The caller's candidates came before anybody answered.
    inside(callee, "offer-received", "candidate-kept", "remote-offer-set", "candidate-received")
    sentences = ana.page.locator(".story li").evaluate_all("(all) => all.map((step) => step.querySelector('p + p').textContent)")
    assert len(sentences) == len(caller) and all(sentence.endswith((".", "…")) for sentence in sentences)
    # What Ben shares now needs no new offer.
    ben.page.bring_to_front()
    ben.share()
    ana.page.bring_to_front()
    ana.plays("The other tab")
    assert ana.steps().count("offer-made") == 1
    until(lambda: "Receiving" in ana.numbers() and "frames per second" in ana.numbers(), "the numbers of the call")
    assert ana.page.locator(".states dd").all_inner_texts()[0::3] == ["stable", "connected"]
    ben.press("call", "Hang up")
    expect(ana.page.locator('[data-step="other-hung-up"]')).to_be_visible()
    expect(ana.video("The other tab")).to_be_hidden()
    # And again, the other way round.
    ben.press("call", re.compile("^Call tab"))
    ana.press("call", "Answer")
    expect(ana.page.locator('[data-step="pair-chosen"]')).to_be_visible()
    ben.page.close()
    expect(ana.lesson("call").get_by_text("No other tab of this page is open.")).to_be_visible()
    expect(ana.page.locator('[data-step="other-hung-up"]')).to_be_visible()


def inside(steps: list[str], *wanted: str) -> None:
    """The wanted steps happened in this order, whatever lay between them."""
    rest = iter(steps)
    for step in wanted:
        assert step in rest, f"{step} is not where it should be in {steps}"


def in_a_call(arrive: Arrive, **options) -> Student:
    ana = Student(arrive("Ana", **options)).open().share()
    ben = ana.second_tab()
    ben.press("call", re.compile("^Call tab"))
    ana.press("call", "Answer")
    expect(ana.page.locator('[data-step="pair-chosen"]')).to_be_visible()
    ana.page.bring_to_front()
    return ana


@pytest.mark.parametrize("colours", ["dark", "light"])
def test_no_accessibility_fault_before_and_in_a_call(arrive: Arrive, colours: str):
    for student in (Student(arrive("Eve", color_scheme=colours)).open(), in_a_call(arrive, color_scheme=colours)):
        assert faults_of(student.page) == []


def test_a_phone_is_enough_for_a_call(arrive: Arrive):
    ana = in_a_call(arrive, **PHONE)
    fits(ana.page)
    # The focus is never behind the pictures that stay at the top.
    for _ in range(12):
        ana.page.keyboard.press("Shift+Tab")
    stage = ana.page.locator(".stage").bounding_box()
    focused = ana.page.evaluate("document.activeElement.getBoundingClientRect().bottom")
    assert focused > stage["y"] + stage["height"] or ana.page.evaluate("document.activeElement === document.body")


def test_the_home_page_leads_to_the_playground(arrive: Arrive):
    ana = arrive("Ana")
    ana.page.goto(ana.origin)
    ana.page.get_by_role("link", name="Try it in the playground").click()
    expect(ana.page.get_by_role("heading", level=1)).to_have_text("Camera and call playground")
