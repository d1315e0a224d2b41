"""Shows that media take nothing from the heap for a packet.

    cc -O2 -shared -fPIC -o /tmp/mallocs.so Benchmarks/turn/mallocs.c
    python3 Benchmarks/media/allocations.py --load RTCLOAD [--parley .build/release/parley]

One publisher and 50 who watch, in a steady state: the server's takings from the heap are counted each second, and its
packets. Fails if there is more than one taking for ten thousand packets in the median second; reports, checks and timers are among
what is counted, too.
"""

import argparse
import os
import pathlib
import statistics
import struct
import subprocess
import tempfile
import time
import urllib.request

import run


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--load", required=True)
    parser.add_argument("--parley", default=".build/release/parley")
    parser.add_argument("--counter", default="/tmp/mallocs.so")
    parser.add_argument("--port", type=int, default=33450)
    parser.add_argument("--seconds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        counts = folder / "mallocs"
        os.environ.update(LD_PRELOAD=options.counter, MALLOCS=str(counts))
        server, names = run.parley(options, folder)
        del os.environ["LD_PRELOAD"]
        client = subprocess.Popen(
            [options.load, *names, "-pubs", "1", "-subs", "50", "-dur", f"{options.seconds + 8}s", "-pid",
             str(server.process.pid)], stdout=subprocess.DEVNULL)
        try:
            time.sleep(8)
            seen = []
            for _ in range(options.seconds):
                seen.append(struct.unpack("Q", counts.read_bytes()[:8])[0])
                time.sleep(1)
        finally:
            client.wait(60)
            with urllib.request.urlopen(f"http://127.0.0.1:{options.port}/metrics", timeout=5) as page:
                text = page.read().decode()
            server.stop()
    packets = [line for line in text.splitlines() if line.startswith('parley_media_packets_total{direction="out"}')]
    steps = [b - a for a, b in zip(seen, seen[1:])]
    middle = statistics.median(steps)
    print(f"takings from the heap each second: median {middle}, {steps}; {packets[0].split()[-1]} packets in all")
    raise SystemExit(0 if middle <= 9300 / 10000 + 1 else 1)


if __name__ == "__main__":
    main()
