#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a browser in the network namespace PARLEY_NAMESPACE, with PARLEY_AUTHORITY among those it trusts.

Playwright runs this in place of the browser PARLEY_BROWSER, with the browser's own arguments. It talks to Chromium
through pipes, which lead anywhere; to Firefox through a port of loopback, of which each namespace has its own. So a
port out here is passed on to the same one in there.
"""

import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path

from network import enter

NAMESPACE = os.environ["PARLEY_NAMESPACE"]
AUTHORITY = os.environ["PARLEY_AUTHORITY"]
BROWSER = os.environ["PARLEY_BROWSER"]


def trust(folder: Path) -> None:
    """Adds the authority to the certificates of a browser's folder."""
    if not Path(AUTHORITY).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    database = f"sql:{folder}"
    if not (folder / "cert9.db").exists():
        subprocess.run(["certutil", "-N", "--empty-password", "-d", database], check=True)
    subprocess.run(["certutil", "-A", "-d", database, "-t", "C,,", "-n", "Parley", "-i", AUTHORITY], check=True)


def connect(port: int) -> socket.socket:
    """Called on a thread of its own: it never leaves the namespace."""
    enter(NAMESPACE)
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def copy(outside: socket.socket, port: int) -> None:
    with outside, connect(port) as within:
        within.settimeout(None)
        other = {outside: within, within: outside}
        while True:
            for ready in select.select(list(other), [], [])[0]:
                data = ready.recv(1 << 16)
                if not data:
                    return
                other[ready].sendall(data)


def serve(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    while True:
        outside, _ = listener.accept()
        threading.Thread(target=copy, args=(outside, port), daemon=True).start()


def main(arguments: list[str]) -> int:
    command = ["ip", "netns", "exec", NAMESPACE, BROWSER]
    if "firefox" not in BROWSER:
        trust(Path.home() / ".pki/nssdb")
        os.execvp(command[0], [*command, *arguments])
    trust(Path(arguments[arguments.index("--profile") + 1]))
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    arguments = [f"--remote-debugging-port={port}" if each == "--remote-debugging-port=0" else each
                 for each in arguments]
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    return subprocess.run([*command, *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
