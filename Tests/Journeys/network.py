# SPDX-License-Identifier: Apache-2.0
"""Networks of a test's own: people who reach the server and, unless it is told to pass packets on, nobody else.

              10.77.1.0/24                       10.77.2.0/24
    ana .2 ------------------ .1  server  .1 ------------------ .2 ben
              fd77:1::/64                        fd77:2::/64

Each of the three is a network namespace of Linux. Making them takes root. In both networks the server's name is
`meet`: Firefox speaks TLS to relays by name only, not by number.
"""

import ctypes
import os
import shutil
from pathlib import Path
import subprocess
import threading
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

PEOPLE = {"ana": 1, "ben": 2}
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def reason_for_none() -> str | None:
    """Why there can be no such network here; nothing when there can."""
    if os.geteuid() != 0:
        return "network namespaces take root"
    missing = [tool for tool in ("ip", "nft", "certutil") if not shutil.which(tool)]
    if missing:
        return f"{', '.join(missing)} is not installed: run scripts/install-test-tools"
    name = f"parley-{os.getpid()}-try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode != 0:
        return f"no network namespaces here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return None


def inside(namespace: str, body: Callable[[], Value]) -> Value:
    """Does something in a namespace: sockets that `body` opens are there. A thread of its own goes in."""
    results: list[Value] = []
    failures: list[BaseException] = []

    def go() -> None:
        try:
            enter(namespace)
            results.append(body())
        except BaseException as error:  # raised again where it was asked for
            failures.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def enter(namespace: str) -> None:
    """Moves the calling thread, and processes it starts, into a namespace."""
    with open(f"/run/netns/{namespace}") as handle:
        if _libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"no way into {namespace}")


class Network:
    def __init__(self) -> None:
        self.prefix = f"parley-{os.getpid()}"
        self.server = f"{self.prefix}-server"
        self.extra: list[str] = []

    def place(self, person: str) -> str:
        """The name of somebody's namespace."""
        return f"{self.prefix}-{person}"

    @property
    def namespaces(self) -> list[str]:
        return [self.server, *(self.place(person) for person in PEOPLE), *self.extra]

    def build(self) -> None:
        for namespace in self.namespaces:
            self.add(namespace)
        for person, number in PEOPLE.items():
            self.link(self.server, person, self.place(person), "home")
        self.use_ipv4()
        self.pass_on(False)

    def remove(self) -> None:
        for namespace in self.namespaces:
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)
            shutil.rmtree(self._files(namespace), ignore_errors=True)

    def use_ipv4(self) -> None:
        for person, number in PEOPLE.items():
            self._number(person, f"10.77.{number}.1", f"10.77.{number}.2", 24)

    def use_ipv6(self) -> None:
        """Takes all other addresses away."""
        for person, number in PEOPLE.items():
            self._number(person, f"fd77:{number}::1", f"fd77:{number}::2", 64)

    def _number(self, person: str, server: str, own: str, bits: int) -> None:
        """Gives the two ends of somebody's line these addresses and no others, and the server its name there."""
        for namespace, device, address in ((self.server, person, server), (self.place(person), "home", own)):
            self.ip(namespace, "address", "flush", "dev", device, "scope", "global")
            self.address(namespace, device, f"{address}/{bits}")
        self.ip(self.place(person), "route", "replace", "default", "via", server)
        self.call_server(person, server)

    def call_server(self, person: str, address: str) -> None:
        """What the name `meet` leads to. Programs that start from now on know."""
        folder = self._files(self.place(person))
        folder.mkdir(parents=True, exist_ok=True)
        folder.joinpath("hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n{address} meet\n")
        # Nobody answers there, and says so at once.
        folder.joinpath("resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")

    @staticmethod
    def _files(namespace: str) -> Path:
        """What lies here is seen in /etc by what `ip netns exec` starts."""
        return Path("/etc/netns") / namespace

    # Parts

    def add(self, namespace: str) -> None:
        run("ip", "netns", "add", namespace)
        self.ip(namespace, "link", "set", "dev", "lo", "up")
        # Addresses are there at once, not after a second in which somebody might object to them.
        for scope in ("all", "default"):
            self.sysctl(namespace, f"net.ipv6.conf.{scope}.accept_dad", 0)

    def link(self, one: str, one_end: str, other: str, other_end: str) -> None:
        run("ip", "link", "add", one_end, "netns", one, "type", "veth", "peer", "name", other_end, "netns", other)
        self.ip(one, "link", "set", "dev", one_end, "up")
        self.ip(other, "link", "set", "dev", other_end, "up")

    def address(self, namespace: str, device: str, *addresses: str) -> None:
        for address in addresses:
            self.ip(namespace, "address", "add", address, "dev", device, *(["nodad"] if ":" in address else []))

    def ip(self, namespace: str, *arguments: str) -> None:
        run("ip", "-n", namespace, *arguments)

    def sysctl(self, namespace: str, name: str, value: int) -> None:
        run("ip", "netns", "exec", namespace, "sysctl", "-q", "-w", f"{name}={value}")

    def behind_nat(self) -> str:
        """Puts a machine behind the server's, which then is its router and has the public address 11.0.0.1 for it alone.

        The name of the machine's namespace. Its own address is 192.168.50.2.
        """
        inner = f"{self.prefix}-inner"
        self.extra.append(inner)
        self.add(inner)
        self.link(self.server, "inner", inner, "home")
        self.address(self.server, "inner", "192.168.50.1/24")
        self.address(inner, "home", "192.168.50.2/24")
        self.ip(inner, "route", "add", "default", "via", "192.168.50.1")
        self.pass_on(True)
        self.nft(self.server, """
            table ip nat {
                chain to { type nat hook prerouting priority dstnat; ip daddr 11.0.0.1 dnat to 192.168.50.2; }
                chain from { type nat hook postrouting priority srcnat; ip saddr 192.168.50.2 snat to 11.0.0.1; }
                chain between { type filter hook forward priority 0; iifname "ana" oifname "ben" drop; iifname "ben" oifname "ana" drop; }
            }
            """)
        return inner

    def without_nat(self) -> None:
        self.nft(self.server, "table ip nat {}\ndelete table ip nat\n")
        self.pass_on(False)

    # Situations

    def pass_on(self, forwards: bool) -> None:
        """Whether the server's machine is a router, so that people reach each other."""
        self.sysctl(self.server, "net.ipv4.ip_forward", int(forwards))
        self.sysctl(self.server, "net.ipv6.conf.all.forwarding", int(forwards))

    def block(self, *rules: str) -> None:
        """Puts a firewall before the server: each rule is one of nftables on what comes in. None takes it away."""
        self.nft(self.server, "table inet block {}\ndelete table inet block\n")
        if rules:
            # What the machine says to itself passes.
            hook = 'type filter hook input priority 0; iifname "lo" accept'
            lines = "\n".join([hook, *rules])
            self.nft(self.server, f"table inet block {{\nchain incoming {{\n{lines}\n}}\n}}\n")

    def narrow(self, person: str, kbits: int | None, *, upwards: bool = False) -> None:
        """Lets no more through on somebody's line, towards them or away from them. A queue holds 300 ms; none ends it."""
        namespace, device = (self.place(person), "home") if upwards else (self.server, person)
        qdisc = ["ip", "netns", "exec", namespace, "tc", "qdisc"]
        if kbits is None:
            run(*qdisc, "del", "dev", device, "root")
        else:
            run(*qdisc, "replace", "dev", device, "root", "tbf", "rate", f"{kbits}kbit", "burst", "4kb", "latency", "300ms")

    def nft(self, namespace: str, rules: str) -> None:
        """Changes a namespace's packet filter."""
        run("ip", "netns", "exec", namespace, "nft", "-f", "-", text=rules)


# What firewalls let through, as rules for `block`.
NO_UDP = "meta l4proto udp drop"
# Of what begins a use of TURN in clear, an Allocate request; within TLS nobody sees it.
NO_CLEAR_TURN = "meta l4proto tcp @ih,0,16 0x0003 drop"
# Of what begins ICE over TCP, a Binding request behind its length.
NO_CLEAR_ICE = "meta l4proto tcp @ih,48,32 0x2112a442 drop"


def run(*command: str, text: str = "") -> None:
    done = subprocess.run(command, capture_output=True, text=True, input=text)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
