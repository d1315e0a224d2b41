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

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("JOURNEYS_SERVER", ROOT / ".build/debug/parley"))
RESULTS = ROOT / "test-results"

# Certificates are the server's own; whether they are right is for other tests.
ANY_CERTIFICATE = ssl.create_default_context()
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`parley serve` on a loopback port of its own, with a data folder that outlives restarts."""

    def __init__(self, data: Path, name: str, *arguments: str):
        self.data = data
        self.port = free_port()
        self.log = RESULTS / f"{name}.log"
        self.arguments = arguments
        self.process: subprocess.Popen | None = None
        self.origin = ""

    def start(self) -> None:
        """Starts the program and returns when it answers."""
        self.log.parent.mkdir(exist_ok=True)
        command = [PROGRAM, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, *self.arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        for scheme in ("https", "http"):
            try:
                with urllib.request.urlopen(
                    f"{scheme}://127.0.0.1:{self.port}/healthz", context=ANY_CERTIFICATE, timeout=2
                ) as answer:
                    # A server that came up between the two questions has sent the second one to HTTPS.
                    self.origin = answer.url.removesuffix("/healthz")
                    return True
            except (OSError, urllib.error.URLError):
                continue
        return False

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
            with urllib.request.urlopen(request, context=ANY_CERTIFICATE, timeout=10) as response:
                status, text = response.status, response.read()
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
