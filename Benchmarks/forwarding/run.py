#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the forwarder costs for each packet, and that it takes nothing from the heap for one.

The same meeting runs for a little and for a long while; what it took from the heap meanwhile is counted by
../turn/mallocs.c. Fails if the difference comes to more than one for a thousand packets.
"""

import os
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE / ".build"


def taken(frames: int, viewers: int, counter: Path) -> tuple[int, int]:
    """Packets that left, and how often the heap was asked."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "count"
        result = subprocess.run(
            [BUILD / "release/ForwardingBench", str(frames), str(viewers)], check=True, capture_output=True,
            text=True, env={**os.environ, "LD_PRELOAD": str(counter), "MALLOCS": str(file)})
        packets = sum(int(number) for number in re.findall(r"(\d+) packets,", result.stdout))
        return packets, struct.unpack("Q", file.read_bytes()[:8])[0]


def growth(viewers: int, counter: Path) -> tuple[int, int]:
    """How much more of both a longer run of the same meeting has."""
    (few, base), (many, more) = taken(300, viewers, counter), taken(1_500, viewers, counter)
    return many - few, more - base


def main() -> None:
    subprocess.run(
        ["swift", "build", "-c", "release", "--quiet", "-Xswiftc", "-cross-module-optimization"], check=True, cwd=HERE)
    subprocess.run([BUILD / "release/ForwardingBench"], check=True)
    counter = BUILD / "mallocs.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", counter, HERE / "../turn/mallocs.c"], check=True)
    # Whoever publishes here makes arrays for each packet, as many for a few viewers as for many.
    (few, base), (many, more) = growth(10, counter), growth(200, counter)
    each = (more - base) / (many - few)
    print(f"10 viewers: {few:,} packets {base:,} times, 200 viewers: {many:,} packets {more:,} times: "
          f"{each:.5f} for a packet")
    sys.exit(each > 0.001)


if __name__ == "__main__":
    main()
