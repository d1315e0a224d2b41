"""What a second of CPU time carries through Parley, Janus and a program that does nothing but seal and send.

All of them in each round, one after the other, on core 0, with the load client on core 1, over loopback, AES-128-GCM:

    swift build -c release --product parley -Xswiftc -cross-module-optimization
    gcc -O3 -march=native -pthread Benchmarks/media/ceiling.c -lcrypto -o /tmp/ceiling
    python3 Benchmarks/media/run.py --load RTCLOAD [--scenarios 1x200,mesh10] [--rounds 3]

RTCLOAD is a program that publishes and watches by WHIP and WHEP and by Janus's API, takes the arguments of `load()`, and
appends its result to a file as a line of JSON. Prints a table; `--json` keeps everything.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request

JANUS = """general: {{ configs_folder = "{folder}" plugins_folder = "{lib}/plugins" transports_folder = "{lib}/transports"
 events_folder = "{lib}/events" loggers_folder = "{lib}/loggers" debug_level = 1 {loops} }}
certificates: {{}}
media: {{ ipv6 = false }}
nat: {{ ice_lite = true ice_enforce_list = "lo,127.0.0.1" ignore_unreachable_ice_server = true }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""
SOCKETS = """general: {{ json = "plain" ws = true ws_port = {port} ws_ip = "127.0.0.1" wss = false }}
admin: {{ admin_ws = false }}
"""


def wait(check, seconds=20):
    """Until `check` succeeds."""
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


class Server:
    """A server on core 0."""

    def __init__(self, command, log, env=None):
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", *command], stdout=self.log, stderr=subprocess.STDOUT, env=env)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def parley(options, folder):
    port = options.port
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    server = Server(
        [options.parley, "serve", "--listen", f"127.0.0.1:{port}", "--data", str(data), "--set", "tls.mode=off",
         "--set", "media.loopback-candidates=true", "--set", "media.whip=anyone", "--set", "loops=1"],
        folder / "parley.log")
    base = f"http://127.0.0.1:{port}"
    wait(lambda: urllib.request.urlopen(base + "/healthz", timeout=2).read())
    names = ["-sig", "whip", "-whip", base + "/whip/{room}/{publisher}", "-whep", base + "/whep/{room}/{publisher}"]
    return server, names


def janus(options, folder, loops):
    port = options.port + 1
    settings = folder / "janus"
    settings.mkdir(exist_ok=True)
    lib = pathlib.Path("/usr/lib/x86_64-linux-gnu/janus")
    others = ",".join(p.name for p in (lib / "plugins").glob("*.so") if "videoroom" not in p.name)
    ways = ",".join(p.name for p in (lib / "transports").glob("*.so") if "websockets" not in p.name)
    text = JANUS.format(
        folder=settings, lib=lib, plugins=others, transports=ways, loops=f"event_loops = {loops}" if loops else "")
    (settings / "janus.jcfg").write_text(text)
    (settings / "janus.transport.websockets.jcfg").write_text(SOCKETS.format(port=port))
    (settings / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
    server = Server(
        ["janus", "-F", str(settings), "-C", str(settings / "janus.jcfg")], folder / "janus.log",
        os.environ | {"LD_PRELOAD": options.loopback})
    time.sleep(3)
    return server, ["-sig", "janus", "-janus", f"ws://127.0.0.1:{port}"]


PEERS = {
    "parley": parley,
    "janus": lambda options, folder: janus(options, folder, 1),
    "janus-default": lambda options, folder: janus(options, folder, 0),
}


def shape(scenario):
    """`1x200` is one publisher and 200 who watch; `mesh10` ten who do both."""
    if scenario.startswith("mesh"):
        return ["-mesh", scenario[4:]]
    publishers, watchers = scenario.split("x")
    return ["-pubs", publishers, "-subs", watchers]


def load(options, folder, peer, scenario):
    server, names = PEERS[peer](options, folder)
    out = folder / "result.json"
    out.unlink(missing_ok=True)
    try:
        subprocess.run(
            ["taskset", "-c", "1", options.load, *names, *shape(scenario), "-pid", str(server.process.pid), "-dur",
             f"{options.seconds}s", "-json", str(out)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=options.seconds + 120, check=False)
        return json.loads(out.read_text().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired):
        # Somebody did not get in, or heard nothing.
        return None
    finally:
        server.stop()


def ceiling(options, receivers):
    result = subprocess.run(
        [options.ceiling, str(receivers), str(options.seconds), "evp", "gso", "real"], capture_output=True, text=True,
        check=True).stdout
    return float(result.split(": ")[1].split()[0])


def rate(result):
    """Packets delivered for each second of the server's CPU time."""
    return result["pkts_per_cpu_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--load", required=True)
    parser.add_argument("--parley", default=".build/release/parley")
    parser.add_argument("--loopback", default="/tmp/loopback.so")
    parser.add_argument("--ceiling", default="/tmp/ceiling")
    parser.add_argument("--peers", default="parley,janus,janus-default")
    parser.add_argument("--scenarios", default="1x200,mesh10")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--port", type=int, default=33400)
    parser.add_argument("--json")
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for number in range(options.rounds):
            for scenario in options.scenarios.split(","):
                if "x" in scenario:
                    figure = ceiling(options, int(scenario.split("x")[1]))
                    results.append({"peer": "ceiling", "scenario": scenario, "rate": figure})
                    print(f"{number + 1} {scenario} ceiling {figure:,.0f}", flush=True)
                for peer in options.peers.split(","):
                    result = load(options, folder, peer, scenario)
                    if result is None:
                        print(f"{number + 1} {scenario} {peer} failed", flush=True)
                        continue
                    results.append({"peer": peer, "scenario": scenario, "rate": rate(result), "all": result})
                    print(f"{number + 1} {scenario} {peer} {rate(result):,.0f}", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))
    table(results)


def table(results):
    groups = {}
    for entry in results:
        groups.setdefault((entry["scenario"], entry["peer"]), []).append(entry["rate"])
    best = {key[0]: statistics.median(values) for key, values in groups.items() if key[1] == "parley"}
    print("\n| scenario | | packets / CPU-s, median (least-most) | Parley to it |\n|---|---|---|---|")
    for (scenario, peer), values in groups.items():
        middle = statistics.median(values)
        print(f"| {scenario} | {peer} | {middle:,.0f} ({min(values):,.0f}-{max(values):,.0f}) "
              f"| {best.get(scenario, 0) / middle:.2f} |")


if __name__ == "__main__":
    os.umask(0o077)
    main()
