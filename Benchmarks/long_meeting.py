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

from meeting_walk import Walk

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


def walk(arguments: argparse.Namespace) -> tuple[Counter, list[str], list[str]]:
    import conftest
    from conftest import Browsers
    from line import Line
    from person import KEEP_CONNECTIONS, Person
    from playwright.sync_api import sync_playwright
    from server import Server

    # Four browsers encode on this machine alone: few pictures a second, and windows in which those are small.
    conftest.CHROMIUM_FLAGS[1] = "--use-fake-device-for-media-stream=fps=5,device-count=3"
    conftest.FIREFOX_AT_HOME |= {
        "media.navigator.video.default_fps": 5, "media.navigator.video.default_width": 320,
        "media.navigator.video.default_height": 180}
    worked, failed, facts = Counter(), [], []
    folder = Path(tempfile.mkdtemp(prefix="parley-long-"))
    server = Server(folder / "data", "long-meeting", "--set", "media.loopback-candidates=true")
    server.start()
    with sync_playwright() as playwright:
        browsers = Browsers(playwright)

        def bring(name: str, kind: str) -> Person:
            context = browsers.get(kind).new_context(ignore_https_errors=True, viewport={"width": 1024, "height": 700})
            context.add_init_script(KEEP_CONNECTIONS)
            return Person(context, server.origin, name)

        people = [bring(name, kind) for name, kind in NAMES]
        try:
            line = Line(people[2])
            people[0].page.goto(server.host_link())
            code = server.new_meeting()
            for person in people:
                person.join(code)
                person.page.evaluate("() => { window.loadedOnce = true; }")
            meeting = Walk(server, people, code, line, lambda: bring("Eve", "chromium"))
            features = [name for name in vars(Walk) if not name.startswith("_") and name != "tidy"]
            began = time.monotonic()
            memory = [person.page.evaluate(MEMORY) for person in people]
            while time.monotonic() - began < 60 * arguments.minutes:
                for name in features:
                    try:
                        if getattr(meeting, name)() is not False:
                            worked[name] += 1
                    except Exception as error:  # told, and the meeting goes on
                        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                        failed.append(f"{name}, round {meeting.round + 1}: {first}")
                        print(traceback.format_exc(limit=4), file=sys.stderr)
                        meeting.tidy()
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
        kept = [text for text in shown if re.fullmatch(r"\w+ in round \d+|Question \d+|Meanwhile \d+", text)]
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
