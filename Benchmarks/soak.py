# SPDX-License-Identifier: Apache-2.0
"""Connects and disconnects a million Socket.IO clients and watches the server's memory.

Run: python3 Benchmarks/soak.py '.build/release/SignallingBench --port {port}' [--clients 1000000] [--cycles 10]
A quick look: --clients 100000. Standard library only; not part of the tests.

Clients come in waves over WebSocket, over polling, and with an upgrade from one to the other. Each enters the main
namespace and a room of its own; then every second one says farewell and the others vanish. The waves of one cycle
follow each other, then the server is left alone for long enough to give memory back. Prints its resident memory after
each cycle, and fails when it has grown too much since the first one or since the second.
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

POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
GET = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
POST = "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n{body}"
FAREWELL = bytes([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
WINDOW = 256


def frame(text):
    """A text frame whose mask is zero."""
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode()


class Client:
    """One client, as far as it has come: a script says what it waits for next."""

    def __init__(self, number, port):
        self.number = number
        self.port = port
        self.room = f'420["bench:join","room{number % 100}"]'
        self.socket = self.connect()
        self.abandoned = []
        self.buffer = b""
        self.path = ""
        self.script = (self.over_websocket, self.over_polling, self.with_upgrade)[number % 3]()
        self.wanted = next(self.script)

    def connect(self):
        """Its source address leaves enough ports for all."""
        connection = socket.socket()
        connection.bind((f"127.0.0.{1 + self.number // 15000 % 200}", 0))
        connection.connect(("127.0.0.1", self.port))
        connection.setblocking(False)
        return connection

    def send(self, data):
        self.socket.send(data if isinstance(data, bytes) else data.encode())

    def post(self, body):
        self.send(POST.format(path=self.path, length=len(body), body=body))

    def over_websocket(self):
        self.send(UPGRADE.format(path=WEBSOCKET))
        yield b'0{"sid"'
        yield from self.enter_over_websocket()

    def enter_over_websocket(self):
        self.send(frame("40"))
        yield b'40{"sid"'
        self.send(frame(self.room))
        yield b"430[]"

    def begin_polling(self):
        self.send(GET.format(path=POLLING))
        opening = yield b'"maxPayload"'
        session = opening.split(b'"sid":"', 1)[1].split(b'"', 1)[0].decode()
        self.path = f"{POLLING}&sid={session}"

    def over_polling(self):
        yield from self.begin_polling()
        for packet, answer in (("40", b'40{"sid"'), (self.room, b"430[]")):
            self.post(packet)
            yield b"ok"
            self.send(GET.format(path=self.path))
            yield answer
        # One that is to vanish does so in the middle of a poll.
        if self.number % 2:
            self.send(GET.format(path=self.path))

    def with_upgrade(self):
        yield from self.begin_polling()
        self.abandoned.append(self.socket)
        self.socket = self.connect()
        self.send(UPGRADE.format(path=self.path.replace("polling", "websocket")))
        yield b"\r\n\r\n"
        self.send(frame("2probe"))
        yield b"3probe"
        self.send(frame("5"))
        yield from self.enter_over_websocket()

    def advance(self):
        """Reads. Returns whether the client has arrived."""
        data = self.socket.recv(65536)
        if not data:
            sys.exit(f"client {self.number} was cut off waiting for {self.wanted}: {self.buffer[:200]!r}")
        self.buffer += data
        if self.wanted not in self.buffer:
            return False
        heard, self.buffer = self.buffer, b""
        try:
            self.wanted = self.script.send(heard)
        except StopIteration:
            return True
        return False

    def leave(self):
        if self.number % 2:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif self.number % 3 == 1:
            self.post("1")
        else:
            self.send(FAREWELL)
        for connection in [self.socket, *self.abandoned]:
            connection.close()


def open_wave(numbers, port):
    poll = select.epoll()
    waiting, arrived = {}, []
    numbers = iter(numbers)
    deadline = time.monotonic() + 120
    more = True
    while more or waiting:
        while more and len(waiting) < WINDOW:
            number = next(numbers, None)
            if number is None:
                more = False
            else:
                client = Client(number, port)
                waiting[client.socket.fileno()] = client
                poll.register(client.socket, select.EPOLLIN)
        for descriptor, _ in poll.poll(1):
            client = waiting.pop(descriptor)
            poll.unregister(descriptor)
            if client.advance():
                arrived.append(client)
            else:
                # It may go on over another connection.
                waiting[client.socket.fileno()] = client
                poll.register(client.socket, select.EPOLLIN)
        if time.monotonic() > deadline:
            sys.exit(f"only {len(arrived)} clients arrived; one waits for {next(iter(waiting.values())).wanted}")
    poll.close()
    return arrived


def resident_kilobytes(process_id):
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def cycle(process_id, arguments, numbers):
    """The server's memory with a wave of clients, and after all have gone."""
    full = 0
    for start in range(numbers.start, numbers.stop, arguments.wave):
        clients = open_wave(range(start, min(start + arguments.wave, numbers.stop)), arguments.port)
        full = max(full, resident_kilobytes(process_id))
        for client in clients:
            client.leave()
    time.sleep(arguments.settle)
    return full, resident_kilobytes(process_id)


def soak(process_id, arguments):
    print(f"start {resident_kilobytes(process_id)} kB", flush=True)
    each = arguments.clients // arguments.cycles
    gone = []
    for number in range(arguments.cycles):
        began = time.monotonic()
        full, empty = cycle(process_id, arguments, range(number * each, (number + 1) * each))
        gone.append(empty)
        seconds = time.monotonic() - began - arguments.settle
        print(f"cycle {number + 1}: {each} clients in {seconds:.0f} s, most {full} kB, gone {empty} kB", flush=True)
    for name, first in (("first", gone[0]), ("second", gone[min(1, len(gone) - 1)])):
        growth = gone[-1] - first
        print(f"growth since the {name} cycle: {growth} kB")
        if growth > arguments.tolerance:
            sys.exit("the server does not give its memory back")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", help="starts the server; {port} stands for the port")
    parser.add_argument("--clients", type=int, default=1_000_000, help="of all cycles together")
    parser.add_argument("--cycles", type=int, default=10)
    parser.add_argument("--wave", type=int, default=5000, help="clients that are there at the same time")
    parser.add_argument("--port", type=int, default=19070)
    parser.add_argument("--settle", type=float, default=18, help="seconds to wait after each cycle")
    parser.add_argument("--tolerance", type=int, default=10_000, help="kilobytes of growth that are borne")
    arguments = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    server = subprocess.Popen(shlex.split(arguments.command.format(port=arguments.port)))
    try:
        time.sleep(2)
        soak(server.pid, arguments)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
