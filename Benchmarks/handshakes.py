# SPDX-License-Identifier: Apache-2.0
"""Measures what TLS handshakes cost. Run: Benchmarks/handshakes.py [COUNT]

Needs `make build`. Prints, for the release program on loopback: connections per second of the server's own CPU time, each
with one small request, for new and for resumed sessions.
"""

import os
import socket
import ssl
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/Journeys"))
os.environ.setdefault("JOURNEYS_SERVER", str(ROOT / ".build/release/parley"))

import server as program  # noqa: E402

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def cpu_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def connect(context: ssl.SSLContext, port: int, session: ssl.SSLSession | None) -> tuple[ssl.SSLSession, bool]:
    with socket.create_connection(("127.0.0.1", port)) as plain:
        # As browsers do: else the request waits for the acknowledgement of the handshake's last message.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as stream:
            stream.sendall(REQUEST)
            while stream.recv(4096):
                pass
            return stream.session, stream.session_reused


def measure(process_id: int, port: int, version: ssl.TLSVersion, resumed: bool, count: int) -> float:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    session, _ = connect(context, port, None)
    before = cpu_seconds(process_id)
    for _ in range(count):
        latest, reused = connect(context, port, session if resumed else None)
        assert reused == resumed, "the session was not taken up"
        session = latest
    return count / (cpu_seconds(process_id) - before)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    with tempfile.TemporaryDirectory() as folder:
        server = program.Server(Path(folder), "handshakes")
        server.start()
        print("| | new | resumed | ratio |\n|---|---|---|---|")
        for name, version in (("TLS 1.3", ssl.TLSVersion.TLSv1_3), ("TLS 1.2", ssl.TLSVersion.TLSv1_2)):
            new, resumed = (
                measure(server.process.pid, server.port, version, resumed, count) for resumed in (False, True))
            print(f"| {name} | {new:,.0f} | {resumed:,.0f} | {resumed / new:.1f}× |")
        server.stop()


main()
