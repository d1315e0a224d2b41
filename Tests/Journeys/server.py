# SPDX-License-Identifier: Apache-2.0
"""The program under test, as an operator starts and loses it."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from network import inside

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("JOURNEYS_SERVER", ROOT / ".build/debug/parley"))
# A part of its own for each process of the run, where there are several.
RESULTS = ROOT / os.environ.get("JOURNEYS_RESULTS", "test-results") / os.environ.get("PYTEST_XDIST_WORKER", "")

# Certificates are the server's own; whether they are right is for other tests.
ANY_CERTIFICATE = ssl.create_default_context()
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`parley serve` on a loopback port of its own, with a data folder that outlives restarts.

    With a namespace, it is in that, at `listen`, and asked at `address`.
    """

    def __init__(self, data: Path, name: str, *arguments: str, namespace: str | None = None, port: int | None = None,
                 listen: str = "127.0.0.1", address: str | None = None):
        self.data = data
        self.namespace = namespace
        self.port = port or free_port()
        self.listen = listen
        self.address = address or listen
        self.log = RESULTS / f"{name}.log"
        self.arguments = arguments
        self.process: subprocess.Popen | None = None
        self.origin = ""

    def start(self) -> None:
        """Starts the program and returns when it answers."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [*self.way_in, PROGRAM, "serve", "--listen", f"{self.listen}:{self.port}", "--data", self.data,
                   *self.arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    @property
    def way_in(self) -> list[str]:
        """Into the namespace, on a machine whose name is `meet`: Parley's own certificate is for the name, too."""
        named = 'hostname meet && exec "$0" "$@"'
        return ["ip", "netns", "exec", self.namespace, "unshare", "--uts", "sh", "-c", named] if self.namespace else []

    @property
    def authority(self) -> Path:
        """The certificate of whoever signs the server's own."""
        return self.data / "certificates/authority.pem"

    def answers(self) -> bool:
        for scheme in ("https", "http"):
            try:
                _, _, url = self._ask(f"{scheme}://{self.address}:{self.port}/healthz", timeout=2)
                # A server that came up between the two questions has sent the second one to HTTPS.
                self.origin = url.removesuffix("/healthz")
                return True
            except (OSError, urllib.error.URLError):
                continue
        return False

    def _ask(self, request: str | urllib.request.Request, timeout: float) -> tuple[int, bytes, str]:
        """Asks over HTTP from where the server is; gives the status, the body and the address in the end."""

        def ask() -> tuple[int, bytes, str]:
            with urllib.request.urlopen(request, context=ANY_CERTIFICATE, timeout=timeout) as answer:
                return answer.status, answer.read(), answer.url

        return inside(self.namespace, ask) if self.namespace else ask()

    def kill(self) -> None:
        """Ends the program as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Asks the program to end, as a service manager does. It has 10 seconds."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=12)

    def request(self, method: str, path: str, body: object = None, headers: dict | None = None) -> tuple[int, object]:
        """Asks the REST interface; gives the status and the decoded body."""
        request = urllib.request.Request(
            self.origin + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Origin": self.origin, **(headers or {})},
        )
        try:
            status, text, _ = self._ask(request, timeout=10)
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, json.loads(text) if text else None

    def new_meeting(self) -> str:
        status, answer = self.request("POST", "/api/v1/meetings", {})
        assert status == 201, answer
        return answer["meeting"]

    def host_link(self) -> str:
        """The one-time link that the program printed at its last start, at the address the tests use."""
        return self.origin + re.findall(r"https?://[^/\s]+(/host/\S+)", self.log.read_text())[-1]
