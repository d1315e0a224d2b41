#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what a Socket.IO server does with a second of CPU time, beside the reference implementation.

Servers and load client share the machine, and whatever else runs there takes its part of it. So the servers take turns
in each round, the median of all rounds counts, and what is compared is the work per second of the server's own CPU
time, which no other process takes away.
"""

import argparse
import json
import os
import re
import resource
import shlex
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CLIENT = ROOT / ".build/sioload"


class Scenario(NamedTuple):
    name: str
    arguments: str  # of the load client
    measure: str  # what is compared: a key of its answer
    unit: str


SCENARIOS = [
    Scenario("echo with ack, 64 B, 100 connections", "echo n=100 size=64", "per_cpu", "messages / CPU-s"),
    Scenario("the same, 16 outstanding each", "echo n=100 out=16 size=64", "per_cpu", "messages / CPU-s"),
    Scenario("the same, 16 kB", "echo n=100 size=16384", "per_cpu", "messages / CPU-s"),
    Scenario("10 rooms of 100, 64 B", "rooms rooms=10 per=100 size=64", "per_cpu", "deliveries / CPU-s"),
    Scenario("new connections", "conn n=5000 window=64 settle=0", "per_cpu", "connections / CPU-s"),
    Scenario("memory of an idle connection, of 10,000", "conn n=10000 window=64", "bytes", "bytes"),
    Scenario("latency at 10,000 messages a second", "echo n=100 size=64 rate=10000", "p99", "µs, 99 of 100"),
    Scenario("storm of 5,000 connections at once", "conn n=5000 window=5000 settle=0", "p99", "µs, 99 of 100"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command: str) -> tuple[subprocess.Popen, int]:
    """A fresh server; it has answered once."""
    port = free_port()
    process = subprocess.Popen(shlex.split(command.format(port=port)), stdout=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            if process.poll() is not None:
                sys.exit(f"{command} ended with {process.returncode}")
            time.sleep(0.05)
    time.sleep(0.3)
    return process, port


def measure(command: str, scenario: Scenario, seconds: float) -> dict | None:
    """What the load client found, or nothing if it gave up."""
    server, port = start(command)
    try:
        mode, *arguments = scenario.arguments.split()
        if mode != "conn":
            arguments.append(f"secs={seconds}")
        result = subprocess.run(
            [CLIENT, mode, str(port), str(server.pid), *arguments], capture_output=True, text=True, timeout=300)
    finally:
        server.kill()
        server.wait()
    if result.returncode != 0:
        print(f"  {scenario.name}: {result.stderr.strip()}", file=sys.stderr)
        return None
    return json.loads(result.stdout)


def table(servers: dict[str, str], scenarios: list[Scenario], found: dict[tuple[str, str], list[dict]]) -> list[str]:
    """Medians; with two servers or more, how many times better the last is than the first."""
    names = list(servers)
    lines = [f"| measure | unit | {' | '.join(names)} | ratio |", "|---" * (len(names) + 3) + "|"]
    for scenario in scenarios:
        medians = []
        for name in names:
            values = [answer[scenario.measure] for answer in found[name, scenario.name]]
            medians.append(statistics.median(values) if values else None)
        first, last = medians[0], medians[-1]
        ratio = ""
        if len(names) > 1 and first and last:
            ratio = f"{(last / first if scenario.measure == 'per_cpu' else first / last):.1f}×"
        cells = [f"{value:,.0f}" if value is not None else "failed" for value in medians]
        lines.append(f"| {scenario.name} | {scenario.unit} | {' | '.join(cells)} | {ratio} |")
        errors = {name: sum(answer["errors"] for answer in found[name, scenario.name]) for name in names}
        if any(errors.values()):
            lines.append(f"| … errors | | {' | '.join(str(errors[name]) for name in names)} | |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--node", metavar="FOLDER", help="where `npm install socket.io` was run: measure Node.js too")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=COMMAND",
                        help="another server that serves the same events; {port} stands for the port")
    parser.add_argument("--parley", default=f"{ROOT}/.build/release/SignallingBench --port {{port}}", metavar="COMMAND")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="how long each exchange of messages lasts")
    parser.add_argument("--only", default="", metavar="REGEX", help="scenarios by name")
    options = parser.parse_args()

    servers = {}
    if options.node:
        os.environ["NODE_PATH"] = str(Path(options.node).resolve() / "node_modules")
        servers["Node"] = f"node {HERE}/server-node.cjs --port {{port}}"
    servers |= dict(other.split("=", 1) for other in options.also)
    servers["Parley"] = options.parley

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    CLIENT.parent.mkdir(exist_ok=True)
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", CLIENT, HERE / "sioload.c"], check=True)

    scenarios = [scenario for scenario in SCENARIOS if re.search(options.only, scenario.name)]
    found: dict[tuple[str, str], list[dict]] = {
        (name, scenario.name): [] for name in servers for scenario in scenarios}
    for number in range(options.rounds):
        for scenario in scenarios:
            for name, command in servers.items():
                answer = measure(command, scenario, options.seconds)
                if answer is not None:
                    found[name, scenario.name].append(answer)
                print(f"{number + 1}/{options.rounds} {scenario.name}, {name}: {answer}", file=sys.stderr, flush=True)
    load = os.getloadavg()[0]
    print(f"Medians of {options.rounds} rounds; {os.cpu_count()} cores, load {load:.1f}.\n")
    print("\n".join(table(servers, scenarios, found)))


if __name__ == "__main__":
    main()
