# SPDX-License-Identifier: Apache-2.0
"""Measures what a newcomer waits for. Run: .venv/bin/python Benchmarks/first_meeting.py [RUNS]

Needs `make build` and `scripts/install-test-tools`. Prints, for the release program on loopback: memory of the idle
server, bytes of the join page's first load, and the time from the click on Join to the first remote frame.
"""

import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/Journeys"))

from playwright.sync_api import sync_playwright  # noqa: E402

from conftest import Browsers  # noqa: E402
from person import until  # noqa: E402
import server as program  # noqa: E402

def resident_kilobytes(process_id):
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])


def first_load_bytes(browser, address):
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="load")
    context.close()
    return int(sum(sizes))


def join_milliseconds(browser, address):
    people = []
    for name in ("Ana", "Ben"):
        context = browser.new_context(ignore_https_errors=True, permissions=["camera", "microphone"])
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Your name").fill(name)
        until(lambda: page.evaluate("(document.querySelector('video')?.videoWidth ?? 0) > 0"), "a preview")
        people.append((context, page))
    people[0][1].get_by_role("button", name="Join now").click()
    people[0][1].get_by_role("toolbar", name="Call controls").wait_for()
    ben = people[1][1]
    elapsed = ben.evaluate(
        """() => new Promise((resolve) => {
          const button = [...document.querySelectorAll("button")].find((each) => each.textContent.includes("Join now"));
          const own = new Set([...document.querySelectorAll("video")].map((video) => video.srcObject?.getVideoTracks()[0]?.id));
          const started = performance.now();
          const watched = new WeakSet();
          const look = () => {
            for (const video of document.querySelectorAll("video")) {
              const track = video.srcObject?.getVideoTracks()[0];
              if (!track || own.has(track.id) || watched.has(video)) continue;
              watched.add(video);
              video.requestVideoFrameCallback(() => resolve(performance.now() - started));
            }
            setTimeout(look, 5);
          };
          button.click();
          look();
        })""")
    for context, _ in people:
        context.close()
    return elapsed


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    program.PROGRAM = ROOT / ".build/release/parley"
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        server = program.Server(Path(data), "benchmark")
        server.start()
        browsers = Browsers(playwright)
        try:
            print(f"idle server: {resident_kilobytes(server.process.pid)} kB resident")
            chromium = browsers.get("chromium")
            # A meeting each: seats of people who are gone are kept for a while.
            address = lambda: f"{server.origin}/{server.new_meeting()}"  # noqa: E731
            print(f"join page: {first_load_bytes(chromium, address())} bytes on the wire, headers included")
            times = [join_milliseconds(chromium, address()) for _ in range(runs)]
            print(
                f"click on Join to first remote frame, {runs} runs: median {statistics.median(times):.0f} ms, "
                f"{min(times):.0f} to {max(times):.0f} ms")
            print(f"after the meetings: {resident_kilobytes(server.process.pid)} kB resident")
        finally:
            browsers.close()
            server.stop()


main()
