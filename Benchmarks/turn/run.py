#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what a TURN server does with a second of CPU time, beside coturn and beside what the kernel allows.

Servers take turns in each round, on the first processor, with the same load client on the second; medians of all rounds
count, and what is compared is the server's own CPU time for a packet. Everything is on the loopback address.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / ".build"
LOAD, CEILING = BUILD / "turnload", BUILD / "turnceiling"


class Scenario(NamedTuple):
    name: str
    what: str
    arguments: str  # of the load client
    transport: str = "udp"

    @property
    def measure(self) -> str:
        return "cpu_ms_per_allocation" if "hold" in self.arguments else "cpu_us_per_packet"


SCENARIOS = [
    Scenario("flat10", "channels over UDP, 10 allocations", "n=10 window=16"),
    Scenario("sendind10", "Send and Data indications", "n=10 window=16 indications=1"),
    Scenario("flat1000", "channels, 1,000 allocations", "n=1000 window=1"),
    Scenario("gso10", "channels, peers that send with GSO", "n=10 window=16 gso=1"),
    Scenario("paced20k", "channels, 20,000 round trips a second", "n=100 rate=20000"),
    Scenario("handover10", "between two allocations of the server", "n=10 window=16 pairs=1"),
    Scenario("tcp10", "client over TCP", "n=10 window=16 transport=tcp", "tcp"),
    Scenario("tls10", "client over TLS", "n=10 window=16 transport=tls", "tls"),
    Scenario("dtls10", "client over DTLS", "n=10 window=16 transport=dtls", "dtls"),
    Scenario("storm1000", "1,000 allocations at once", "n=1000 hold=0.3"),
    Scenario("storm4000", "4,000 allocations at once", "n=4000 hold=0.3"),
]

COTURN = """
listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port={port}
tls-listening-port={tls}
allow-loopback-peers
lt-cred-mech
user=user:pass
realm=parley
cert={folder}/cert.pem
pkey={folder}/key.pem
min-port=33000
max-port=45000
no-cli
no-multicast-peers
no-stdout-log
simple-log
log-file={folder}/coturn.log
pidfile={folder}/coturn.pid
userdb={folder}/coturn.db
"""


class Server(NamedTuple):
    name: str
    process: subprocess.Popen
    ports: dict  # by transport
    idle: int  # KiB in memory before anybody came


def memory(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def start(name: str, command: list, ports: dict, realtime: bool) -> Server:
    command = ["taskset", "-c", "0", *map(str, command)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    if process.poll() is not None:
        sys.exit(f"{name} ended with {process.returncode}")
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        if realtime:
            os.sched_setscheduler(int(task.name), os.SCHED_FIFO, os.sched_param(10))
        elif os.geteuid() == 0:  # So that other work on the machine disturbs less.
            os.setpriority(os.PRIO_PROCESS, int(task.name), -20)
    return Server(name, process, ports, memory(process.pid))


def start_all(options: argparse.Namespace, folder: Path) -> list:
    base = options.port
    servers = []
    if "parley" in options.servers:
        # One port for everything when a command is given that serves everything.
        command = options.parley.format(port=base).split()
        everything = {kind: base for kind in ("udp", "tcp", "tls", "dtls")} if options.streams else {"udp": base}
        servers.append(start("parley", command, everything, options.realtime))
    if "coturn" in options.servers and shutil.which("turnserver"):
        subprocess.run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
            f" -keyout {folder}/key.pem -out {folder}/cert.pem".split(), check=True, capture_output=True)
        settings = folder / "coturn.conf"
        settings.write_text(COTURN.format(port=base + 1, tls=base + 2, folder=folder))
        ports = {"udp": base + 1, "tcp": base + 1, "tls": base + 2, "dtls": base + 2}
        servers.append(start("coturn", ["turnserver", "-c", settings], ports, options.realtime))
    if "ceiling" in options.servers:
        servers.append(start("ceiling", [CEILING, base + 3], {"udp": base + 3}, options.realtime))
    return servers


def measure(server: Server, scenario: Scenario, seconds: float, realtime: bool) -> dict | None:
    port = server.ports.get(scenario.transport)
    # The ceiling knows channels only, and nobody's relayed address.
    knows = server.name != "ceiling" or scenario.name in ("flat10", "flat1000", "gso10", "paced20k")
    if port is None or not knows:
        return None
    command = ["taskset", "-c", "1", str(LOAD), str(port), str(server.process.pid), *scenario.arguments.split()]
    if realtime:
        command = ["chrt", "-f", "10", *command]
    elif os.geteuid() == 0:
        command = ["nice", "-n", "-20", *command]
    if "hold" not in scenario.arguments:
        command.append(f"secs={seconds}")
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    try:
        return json.loads(result.stdout)
    except json.JSONDecodeError:
        print(f"{server.name} {scenario.name}: {result.stderr.strip()[:200]}", file=sys.stderr)
        return None


def median(results: list, key: str) -> float:
    return statistics.median(result.get(key, 0) for result in results)


def describe(scenario: Scenario, results: list) -> str:
    if scenario.measure == "cpu_us_per_packet":
        results = [result for result in results if scenario.measure in result]
        if not results:
            return "failed"
        return (
            f"{median(results, 'cpu_us_per_packet'):.2f} s/Mpkt, {median(results, 'round_trips_per_s'):,.0f} rt/s, "
            f"p50 {median(results, 'p50_us'):.0f} p99 {median(results, 'p99_us'):.0f} µs, "
            f"lost {median(results, 'lost') * 100:.3f} %")
    return (
        f"{median(results, 'cpu_ms_per_allocation') * 1000:.0f} µs each, "
        f"{median(results, 'allocations_per_s'):,.0f} a second, "
        f"p99 {median(results, 'allocate_p99_us') / 1000:.1f} ms, "
        # Memory that a process once had it keeps: what counts is the first time.
        f"{max(result['kib_per_allocation'] for result in results):.1f} KiB each, failed {median(results, 'failed'):.0f}")


def report(results: dict) -> None:
    for scenario in SCENARIOS:
        found = {name: of[scenario.name] for name, of in results.items() if of.get(scenario.name)}
        if not found:
            continue
        print(f"{scenario.name}: {scenario.what}")
        for name, runs in found.items():
            print(f"  {name:8} {describe(scenario, runs)}")
        if "parley" in found and "coturn" in found:
            # Of each round by itself: neighbours disturb both servers of a round about equally.
            pairs = zip(found["parley"], found["coturn"])
            ratios = [a[scenario.measure] / b[scenario.measure] for a, b in pairs
                      if a.get(scenario.measure) and b.get(scenario.measure)]
            if ratios:
                print(f"  ratio    {statistics.median(ratios):.2f} of coturn [{min(ratios):.2f}-{max(ratios):.2f}]")


def build() -> None:
    BUILD.mkdir(exist_ok=True)
    sources = [ROOT / f"Sources/Adapters/CNet/{name}.c" for name in ("datagrams", "sender")]
    subprocess.run(["cc", "-O2", "-o", CEILING, HERE / "ceiling.c", *sources], check=True)
    subprocess.run(["cc", "-O2", "-pthread", "-o", LOAD, HERE / "turnload.c", "-lssl", "-lcrypto"], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", default="", help="scenarios, e.g. flat10,storm1000")
    parser.add_argument("--servers", default="parley,coturn,ceiling")
    parser.add_argument("--port", type=int, default=23700, help="this one and the three after it are used")
    parser.add_argument(
        "--parley", default=f"{BUILD}/release/RelayBench --listen 127.0.0.1:{{port}}",
        help="what starts the server, with {port} in it")
    parser.add_argument("--streams", action="store_true", help="the command serves TCP, TLS and DTLS, too")
    parser.add_argument(
        "--realtime", action="store_true",
        help="as root: before all other work, so that latencies are the servers' own; nothing else runs meanwhile")
    options = parser.parse_args()
    build()
    wanted = [s for s in SCENARIOS if not options.only or s.name in options.only.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        servers = start_all(options, Path(folder))
        results: dict = {server.name: {} for server in servers}
        try:
            for scenario in wanted:
                for _ in range(options.rounds):
                    for server in servers:
                        result = measure(server, scenario, options.seconds, options.realtime)
                        if result is not None:
                            results[server.name].setdefault(scenario.name, []).append(result)
        finally:
            for server in servers:
                server.process.kill()
        print(", ".join(f"{server.name} idle {server.idle / 1024:.1f} MB" for server in servers))
        report(results)


if __name__ == "__main__":
    main()
