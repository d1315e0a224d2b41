# SPDX-License-Identifier: Apache-2.0
"""People meet: they see, hear and read each other, share, leave and come back."""

import re

import pytest
from playwright.sync_api import expect

from conftest import Arrive
from person import answer, until
from server import Server


def test_a_person_starts_a_meeting_from_the_home_page(arrive: Arrive):
    ana = arrive("Ana")
    ana.page.goto(ana.origin)
    ana.page.get_by_role("button", name="Start a meeting").click()
    expect(ana.page).to_have_url(re.compile(r"/[a-z]{3}-[a-z]{4}-[a-z]{3}$"))
    ana.page.get_by_label("Your name").fill("Ana")
    ana.page.get_by_role("button", name="Join now").click()
    ana.is_inside()
    expect(ana.page.get_by_text("You are the first one here")).to_be_visible()


def test_a_meeting_is_found_by_its_code(arrive: Arrive, meeting: str):
    ana = arrive("Ana")
    ana.page.goto(ana.origin)
    field = ana.page.get_by_label("Meeting code or link")
    field.fill("nonsense")
    ana.page.get_by_role("button", name="Join", exact=True).click()
    expect(ana.page.get_by_text("That is not a meeting code")).to_be_visible()
    field.fill(f"https://meet.example/{meeting}")
    ana.page.get_by_role("button", name="Join", exact=True).click()
    expect(ana.page.get_by_text("That link leads to another server, meet.example.")).to_be_visible()
    field.fill(f" {ana.origin}/{meeting} ")
    ana.page.get_by_role("button", name="Join", exact=True).click()
    expect(ana.page).to_have_url(f"{ana.origin}/{meeting}")


@pytest.mark.parametrize("other", ["chromium", "firefox"])
def test_two_people_see_and_hear_each_other(arrive: Arrive, meeting: str, other: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben", other).join(meeting)
    ana.sees("Ben")
    ben.sees("Ana")
    ana.hears_sound()
    ben.hears_sound()


def test_three_people_see_each_other(arrive: Arrive, meeting: str):
    people = [arrive(name).join(meeting) for name in ("Ana", "Ben", "Cleo")]
    for person in people:
        for other in people:
            if other is not person:
                person.sees(other.name)


def test_a_muted_person_is_silent_and_marked(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    ben.hears_sound()
    ana.press("Turn off microphone")
    expect(ben.tile("Ana, microphone off")).to_be_visible()
    ben.hears_silence()
    ana.press("Turn on microphone")
    expect(ben.tile("Ana, microphone off")).to_have_count(0)
    ben.hears_sound()


def test_a_camera_goes_off_and_on(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    ben.sees("Ana")
    ana.press("Turn off camera")
    expect(ben.tile("Ana").locator("video")).to_have_css("opacity", "0")
    ana.press("Turn on camera")
    ben.sees("Ana")


def test_another_camera_and_microphone_take_over_without_a_new_negotiation(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    ben.sees("Ana")
    ben.hears_sound()
    [before, _], [_, heard] = ana.agreements(), ben.agreements()

    for kind, media, device in (("camera", "video", "fake_device_2"), ("microphone", "audio", "Fake Audio Input 2")):
        assert before["sent"][media]["device"] != device
        ana.chooses(kind, device)
        until(lambda: ana.agreements()[0]["sent"][media]["device"] == device, f"Ana sends {device}")
        packets = ana.agreements()[0]["sent"][media]["packets"]
        until(lambda: ana.agreements()[0]["sent"][media]["packets"] > packets + 5, f"{device} has something to send")
    ben.sees("Ana")
    ben.hears_sound()

    # Exactly one connection each way, and about them not a word more was said.
    [after, _], [_, understood] = ana.agreements(), ben.agreements()
    assert after["agreed"] == before["agreed"]
    assert understood["agreed"] == heard["agreed"]
    for media in ("audio", "video"):
        assert after["sent"][media]["stream"] == before["sent"][media]["stream"]


def test_a_shared_screen_takes_the_stage(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    ben.sees("Ana")
    ana.press("Share your screen")
    ben.sees("Ana's screen")
    ben.sees("Ana")
    cleo = arrive("Cleo").join(meeting)  # a late comer gets the share, too
    cleo.sees("Ana's screen")
    ana.press("Stop sharing")
    expect(ben.tile("Ana's screen")).to_have_count(0)
    expect(cleo.tile("Ana's screen")).to_have_count(0)


def test_a_late_comer_reads_what_was_said(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ana.say("Hello?")
    ana.say("<b>Nobody</b> here yet")
    ben = arrive("Ben", "firefox").join(meeting)
    ben.reads("Hello?", "<b>Nobody</b> here yet")
    ben.say("Here I am")
    ana.reads("Hello?", "<b>Nobody</b> here yet", "Here I am")


def test_opening_the_chat_takes_its_toasts_away(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    ben.say("Look!")
    toast = ana.page.locator(".toast", has_text="Look!")
    expect(toast).to_be_visible()
    ana.open_chat()
    # At once, not when its time is over.
    expect(toast).to_have_count(0, timeout=1000)
    ana.reads("Look!")


def test_a_person_leaves_and_comes_back(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    ben.say("Stay!")
    ana.sees("Ben")
    ana.leave()
    expect(ben.tile("Ana")).to_have_count(0)
    ana.page.get_by_role("button", name="Rejoin").click()
    ana.is_inside()
    ana.sees("Ben")
    ben.sees("Ana")
    ana.reads("Stay!")


def test_a_reload_keeps_the_seat(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    ben.sees("Ana")
    ana.page.reload()
    ana.is_inside()
    ben.sees("Ana")
    ana.sees("Ben")
    expect(ben.page.get_by_role("group", name=re.compile("^Ana"))).to_have_count(1)


def test_a_second_tab_takes_over(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ben = arrive("Ben").join(meeting)
    # Browsers copy a tab's session storage with the tab, and with it the seat.
    with ana.context.expect_page() as opened:
        ana.page.evaluate("window.open(location.href)")
    second = opened.value
    ana.watch(second)
    second.get_by_role("button", name="Join now").click()
    expect(second.get_by_role("toolbar", name="Call controls")).to_be_visible()
    expect(ana.page.get_by_role("heading", name="You are in this meeting in another tab")).to_be_visible()
    expect(ben.page.get_by_role("group", name=re.compile("^Ana"))).to_have_count(1)
    ben.sees("Ana")
    ana.page.get_by_role("button", name="Use it here").click()
    ana.is_inside()
    ben.sees("Ana")
    expect(second.get_by_role("heading", name="You are in this meeting in another tab")).to_be_visible()


def test_the_host_ends_a_meeting(arrive: Arrive, server: Server, meeting: str):
    ana = arrive("Ana").join(meeting)
    host = arrive("Host")
    host.page.goto(server.host_link())
    host.page.get_by_role("button", name=f"End meeting {meeting} for everybody").click()
    answer(host.page, f"End meeting {meeting}?", "End")
    expect(ana.page.get_by_role("heading", name="The meeting is over")).to_be_visible()


# Whether the browser was asked, and whether it says so, to take noise out of the sound that we send.
DENOISES = """(how) => connections.flatMap((each) => each.getSenders()).map((each) => each.track)
  .find((track) => track?.kind === "audio" && track.readyState === "live")?.[how]().noiseSuppression"""


# Firefox takes nothing out of its own tone, whatever it is asked for.
@pytest.mark.parametrize(("kind", "how"), [("chromium", "getSettings"), ("firefox", "getConstraints")])
def test_noise_is_left_in_for_who_wants_it(arrive: Arrive, meeting: str, kind: str, how: str):
    ana = arrive("Ana", kind).join(meeting)
    ben = arrive("Ben").join(meeting)
    ben.hears_sound()
    assert ana.page.evaluate(DENOISES, how) is True
    ana.press("Choose microphone and speaker")
    denoise = ana.page.get_by_role("switch", name="Noise suppression")
    expect(denoise).to_be_checked()
    denoise.click()
    expect(denoise).not_to_be_checked()
    until(lambda: ana.page.evaluate(DENOISES, how) is False, "the microphone is open with its noise")
    ben.hears_sound()
    ana.press("Turn off microphone")
    denoise.press("Space")
    expect(denoise).to_be_checked()
    ben.hears_silence()
    ana.press("Turn on microphone")
    until(lambda: ana.page.evaluate(DENOISES, how) is True, "the microphone is open without noise")
    ben.hears_sound()
