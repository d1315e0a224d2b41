# SPDX-License-Identifier: Apache-2.0
"""Connects and disconnects thousands of WebSockets again and again, and watches the server's memory.

Run: python3 Benchmarks/soak.py 'PROGRAM --port {port}' [--cycles 10] [--connections 5000] [--path PATH]

Prints the server's resident memory with all connections open and after they have gone, and fails when it has not
come back to what it was after the first cycle. Every second connection ends with a farewell, the others with a reset.
Standard library only; not part of the tests.
"""

import argparse
import resource
import select
import shlex
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
FAREWELL = bytes([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
WINDOW = 256


def resident_kilobytes(process_id):
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def connect(number, port, handshake):
    """A connection on its way. Its source address leaves enough ports for all."""
    connection = socket.socket()
    connection.bind((f"127.0.0.{1 + number // 20000}", 0))
    connection.connect(("127.0.0.1", port))
    connection.setblocking(False)
    connection.send(handshake)
    return connection


def open_all(count, port, handshake):
    poll = select.epoll()
    waiting, ready = {}, []
    number = 0
    deadline = time.monotonic() + 120
    while len(ready) < count:
        while number < count and len(waiting) < WINDOW:
            connection = connect(number, port, handshake)
            poll.register(connection, select.EPOLLIN)
            waiting[connection.fileno()] = connection
            number += 1
        for descriptor, _ in poll.poll(1):
            connection = waiting.pop(descriptor)
            poll.unregister(descriptor)
            answer = connection.recv(65536)
            if not answer.startswith(b"HTTP/1.1 101 "):
                sys.exit(f"no WebSocket: {answer[:80]!r}")
            ready.append(connection)
        if time.monotonic() > deadline:
            sys.exit(f"only {len(ready)} of {count} connections opened")
    return ready


def close_all(connections):
    for number, connection in enumerate(connections):
        if number % 2 == 0:
            connection.send(FAREWELL)
        else:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def cycle(process_id, arguments, handshake):
    connections = open_all(arguments.connections, arguments.port, handshake)
    time.sleep(1)
    full = resident_kilobytes(process_id)
    close_all(connections)
    time.sleep(arguments.settle)
    return full, resident_kilobytes(process_id)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", help="starts the server; {port} stands for the port")
    parser.add_argument("--cycles", type=int, default=10)
    parser.add_argument("--connections", type=int, default=5000)
    parser.add_argument("--path", default="/socket.io/?EIO=4&transport=websocket")
    parser.add_argument("--port", type=int, default=19070)
    parser.add_argument("--settle", type=float, default=18, help="seconds to wait after each cycle")
    parser.add_argument("--tolerance", type=int, default=10_000, help="kilobytes of growth that are borne")
    arguments = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    handshake = HANDSHAKE.format(path=arguments.path).encode()
    server = subprocess.Popen(shlex.split(arguments.command.format(port=arguments.port)))
    try:
        time.sleep(2)
        start = resident_kilobytes(server.pid)
        print(f"start {start} kB")
        after = []
        for number in range(arguments.cycles):
            full, empty = cycle(server.pid, arguments, handshake)
            after.append(empty)
            each = (full - (after[-2] if number else start)) * 1024 // arguments.connections
            print(f"cycle {number + 1}: open {full} kB ({each} B each), gone {empty} kB", flush=True)
        if after[-1] - after[0] > arguments.tolerance:
            sys.exit(f"memory grew by {after[-1] - after[0]} kB")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
