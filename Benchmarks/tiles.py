# SPDX-License-Identifier: Apache-2.0
"""Fifty people in one meeting, looked at by a browser: how much of its time the page takes, and which pictures it drops.

Run: .venv/bin/python Benchmarks/tiles.py [--program .build/release/parley] [--people 49] [--seconds 20] [--slow 4]
     [--size 1920x1080] [--picture FILE.ivf] [--json FILE]

Starts a server on loopback, fills a meeting with `parley load --picture`, joins it in Chromium and measures the page for
each slowness of its processor: script and layout per second, long tasks, frames that were shown and dropped. The picture
is 320×180 at 15 frames a second unless a file is given; GStreamer draws it. Not part of the tests.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The journeys know how to start a server and a browser, and how people join.
sys.path.insert(0, str(ROOT / "Tests/Journeys"))

PICTURE = ("videotestsrc pattern=ball num-buffers=300 ! video/x-raw,width=320,height=180,framerate=15/1 "
           "! vp8enc target-bitrate=150000 keyframe-max-dist=30 deadline=1 ! avmux_ivf ! filesink location={file}")

# What the page's own clock says of it: seconds of script, style, layout and all tasks.
TIMES = {"ScriptDuration": "script", "LayoutDuration": "layout", "RecalcStyleDuration": "style", "TaskDuration": "tasks"}

# Tiles come and go with who speaks, and a tile that shows somebody else counts anew: looked at often, and summed up.
FRAMES = """() => {
  const known = new WeakMap();
  const sums = { videos: 0, shown: 0, dropped: 0 };
  setInterval(() => {
    const videos = [...document.querySelectorAll("video")].filter((video) => video.videoWidth > 0);
    sums.videos = videos.length;
    for (const video of videos) {
      const { totalVideoFrames: all, droppedVideoFrames: dropped } = video.getVideoPlaybackQuality();
      const before = known.get(video);
      known.set(video, { all, dropped });
      if (!before || before.all > all) continue;
      sums.shown += all - before.all - (dropped - before.dropped);
      sums.dropped += dropped - before.dropped;
    }
  }, 250);
  window.pictures = sums;
}"""

RECEIVED = """async () => {
  const sums = { framesDecoded: 0, framesDropped: 0, freezeCount: 0, framesReceived: 0 };
  for (const connection of window.connections) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type !== "inbound-rtp" || entry.kind !== "video") continue;
      for (const name of Object.keys(sums)) sums[name] += entry[name] ?? 0;
    }
  }
  return sums;
}"""

# Counts every drawn frame of the page, and tasks of more than 50 ms.
WATCH = """() => {
  window.drawn = 0;
  window.long = [];
  const draw = () => { window.drawn += 1; requestAnimationFrame(draw); };
  requestAnimationFrame(draw);
  new PerformanceObserver((list) => window.long.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ entryTypes: ["longtask"] });
}"""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / ".build/release/parley")
    parser.add_argument("--people", type=int, default=49, help="besides the browser")
    parser.add_argument("--seconds", type=int, default=20, help="of each measurement")
    parser.add_argument("--slow", type=float, action="append", help="how many times slower the page's processor is")
    parser.add_argument("--size", default="1920x1080", help="of the window")
    parser.add_argument("--picture", type=Path, help="VP8 in IVF")
    parser.add_argument("--screenshot", type=Path)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def measure(page, session, seconds: int) -> dict:
    """What the page did for so many seconds."""
    def times() -> dict:
        metrics = {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}
        return {word: metrics[name] for name, word in TIMES.items()}

    page.evaluate("() => { window.drawn = 0; window.long = []; }")
    before, frames, received, began = times(), page.evaluate("pictures"), page.evaluate(RECEIVED), time.monotonic()
    page.wait_for_timeout(1_000 * seconds)
    after, frames_after, received_after = times(), page.evaluate("pictures"), page.evaluate(RECEIVED)
    took = time.monotonic() - began
    long = page.evaluate("() => window.long")
    return {
        "seconds": round(took, 1),
        "pictures": frames_after["videos"],
        **{f"{word} ms/s": round(1_000 * (after[word] - before[word]) / took, 1) for word in before},
        "page frames/s": round(page.evaluate("() => window.drawn") / took, 1),
        "long tasks": len(long),
        "longest ms": round(max(long, default=0)),
        "pictures shown/s": round((frames_after["shown"] - frames["shown"]) / took, 1),
        "pictures dropped": frames_after["dropped"] - frames["dropped"],
        "decoded/s": round((received_after["framesDecoded"] - received["framesDecoded"]) / took, 1),
        "dropped by decoders": received_after["framesDropped"] - received["framesDropped"],
        "freezes": received_after["freezeCount"] - received["freezeCount"],
    }


def main() -> None:
    chosen = options()
    os.environ["JOURNEYS_SERVER"] = str(chosen.program.resolve())
    from conftest import Browsers
    from person import KEEP_CONNECTIONS, Person
    from playwright.sync_api import sync_playwright
    from server import Server

    folder = Path(tempfile.mkdtemp(prefix="parley-tiles-"))
    picture = chosen.picture or folder / "ball.ivf"
    if not chosen.picture:
        command = PICTURE.format(file=picture).split()
        subprocess.run(["gst-launch-1.0", "-q", *command], check=True)
    server = Server(folder / "data", "tiles", "--set", "media.loopback-candidates=true")
    server.start()
    load = None
    results = {}
    try:
        code = server.new_meeting()
        slow = chosen.slow or [1, 4]
        total = str(int(60 + len(slow) * (chosen.seconds + 15)))
        load = subprocess.Popen(
            [chosen.program, "load", server.origin, "--meeting", code, "--people", str(chosen.people),
             "--picture", str(picture), "--seconds", total], stdout=subprocess.DEVNULL)
        with sync_playwright() as playwright:
            browsers = Browsers(playwright)
            width, height = map(int, chosen.size.split("x"))
            context = browsers.get("chromium").new_context(
                ignore_https_errors=True, viewport={"width": width, "height": height})
            context.add_init_script(KEEP_CONNECTIONS)
            person = Person(context, server.origin, "Ana")
            person.join(code)
            page = person.page
            page.wait_for_function(
                "() => [...document.querySelectorAll('parley-stage video')].filter((each) => each.videoWidth > 0).length > 8", timeout=60_000)
            page.wait_for_timeout(10_000)
            session = context.new_cdp_session(page)
            session.send("Performance.enable")
            page.evaluate(WATCH)
            page.evaluate(FRAMES)
            if chosen.screenshot:
                page.screenshot(path=chosen.screenshot)
            for slowness in slow:
                session.send("Emulation.setCPUThrottlingRate", {"rate": slowness})
                page.wait_for_timeout(3_000)
                results[f"{slowness:g}x"] = measure(page, session, chosen.seconds)
            browsers.close()
    finally:
        if load:
            load.terminate()
            load.wait()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for slowness, result in results.items():
        print(f"processor {slowness} slower" if slowness != "1x" else "processor as it is")
        for name, value in result.items():
            print(f"  {name:24} {value}")
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
