# SPDX-License-Identifier: Apache-2.0
"""What people do in the long meeting: see long_meeting.py."""

import json
import os
import re
from pathlib import Path

LOCALES = Path(__file__).resolve().parents[1] / "web/locales"
# What the banner says while there is no connection.
AWAY = re.compile("Connection lost|has no network")


class Walk:
    """The meeting, and what is done in it: each method without an underscore but `tidy`, in the order of the file.

    What is not for every round gives False where it was left out.
    """

    def __init__(self, server, people, code, line, late):
        self.server = server
        # Cleo's way to the network.
        self.line = line
        # Brings a fifth browser.
        self.late = late
        self.people = people
        self.code = code
        self.host, self.ben, self.cleo, self.dan = people
        self.round = 0
        self.said: list[str] = []
        self.faults: list[str] = []

    # Seeing and hearing

    def everybody_sees_and_hears_everybody(self):
        for person in self.people:
            for other in self.people:
                if other is not person:
                    person.sees(other.name, timeout=60)
            person.hears_sound()

    def microphone_and_camera_off_and_on(self):
        self.ben.press("Turn off microphone")
        self._expect(self.host.tile("Ben, microphone off")).to_be_visible()
        self.ben.press("Turn on microphone")
        self.cleo.press("Turn off camera")
        self._expect(self.host.tile("Cleo").locator("video[data-showing]")).to_have_count(0)
        self.cleo.press("Turn on camera")
        self.host.sees("Cleo", timeout=60)

    def layouts_and_pins_by_key(self):
        page = self.cleo.page
        self._ground(self.cleo)
        for _ in range(3):
            page.keyboard.press("l")
        page.keyboard.press("1")
        self._expect(page.locator(".tile[data-role=large]")).to_have_count(1)
        page.keyboard.press("0")
        self._expect(page.locator(".tile[data-role=large]")).to_have_count(0)

    def a_screen_is_shared(self):
        self.host.press("Share your screen")
        self.ben.sees("Ana's screen", timeout=60)
        self.host.press("Stop sharing")
        self._expect(self.ben.tile("Ana's screen")).to_have_count(0)

    def the_key_to_talk(self):
        self.dan.press("Turn off microphone")
        self._ground(self.dan)
        self.dan.page.keyboard.down(" ")
        self._expect(self.dan.controls.get_by_role("button", name="Turn off microphone")).to_be_visible()
        self.dan.page.keyboard.up(" ")
        self._expect(self.dan.controls.get_by_role("button", name="Turn on microphone")).to_be_visible()
        self.dan.press("Turn on microphone")

    def somebody_is_made_quieter_for_one_alone(self):
        menu = self._menu(self.ben, "Dan")
        menu.get_by_role("slider", name="Volume for me").fill("40")
        self._expect(menu.get_by_text("Round trip")).to_be_visible()
        menu.get_by_role("slider", name="Volume for me").fill("100")
        self.ben.page.keyboard.press("Escape")
        self._expect(menu).to_have_count(0)

    def sound_only_and_back(self):
        self._more(self.dan).get_by_role("radio", name=re.compile("^Sound only")).check()
        self._expect(self.dan.tile("Ana, Not shown: sound only")).to_be_visible()
        self._expect(self.host.tile("Dan").locator("video[data-showing]")).to_have_count(0)
        self.dan.page.keyboard.press("Escape")
        self._more(self.dan).get_by_role("radio", name="Pictures as good as the line allows").check()
        self.dan.page.keyboard.press("Escape")
        self.dan.sees("Ana", timeout=60)
        self.host.sees("Dan", timeout=60)

    def one_does_not_see_oneself(self):
        hide = self._more(self.cleo).get_by_role("switch", name=re.compile("^Hide my own picture"))
        hide.check()
        self._expect(self.cleo.own_tile()).to_have_count(0)
        hide.uncheck()
        self._expect(self.cleo.own_tile()).to_be_visible()
        self.cleo.page.keyboard.press("Escape")

    def a_small_window_on_top(self):
        with self.cleo.context.expect_page() as pages:
            self._more(self.cleo).get_by_role("button", name="Small window on top").click()
        small = pages.value
        self._expect(small.get_by_role("button", name="Turn off microphone")).to_be_visible()
        small.close()

    def another_camera_and_another_microphone(self):
        # fake_device_1 never delivers a frame.
        camera, microphone = (("fake_device_2", "Fake Audio Input 1"), ("fake_device_0", "Fake Audio Input 2"))[self.round % 2]
        self.cleo.chooses("camera", camera)
        self.cleo.chooses("microphone", microphone)
        self.ben.sees("Cleo", timeout=60)

    # Talking

    def chat(self):
        for person in self.people:
            text = f"{person.name} in round {self.round}"
            person.say(text)
            self.said.append(text)
            for other in self.people:
                other.open_chat()
                self._expect(other.log.get_by_text(text, exact=True)).to_be_visible()

    def messages_are_answered_reacted_to_and_deleted(self):
        text = f"Question {self.round}"
        self.ben.say(text)
        self.said.append(text)
        self.cleo.open_chat()
        message = self.cleo.log.get_by_role("article").filter(has_text=text).last
        message.hover()
        message.get_by_role("button", name="Reply to Ben").click()
        self.cleo.page.keyboard.type(f"Answer {self.round}")
        self.cleo.page.keyboard.press("Enter")
        answer = self.ben.log.get_by_role("article").filter(has_text=f"Answer {self.round}").last
        self._expect(answer).to_be_visible()
        answer.hover()
        answer.get_by_role("button", name=re.compile("^React and more")).click()
        self.ben.page.get_by_role("dialog", name=re.compile("^React and more")).get_by_role("button", name="Heart").click()
        own = self.cleo.log.get_by_role("article").filter(has_text=f"Answer {self.round}").last
        self._expect(own.get_by_role("button", name="Heart: Ben")).to_be_visible()
        own.hover()
        own.get_by_role("button", name=re.compile("^React and more")).click()
        menu = self.cleo.page.get_by_role("dialog", name=re.compile("^React and more"))
        self._confirmed(self.cleo, menu.get_by_role("button", name="Delete"), "Delete")
        self._expect(self.ben.log.get_by_text(f"Answer {self.round}", exact=True)).to_have_count(0)

    def a_message_to_one_alone(self):
        self.dan.open_chat()
        to = self.dan.page.get_by_role("combobox", name="To", exact=True)
        to.select_option(label="Ana")
        self.dan.page.get_by_label("Message to Ana alone", exact=True).fill(f"Between us {self.round}")
        self.dan.page.keyboard.press("Enter")
        self.host.open_chat()
        self._expect(self.host.log.get_by_text(f"Between us {self.round}", exact=True)).to_be_visible()
        self._expect(self.ben.log.get_by_text(f"Between us {self.round}", exact=True)).to_have_count(0)
        to.select_option(label="Everybody")

    def files_are_sent_and_fetched(self):
        self.ben.open_chat()
        content = os.urandom(700_000)
        with self.ben.page.expect_file_chooser() as chooser:
            self.ben.page.get_by_role("button", name="Attach files").click()
        name = f"plan {self.round}.bin"
        chooser.value.set_files([{"name": name, "mimeType": "application/octet-stream", "buffer": content}])
        self._expect(self.ben.page.get_by_role("list", name="Files for this message").get_by_role("listitem")).to_have_count(1)
        self._expect(self.ben.page.get_by_role("progressbar")).to_have_count(0)
        self.ben.page.get_by_label("Message to everybody").press("Enter")
        self.cleo.open_chat()
        link = self.cleo.log.get_by_role("link", name=re.compile(f"^Download {re.escape(name)}"))
        with self.cleo.page.expect_download() as download:
            link.click()
        if Path(download.value.path()).read_bytes() != content:
            raise AssertionError("another file came than was sent")

    def a_poll_is_asked_answered_and_closed(self):
        question = f"Shall we go on after round {self.round}?"
        asking = self._polls(self.ben)
        asking.get_by_role("button", name="Ask something").click()
        asking.get_by_label("Question").fill(question)
        asking.get_by_label("Answer 1", exact=True).fill("Yes")
        asking.get_by_label("Answer 2", exact=True).fill("No")
        asking.get_by_role("button", name="Start the poll").click()
        for person in (self.host, self.cleo, self.dan):
            poll = self._polls(person).get_by_role("group", name=question)
            poll.get_by_role("radio", name=re.compile("^Yes")).click()
            self._expect(poll.get_by_role("radio", name=re.compile("^Yes"))).to_be_checked()
        poll = asking.get_by_role("group", name=question)
        self._expect(poll.get_by_role("radio", name=re.compile("^Yes 3 votes"))).to_be_visible()
        poll.get_by_role("button", name="Close the poll").click()
        self._expect(self.dan.page.get_by_role("complementary", name="Polls").get_by_role("group", name=question)
                     .get_by_text("Closed.")).to_be_visible()
        self._confirmed(self.ben, poll.get_by_role("button", name="Delete"), "Delete")
        self._expect(poll).to_have_count(0)

    def hands_make_a_queue(self):
        for person in (self.dan, self.ben):
            person.press("Raise hand")
        people = self._panel(self.host, "People")
        self._expect(people.locator(".hands li")).to_have_text([re.compile("Dan"), re.compile("Ben")])
        for name in ("Dan", "Ben"):
            people.get_by_role("button", name=f"Lower the hand of {name}").click()
        for person in (self.dan, self.ben):
            self._expect(person.controls.get_by_role("button", name="Raise hand")).to_be_visible()

    def reactions_rise(self):
        self.cleo.page.evaluate("""() => {
          window.risen = 0;
          window.riser?.disconnect();
          window.riser = new MutationObserver((changes) => {
            for (const { addedNodes } of changes) for (const node of addedNodes) window.risen += node.matches?.(".risen") ? 1 : 0;
          });
          riser.observe(document.querySelector("parley-shower"), { childList: true, subtree: true });
        }""")
        self._ground(self.ben)
        self.ben.page.keyboard.press("e")
        self.ben.page.keyboard.press("2")
        self.cleo.page.wait_for_function("() => window.risen > 0")

    # Hosting

    def a_guest_is_muted_and_rules_hold(self):
        self._panel(self.host, "People").get_by_role("button", name="Turn off Ben's microphone").click()
        self._expect(self.ben.controls.get_by_role("button", name="Turn on microphone")).to_be_visible()
        rule = self._panel(self.host, "Host controls").get_by_role("switch", name=re.compile("^Turn on the microphone"))
        rule.click()
        self._expect(self.dan.controls.get_by_role("button", name=re.compile("^Microphones are turned off by the hosts"))).to_be_visible()
        rule.click()
        for person in (self.ben, self.cleo, self.dan):
            on = person.controls.get_by_role("button", name="Turn on microphone")
            self._expect(on).to_be_visible()
            on.click()
            self._expect(person.controls.get_by_role("button", name="Turn off microphone")).to_be_visible()

    def roles_and_the_spotlight(self):
        people = self._panel(self.host, "People")
        people.get_by_role("button", name="More for Ben").click()
        menu = self.host.page.get_by_role("dialog", name="Ben")
        menu.get_by_role("button", name="Make a co-host").click()
        self._expect(self.ben.controls.get_by_role("button", name="Host controls")).to_be_visible()
        people.get_by_role("button", name="More for Ben").click()
        menu.get_by_role("button", name="Show large to everybody").click()
        self._expect(self.dan.page.get_by_role("group", name=re.compile("^Ben, Shown to everybody"))).to_be_visible()
        people.get_by_role("button", name="More for Ben").click()
        menu.get_by_role("button", name="Stop showing large to everybody").click()
        people.get_by_role("button", name="More for Ben").click()
        menu.get_by_role("button", name=re.compile("^Make a participant|^Take back")).click()
        self._expect(self.ben.controls.get_by_role("button", name="Host controls")).to_have_count(0)

    def all_are_muted(self):
        self._confirmed(self.host, self._panel(self.host, "People").get_by_role("button", name="Mute all"), "Mute all")
        for person in (self.ben, self.cleo, self.dan):
            on = person.controls.get_by_role("button", name="Turn on microphone")
            self._expect(on).to_be_visible()
            on.click()
            self._expect(person.controls.get_by_role("button", name="Turn off microphone")).to_be_visible()

    def a_locked_meeting_lets_nobody_in(self):
        lock = self._panel(self.host, "Host controls").get_by_role("switch", name=re.compile("^Lock the meeting"))
        lock.click()
        late = self.late()
        try:
            late.open(self.code)
            late.page.get_by_label("Your name").fill("Eve")
            late.page.get_by_role("button", name="Join now").click()
            self._expect(late.page.get_by_text("The hosts have locked this meeting.")).to_be_visible()
            self.faults += late.faults
        finally:
            late.context.close()
        lock.click()
        self._expect(lock).not_to_be_checked()

    def somebody_knocks_writes_comes_in_speaks_arabic_and_is_removed(self):
        rule = self._panel(self.host, "Host controls").get_by_role("switch", name=re.compile("^Waiting room"))
        rule.click()
        late = self.late()
        try:
            late.open(self.code)
            late.page.get_by_label("Your name").fill("Eve")
            late.page.get_by_role("button", name="Join now").click()
            late.page.get_by_role("textbox", name="Write to the hosts").fill(f"May I come in? {self.round}")
            late.page.keyboard.press("Enter")
            people = self._panel(self.host, "People")
            self._expect(people.get_by_text(f"May I come in? {self.round}")).to_be_visible()
            people.get_by_role("button", name="Admit Eve").click()
            late.is_inside()
            self._expect(self.dan.tile("Eve")).to_be_visible()
            # Another language is another page: hers is loaded anew, and she is in the meeting again.
            late.press("Help and settings")
            late.page.get_by_role("combobox", name="Language").select_option("ar")
            self._expect(late.page.locator("html")).to_have_attribute("dir", "rtl")
            self._expect(late.page.locator("parley-stage .tile")).to_have_count(5)
            people.get_by_role("button", name="More for Eve").click()
            self._confirmed(self.host, self.host.page.get_by_role("button", name="Remove from the meeting"), "Remove from the meeting")
            said = json.loads((LOCALES / "ar.json").read_text())["over"]["removed"]
            self._expect(late.page.get_by_role("heading", name=said)).to_be_visible()
            self.faults += late.faults
        finally:
            late.context.close()
        rule = self._panel(self.host, "Host controls").get_by_role("switch", name=re.compile("^Waiting room"))
        rule.click()

    # What goes wrong

    def a_guest_loses_the_network(self):
        if self.round % 3 != 1:
            return False
        self.line.cut()
        self._expect(self.cleo.page.locator(".banner").filter(has_text=AWAY)).to_be_visible()
        self.ben.say(f"Meanwhile {self.round}")
        self.said.append(f"Meanwhile {self.round}")
        self.cleo.page.wait_for_timeout(5_000)
        self.line.mend()
        self._expect(self.cleo.page.locator(".banner").filter(has_text=AWAY)).to_have_count(0, timeout=60_000)
        self.cleo.open_chat()
        self._expect(self.cleo.log.get_by_text(f"Meanwhile {self.round}", exact=True)).to_be_visible()
        self.cleo.sees("Ana", timeout=60)
        self.host.sees("Cleo", timeout=60)

    def the_server_is_killed(self):
        if self.round % 3 != 2:
            return False
        self.server.kill()
        self.host.page.wait_for_timeout(3_000)
        self.server.start()
        for person in self.people:
            self._expect(person.page.locator(".banner").filter(has_text=AWAY)).to_have_count(0, timeout=60_000)
        self.ben.sees("Ana", timeout=60)
        self.host.sees("Dan", timeout=60)

    # Helpers

    def tidy(self):
        """Closes what a feature that failed has left open, for the sake of the next."""
        for person in self.people:
            for _ in range(2):
                person.page.keyboard.press("Escape")

    @staticmethod
    def _expect(thing):
        from playwright.sync_api import expect
        return expect(thing)

    @staticmethod
    def _panel(person, name):
        """A panel beside the stage, opened if need be."""
        opened = person.page.get_by_role("complementary", name=name)
        if opened.count() == 0:
            person.controls.get_by_role("button", name=re.compile(f"^{name}")).click()
        return opened

    @staticmethod
    def _more(person):
        person.press("More")
        return person.controls.get_by_role("group", name="More", exact=True)

    @staticmethod
    def _menu(person, name):
        """The menu of somebody's tile, opened with keys."""
        person.tile(name).focus()
        person.page.keyboard.press("Enter")
        return person.page.get_by_role("dialog", name=name)

    def _polls(self, person):
        """The panel of polls, which has its own button only once there is one."""
        opened = person.page.get_by_role("complementary", name="Polls")
        if opened.count() == 0:
            button = person.controls.get_by_role("button", name=re.compile("^Polls"))
            if button.count() == 0:
                self._more(person)
            button.first.click()
        self._expect(opened).to_be_visible()
        return opened

    @staticmethod
    def _confirmed(person, button, yes):
        """Does what the page asks about once more."""
        button.click()
        person.page.get_by_role("alertdialog").get_by_role("button", name=yes).click()

    @staticmethod
    def _ground(person):
        """No field has the focus, so that letters are shortcuts."""
        person.page.evaluate("() => document.activeElement?.blur()")
