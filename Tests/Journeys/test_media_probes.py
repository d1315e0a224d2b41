# SPDX-License-Identifier: Apache-2.0
"""What strangers and forgers send to the ports of media: none of it is answered, and none ends anybody's connection."""

import hashlib
import hmac
import os
import re
import socket
import struct
import zlib
from collections.abc import Iterator

import pytest

from server import ROOT, Server
from stream_client import StreamClient

OFFER = ROOT / "Fixtures/sdp/chromium-whip.sdp"
COOKIE = 0x2112A442


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("probes"), "media-probes", "--tls", "off", "--set", "media.loopback-candidates=true",
        "--set", "media.whip=anyone")
    server.start()
    yield server
    server.stop()


class Peer:
    """Somebody with a session of WHIP, who speaks ICE by hand."""

    def __init__(self, server: Server, room: str):
        self.server = server
        self.reply = StreamClient(server).post(f"/whip/{room}/ana", OFFER.read_text())
        assert self.reply.status == 201, self.reply.text
        self.ufrag, self.password = (
            re.search(rf"a=ice-{name}:(\S+)", self.reply.text).group(1) for name in ("ufrag", "pwd"))
        self.socket = udp(server)

    def check(self, ufrag: str | None = None, password: str | None = None) -> bytes:
        name = f"{ufrag or self.ufrag}:peer".encode()
        body = attribute(0x0006, name) + attribute(0x0024, struct.pack("!I", 0x6E0001FF))
        body += attribute(0x802A, os.urandom(8)) + attribute(0x0025, b"")
        head = struct.pack("!HHI", 1, len(body) + 24, COOKIE) + os.urandom(12)
        code = hmac.new((password or self.password).encode(), head + body, hashlib.sha1).digest()
        body += attribute(0x0008, code)
        head = head[:2] + struct.pack("!H", len(body) + 8) + head[4:]
        return head + body + attribute(0x8028, struct.pack("!I", zlib.crc32(head + body) ^ 0x5354554E))

    def lives(self) -> bool:
        """Whether a right check is answered."""
        self.socket.send(self.check())
        answers = heard(self.socket)
        return any(answer[:2] == b"\x01\x01" for answer in answers)


def udp(server: Server) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.connect(("127.0.0.1", server.port))
    return one


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def heard(one: socket.socket, patience: float = 0.3) -> list[bytes]:
    """All that comes until nothing has for a moment."""
    one.settimeout(patience)
    answers = []
    try:
        while True:
            answers.append(one.recv(4096))
    except (TimeoutError, ConnectionRefusedError):
        return answers


def hello(suites: bytes = bytes.fromhex("c02b"), sequence: int = 0) -> bytes:
    """A ClientHello of DTLS 1.2; with no suite that anybody has, one that leads nowhere."""
    body = b"\xfe\xfd" + os.urandom(32) + b"\0\0" + struct.pack("!H", len(suites)) + suites + b"\x01\0"
    groups = struct.pack("!HHHH", 10, 4, 2, 0x0017) + struct.pack("!HHBB", 11, 2, 1, 0)
    signatures = struct.pack("!HHHH", 13, 4, 2, 0x0403)
    srtp = struct.pack("!HHHHB", 14, 5, 2, 7, 0)
    extensions = groups + signatures + srtp
    body += struct.pack("!H", len(extensions)) + extensions
    message = b"\x01" + struct.pack("!I", len(body))[1:] + struct.pack("!H", 0) + bytes(3) + struct.pack("!I", len(body))[1:]
    return b"\x16\xfe\xfd" + bytes(6) + struct.pack("!HH", sequence, len(message) + len(body)) + message + body


ALERT = b"\x15\xfe\xfd" + bytes(7) + b"\x09\x00\x02\x02\x28"


def test_nobody_is_answered_without_a_right_check(server: Server):
    peer = Peer(server, "strangers")
    stranger = udp(server)
    for bytes_ in (
        peer.check(password="x" * 32), peer.check(ufrag="nobodyXX"), hello(), ALERT,
        b"\x80\x60" + os.urandom(100), b"\x81\xc9\x00\x07" + os.urandom(28), b"\x16" * 20, os.urandom(1200),
    ):
        stranger.send(bytes_)
        # A check for nobody is still a Binding request, which STUN answers: with no more than was sent.
        for answer in heard(stranger):
            assert bytes_[:2] == b"\x00\x01" and len(answer) <= len(bytes_), (bytes_, answer)
    assert peer.lives()


def test_a_handshake_begins_only_where_checks_were_right(server: Server):
    peer = Peer(server, "handshake")
    peer.socket.send(hello())
    assert heard(peer.socket) == []
    assert peer.lives()
    peer.socket.send(hello())
    assert any(answer[0] == 22 for answer in heard(peer.socket)), "the hello is answered"


def test_no_forged_hello_or_alert_ends_a_connection(server: Server):
    peer = Peer(server, "forged")
    assert peer.lives()
    for sequence in range(5):
        # TLS_NULL_WITH_NULL_NULL, of what ended calls elsewhere.
        peer.socket.send(hello(b"\0\0", sequence))
        peer.socket.send(ALERT)
    heard(peer.socket)
    assert peer.lives()
    peer.socket.send(hello())
    assert any(answer[0] == 22 for answer in heard(peer.socket)), "the peer's own hello is answered"


def test_no_number_of_bad_packets_ends_a_connection(server: Server):
    peer = Peer(server, "bad")
    assert peer.lives()
    for number in range(5_000):
        peer.socket.send(struct.pack("!BBHII", 0x80, 96, number & 0xFFFF, number, number) + bytes(200))
        peer.socket.send(b"\x80\xc8\x00\x06" + os.urandom(40))
    heard(peer.socket)
    assert peer.lives()


def test_tcp_streams_of_nonsense_are_closed_and_others_go_on(server: Server):
    peer = Peer(server, "streams")
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as stream:
        check = peer.check()
        stream.sendall(struct.pack("!H", len(check)) + check)
        assert stream.recv(4096)[2:4] == b"\x01\x01"
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as other:
            wrong = peer.check(password="y" * 32)
            other.sendall(struct.pack("!H", len(wrong)) + wrong + b"\xff\xff")
            assert other.recv(4096) == b""
        check = peer.check()
        stream.sendall(struct.pack("!H", len(check)) + check)
        assert stream.recv(4096)[2:4] == b"\x01\x01"


def test_the_server_names_no_address_that_it_does_not_listen_on(server: Server):
    candidates = re.findall(r"a=candidate:\S+ 1 (\S+) \d+ (\S+) (\d+) typ (\S+)", Peer(server, "names").reply.text)
    assert candidates
    assert {(address, int(port), kind) for _, address, port, kind in candidates} == {("127.0.0.1", server.port, "host")}
    assert {transport for transport, *_ in candidates} == {"udp", "tcp"}
