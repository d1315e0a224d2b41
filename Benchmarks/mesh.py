#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: .venv/bin/python Benchmarks/mesh.py [--people 2,3,4] [--seconds 10] [PROGRAM]

What a meeting in a mesh costs: bits that leave one participant's browser for the others, bits that arrive, and the
server's CPU time for signalling. The camera is a file of noise, so that the encoder uses all that it may.
"""

import argparse
import os
import random
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/Journeys"))

WIDTH, HEIGHT, RATE, FRAMES = 640, 360, 15, 30
# Media between two machines; within one, most of Chromium's addresses are not tried.
FLAGS = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
         "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection"]

TOTALS = """async () => {
  let [sent, received] = [0, 0];
  for (const connection of window.connections) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type !== "transport") continue;
      sent += entry.bytesSent;
      received += entry.bytesReceived;
    }
  }
  return { sent, received, connections: window.connections.length, at: performance.now() };
}"""


def noise(file: Path) -> None:
    """Pictures that no encoder can make small: YUV 4:2:0, luminance at random, colours grey."""
    source = random.Random(1)
    with file.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(FRAMES):
            out.write(b"FRAME\n" + source.randbytes(WIDTH * HEIGHT) + b"\x80" * (WIDTH * HEIGHT // 2))


def ticks(process: int) -> float:
    """CPU seconds of a process, user and kernel together."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(browser, server, people: int, seconds: int) -> tuple[float, float, float, float]:
    from person import KEEP_CONNECTIONS, Person

    meeting = server.new_meeting()
    before = ticks(server.process.pid)
    contexts, guests = [], []
    for number in range(people):
        contexts.append(browser.new_context(ignore_https_errors=True))
        contexts[-1].add_init_script(KEEP_CONNECTIONS)
        guests.append(Person(contexts[-1], server.origin, f"Guest {number}").join(meeting))
    for guest in guests:
        for other in guests:
            if other is not guest:
                guest.sees(other.name, timeout=60)
    joined = ticks(server.process.pid)
    time.sleep(10)  # the encoders find out what the line carries
    begun = [guest.page.evaluate(TOTALS) for guest in guests]
    quiet = ticks(server.process.pid)
    time.sleep(seconds)
    ended = [guest.page.evaluate(TOTALS) for guest in guests]
    spent = (ticks(server.process.pid) - quiet) / seconds
    rate = lambda name: statistics.median((b[name] - a[name]) * 8 / (b["at"] - a["at"]) for a, b in zip(begun, ended))
    for context in contexts:
        context.close()
    return rate("sent"), rate("received"), (joined - before) / people, spent


def main() -> None:
    from playwright.sync_api import sync_playwright

    from server import PROGRAM, Server

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", default="2,3,4")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("program", nargs="?", default=str(PROGRAM))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        camera = Path(folder) / "noise.y4m"
        noise(camera)
        import server as under_test
        under_test.PROGRAM = Path(options.program)
        server = Server(Path(folder) / "data", "mesh")
        server.start()
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS, f"--use-file-for-fake-video-capture={camera}"])
        try:
            print("| people | sent kbit/s | received kbit/s | server ms to join, each | server ms per second |")
            for people in map(int, re.split(r",\s*", options.people)):
                sent, received, join, spent = measure(browser, server, people, options.seconds)
                print(f"| {people} | {sent:.0f} | {received:.0f} | {join * 1000:.0f} | {spent * 1000:.1f} |", flush=True)
        finally:
            browser.close()
            server.stop()


main()
