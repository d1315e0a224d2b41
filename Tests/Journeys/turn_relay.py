# SPDX-License-Identifier: Apache-2.0
"""`parley turn` as an operator starts it, and coturn's client to try it with."""

import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from server import PROGRAM, RESULTS, free_port
from turn_client import BINDING, Client, message

SECRET = "correct-horse-battery-staple"
USER, PASSWORD = "ana", "hero of the day"
UCLIENT = shutil.which("turnutils_uclient")
HAS_IPV6 = False
try:
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        HAS_IPV6 = True
except OSError:
    pass


class Relay:
    """A relay of its own on loopback, with one secret and one user."""

    def __init__(self, folder: Path, name: str, *arguments: str, hosts: tuple[str, ...] = ("127.0.0.1",)):
        self.folder, self.name, self.arguments, self.hosts = folder, name, arguments, hosts
        self.port = free_port()
        self.log = RESULTS / f"{name}.log"
        self.secrets, self.users = folder / "secrets", folder / "users"
        self.secrets.write_text(f"# The first makes new ones.\n{SECRET}\n")
        self.users.write_text(f"{USER}:{PASSWORD}\nben:another password\n")
        self.process: subprocess.Popen | None = None

    @property
    def settings(self) -> list[str]:
        listen = ",".join(f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}" for host in self.hosts)
        return ["--data", str(self.folder / "data"), "--set", f"turn.listen={listen}",
                "--set", f"turn.secrets-file={self.secrets}", "--set", f"turn.users-file={self.users}", *self.arguments]

    def start(self) -> "Relay":
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([str(PROGRAM), "turn", *self.settings], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the relay did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        return self

    def answers(self) -> bool:
        try:
            with Client(self.port, "tcp", host=self.hosts[0]) as client:
                client.send(message(BINDING))
                return bool(client.receive(0.3))
        except OSError:
            return False

    def client(self, transport: str = "udp", user: str = USER, password: str = PASSWORD, **more: str) -> Client:
        return Client(self.port, transport, user=user, password=password, **more)

    def credential(self, *arguments: str) -> tuple[str, str]:
        """What `parley turn credential` prints."""
        text = subprocess.run([str(PROGRAM), "turn", "credential", *self.settings, *arguments], check=True,
                              capture_output=True, text=True, timeout=20).stdout
        found = dict(re.findall(r"^(username|password) +(\S+)$", text, re.MULTILINE))
        return found["username"], found["password"]

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.terminate()
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            # A second signal ends it at once.
            self.terminate()
            self.process.wait(timeout=10)

    def alive(self) -> bool:
        return self.process.poll() is None


FLAGS = {"udp": [], "tcp": ["-t"], "tls": ["-t", "-S"], "dtls": ["-S"]}


def uclient(relay: Relay, transport: str, *arguments: str, host: str = "127.0.0.1") -> tuple[int, int, str]:
    """Runs coturn's client: messages sent, messages lost, and all it said."""
    command = [UCLIENT, *FLAGS[transport], "-p", str(relay.port), "-c", "-n", "8", *arguments, host]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    text = done.stdout + done.stderr
    sent = re.findall(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", text)
    if not sent:
        return 0, 0, text
    return int(sent[-1][0]), int(sent[-1][0]) - int(sent[-1][1]), text
