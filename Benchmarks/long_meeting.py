# SPDX-License-Identifier: Apache-2.0
"""A meeting of half an hour: four browsers of two makes use everything, again and again, and no page is loaded twice.

Run: .venv/bin/python Benchmarks/long_meeting.py [--program .build/release/parley] [--minutes 30] [--report FILE.md]

The host and three guests walk through the features in rounds. In between the server is killed with SIGKILL and started
again, and a guest's network is cut. Whatever does not work is told with its error, and the walk goes on. At the end: how
often each feature worked, what came over the wire, how the pages' memory grew, what the pages complained about, and
whether everybody has the same chat. Exit status 1 when anything failed. Not part of the tests.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The journeys know how to start a server and a browser, and what people do.
sys.path.insert(0, str(ROOT / "Tests/Journeys"))

NAMES = (("Ana", "chromium"), ("Ben", "firefox"), ("Cleo", "chromium"), ("Dan", "firefox"))

MEMORY = "() => performance.memory ? performance.memory.usedJSHeapSize : 0"

TOTALS = """async () => {
  const sums = { freezes: 0, lost: 0, received: 0, decoded: 0 };
  for (const connection of window.connections) {
    if (connection.connectionState === "closed") continue;
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type !== "inbound-rtp") continue;
      sums.freezes += entry.freezeCount ?? 0;
      sums.lost += Math.max(entry.packetsLost ?? 0, 0);
      sums.received += entry.packetsReceived ?? 0;
      sums.decoded += entry.framesDecoded ?? 0;
    }
  }
  return sums;
}"""


class Walk:
    """The meeting, and what is done in it. Each method without an underscore is a feature, in the order of the file."""

    def __init__(self, server, people, code, late):
        self.server = server
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
        self.cleo.page.once("dialog", lambda dialog: dialog.accept())
        self.cleo.page.get_by_role("dialog", name=re.compile("^React and more")).get_by_role("button", name="Delete").click()
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
        self.cleo.page.wait_for_function("risen > 0")

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

    def somebody_knocks_and_is_let_in(self):
        rule = self._panel(self.host, "Host controls").get_by_role("switch", name=re.compile("^Waiting room"))
        rule.click()
        late = self.late()
        try:
            late.open(self.code)
            late.page.get_by_label("Your name").fill("Eve")
            late.page.get_by_role("button", name="Join now").click()
            self.host.page.get_by_role("button", name=re.compile("^Admit( Eve)?$")).first.click()
            late.is_inside()
            late.leave()
            self.faults += late.faults
        finally:
            late.context.close()
        rule = self._panel(self.host, "Host controls").get_by_role("switch", name=re.compile("^Waiting room"))
        rule.click()

    # What goes wrong

    def a_guest_loses_the_network(self):
        if self.round % 3 != 1:
            return
        self.cleo.context.set_offline(True)
        self.cleo.page.wait_for_timeout(8_000)
        self.cleo.context.set_offline(False)
        self._expect(self.cleo.page.locator(".banner").filter(has_text="Connection lost")).to_have_count(0, timeout=60_000)
        self.cleo.sees("Ana", timeout=60)
        self.host.sees("Cleo", timeout=60)

    def the_server_is_killed(self):
        if self.round % 3 != 2:
            return
        self.server.kill()
        self.host.page.wait_for_timeout(3_000)
        self.server.start()
        for person in self.people:
            self._expect(person.page.locator(".banner").filter(has_text="Connection lost")).to_have_count(0, timeout=60_000)
        self.ben.sees("Ana", timeout=60)
        self.host.sees("Dan", timeout=60)

    # Helpers

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
    def _ground(person):
        """No field has the focus, so that letters are shortcuts."""
        person.page.evaluate("() => document.activeElement?.blur()")


def walk(arguments: argparse.Namespace) -> tuple[Counter, list[str], list[str]]:
    from conftest import Browsers
    from person import KEEP_CONNECTIONS, Person
    from playwright.sync_api import sync_playwright
    from server import Server

    worked, failed, facts = Counter(), [], []
    folder = Path(tempfile.mkdtemp(prefix="parley-long-"))
    server = Server(folder / "data", "long-meeting", "--set", "media.loopback-candidates=true")
    server.start()
    with sync_playwright() as playwright:
        browsers = Browsers(playwright)

        def bring(name: str, kind: str) -> Person:
            context = browsers.get(kind).new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
            context.add_init_script(KEEP_CONNECTIONS)
            return Person(context, server.origin, name)

        people = [bring(name, kind) for name, kind in NAMES]
        try:
            people[0].page.goto(server.host_link())
            code = server.new_meeting()
            for person in people:
                person.join(code)
                person.page.evaluate("() => { window.loadedOnce = true; }")
            meeting = Walk(server, people, code, lambda: bring("Eve", "chromium"))
            features = [name for name in vars(Walk) if not name.startswith("_")]
            began = time.monotonic()
            memory = [person.page.evaluate(MEMORY) for person in people]
            while time.monotonic() - began < 60 * arguments.minutes:
                for name in features:
                    try:
                        getattr(meeting, name)()
                        worked[name] += 1
                    except Exception as error:  # told, and the meeting goes on
                        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                        failed.append(f"{name}, round {meeting.round + 1}: {first}")
                        print(traceback.format_exc(limit=4), file=sys.stderr)
                meeting.round += 1
                print(f"{(time.monotonic() - began) / 60:.1f} min: round {meeting.round}, {len(failed)} failures", flush=True)
            facts.append(f"{(time.monotonic() - began) / 60:.0f} minutes, {meeting.round} rounds, {len(people)} browsers")
            facts += closing(meeting, memory, failed)
        finally:
            for person in people:
                person.context.close()
            browsers.close()
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)
    return worked, failed, facts


def closing(meeting: Walk, memory: list[int], failed: list[str]) -> list[str]:
    """What is left when it is over."""
    facts = []
    for person, before in zip(meeting.people, memory):
        if not person.page.evaluate("() => window.loadedOnce === true"):
            failed.append(f"{person.name}'s page was loaded again")
        failed += person.faults
        totals = person.page.evaluate(TOTALS)
        heap = person.page.evaluate(MEMORY)
        grown = f", heap {before / 1e6:.1f} to {heap / 1e6:.1f} MB" if before else ""
        facts.append(f"{person.name}: {totals['decoded']} pictures decoded, {totals['freezes']} freezes, "
                     f"{totals['lost']} of {totals['received']} packets lost{grown}")
    for person in meeting.people:
        person.open_chat()
        shown = person.log.get_by_role("article").locator(".said").all_inner_texts()
        kept = [text for text in shown if re.fullmatch(r"\w+ in round \d+|Question \d+", text)]
        # Of a long chat the newest part is drawn.
        if kept != meeting.said[-len(kept):] or len(kept) < min(len(meeting.said), 30):
            failed.append(f"{person.name}'s chat ends with other messages than were said")
    failed += meeting.faults
    facts.append(f"{len(meeting.said)} messages")
    return facts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / ".build/release/parley")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--report", type=Path, help="in Markdown")
    arguments = parser.parse_args()
    os.environ["JOURNEYS_SERVER"] = str(arguments.program.resolve())
    worked, failed, facts = walk(arguments)
    lines = [*(f"- {fact}" for fact in facts), "", "| what | times |", "|---|---|",
             *(f"| {name.replace('_', ' ')} | {count} |" for name, count in worked.items()), "",
             f"{len(failed)} failures", *(f"- {failure}" for failure in failed)]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.report:
        arguments.report.write_text(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
