#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that the relay takes nothing from the heap for a packet.

The same allocations carry a little traffic and ten times as much; what the server took from the heap meanwhile is counted
by mallocs.c. Fails if the difference comes to more than one for a thousand packets. With `--loops 2`, pairs may take
some: what one loop has for another in a turn is one job.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / ".build"
LOAD, COUNTER = BUILD / "turnload", BUILD / "mallocs.so"
PORT = 23790
LOADS = ["", "indications=1", "pairs=1", "pairs=1 indications=1"]


def taken(file: Path) -> int:
    return struct.unpack("Q", file.read_bytes()[:8])[0]


def load(server: subprocess.Popen, arguments: str, seconds: float) -> int:
    """Packets that were relayed."""
    command = [LOAD, str(PORT), str(server.pid), "n=10", "window=16", "warm=0", f"secs={seconds}", *arguments.split()]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return int(json.loads(result.stdout)["round_trips_per_s"] * seconds) * 2


def main() -> None:
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", COUNTER, HERE / "mallocs.c"], check=True)
    subprocess.run(["cc", "-O2", "-pthread", "-o", LOAD, HERE / "turnload.c", "-lssl", "-lcrypto"], check=True)
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "count"
        server = subprocess.Popen(
            [BUILD / "release/RelayBench", "--listen", f"127.0.0.1:{PORT}", *sys.argv[1:]],
            env={**os.environ, "LD_PRELOAD": str(COUNTER), "MALLOCS": str(file)}, stdout=subprocess.DEVNULL)
        try:
            time.sleep(1)
            for arguments in LOADS:
                load(server, arguments, 0.2)  # What is made once and kept.
                figures = []
                for seconds in (0.3, 3):
                    before = taken(file)
                    packets = load(server, arguments, seconds)
                    figures.append((packets, taken(file) - before))
                (few, base), (many, more) = figures
                each = (more - base) / (many - few)
                worst = max(worst, each)
                print(f"{arguments or 'channels'}: {few:,} packets {base:,} times, {many:,} packets {more:,} times: "
                      f"{each:.5f} for a packet")
        finally:
            server.kill()
    sys.exit(worst > 0.001 and "--loops" not in sys.argv)


if __name__ == "__main__":
    main()
