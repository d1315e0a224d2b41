# SPDX-License-Identifier: Apache-2.0
"""The server under test: ConformanceServer, or the command in JOURNEYS_CONFORMANCE_SERVER."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from server import ROOT, free_port

COMMAND = os.environ.get("JOURNEYS_CONFORMANCE_SERVER", str(ROOT / ".build/debug/ConformanceServer"))

# Long enough for the slowest machine. Only cases about the heartbeat itself use shorter times.
PATIENT = ("--ping-interval", "25000", "--ping-timeout", "20000")


@contextmanager
def running(*flags: str) -> Iterator[int]:
    """Starts the server on a free loopback port, which is what it gives, and ends it afterwards."""
    port = free_port()
    command = [*shlex.split(COMMAND), "--port", str(port), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline()
            assert said.startswith("listening"), f"{shlex.join(command)} did not start: {said!r}"
            yield port
        finally:
            process.terminate()
        assert process.wait(timeout=10) == 0, "the server did not end well"
