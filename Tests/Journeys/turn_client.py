# SPDX-License-Identifier: Apache-2.0
"""STUN and TURN in the raw, so that tests can send what no proper client would."""

import hashlib
import hmac
import os
import socket
import ssl
import struct
import zlib
from dataclasses import dataclass, field

COOKIE = 0x2112A442
BINDING, ALLOCATE, REFRESH, SEND, CREATE_PERMISSION, CHANNEL_BIND = 1, 3, 4, 6, 8, 9
REQUEST, INDICATION, SUCCESS, ERROR = 0x000, 0x010, 0x100, 0x110

USERNAME, INTEGRITY, ERROR_CODE, UNKNOWN = 0x0006, 0x0008, 0x0009, 0x000A
CHANNEL, LIFETIME, PEER, DATA, REALM, NONCE = 0x000C, 0x000D, 0x0012, 0x0013, 0x0014, 0x0015
RELAYED, FAMILY, EVEN_PORT, TRANSPORT, MAPPED = 0x0016, 0x0017, 0x0018, 0x0019, 0x0020
FINGERPRINT = 0x8028

UDP_TRANSPORT = bytes([17, 0, 0, 0])
ANY_CERTIFICATE = ssl.create_default_context()
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def message(kind: int, body: bytes = b"", transaction: bytes | None = None, length: int | None = None,
            cookie: int = COOKIE) -> bytes:
    size = len(body) if length is None else length
    return struct.pack("!HHI", kind, size, cookie) + (transaction or os.urandom(12)) + body


def with_fingerprint(bare: bytes) -> bytes:
    longer = bare[:2] + struct.pack("!H", len(bare) - 20 + 8) + bare[4:]
    return longer + attribute(FINGERPRINT, struct.pack("!I", zlib.crc32(longer) ^ 0x5354554E))


def address(host: str, port: int, transaction: bytes = b"") -> bytes:
    """The value of an XOR address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    mask = struct.pack("!I", COOKIE) + transaction
    packed = bytes(a ^ b for a, b in zip(socket.inet_pton(family, host), mask))
    return struct.pack("!BBH", 0, 2 if family == socket.AF_INET6 else 1, port ^ COOKIE >> 16) + packed


@dataclass
class Answer:
    kind: int
    size: int
    attributes: dict[int, bytes] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """The number of an error; 0 for a success."""
        value = self.attributes.get(ERROR_CODE)
        return value[2] * 100 + value[3] if value else 0

    def host_and_port(self, kind: int, transaction: bytes) -> tuple[str, int]:
        value = self.attributes[kind]
        mask = struct.pack("!I", COOKIE) + transaction
        family = socket.AF_INET if value[1] == 1 else socket.AF_INET6
        packed = bytes(a ^ b for a, b in zip(value[4:], mask))
        return socket.inet_ntop(family, packed), struct.unpack("!H", value[2:4])[0] ^ COOKIE >> 16


def parse(datagram: bytes) -> Answer:
    kind, length, cookie = struct.unpack("!HHI", datagram[:8])
    assert cookie == COOKIE and length == len(datagram) - 20, datagram.hex()
    answer = Answer(kind, len(datagram))
    rest = datagram[20:]
    while rest:
        attribute_kind, size = struct.unpack("!HH", rest[:4])
        answer.attributes.setdefault(attribute_kind, rest[4:4 + size])
        rest = rest[4 + size + -size % 4:]
    return answer


class Client:
    """One 5-tuple: over UDP, TCP or TLS."""

    def __init__(self, port: int, transport: str = "udp", host: str = "127.0.0.1", user: str = "", password: str = "",
                 source: str | None = None):
        self.transport, self.user, self.password = transport, user, password
        self.realm, self.nonce = "", b""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(family, kind)
        self.socket.settimeout(5)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((host, port))
        if transport == "tls":
            self.socket = ANY_CERTIFICATE.wrap_socket(self.socket)
        self.unread = b""
        self.relayed: tuple[str, int] | None = None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self, timeout: float = 5) -> bytes | None:
        """One datagram or frame; nothing when none comes; `b""` at the end of a connection."""
        self.socket.settimeout(timeout)
        try:
            if self.transport == "udp":
                return self.socket.recv(65_536)
            header = self._read(4)
            if len(header) < 4:
                return b""
            size = struct.unpack("!H", header[2:])[0]
            rest = size + 16 if header[0] < 4 else size + -size % 4
            return header + self._read(rest)
        except (TimeoutError, ConnectionRefusedError):
            return None
        except ConnectionResetError:
            return b""

    def _read(self, count: int) -> bytes:
        while len(self.unread) < count:
            more = self.socket.recv(65_536)
            if not more:
                return b""
            self.unread += more
        taken, self.unread = self.unread[:count], self.unread[count:]
        return taken

    def ask(self, data: bytes) -> Answer | None:
        """The answer to one message, lost datagrams aside; what a peer sends meanwhile is passed over."""
        for _ in range(3 if self.transport == "udp" else 1):
            self.send(data)
            while (got := self.receive(3)) is not None:
                if got == b"":
                    return None
                if got[0] < 4 and got[8:20] == data[8:20]:
                    return parse(got)
        return None

    def signed(self, method: int, body: bytes, behind: bytes = b"", user: bytes | None = None) -> bytes:
        """A request with long-term credentials; `behind` comes after its integrity."""
        name = self.user.encode() if user is None else user
        key = hashlib.md5(name + f":{self.realm}:{self.password}".encode()).digest()
        body += attribute(USERNAME, name) + attribute(REALM, self.realm.encode()) + attribute(NONCE, self.nonce)
        bare = message(method, body)
        covered = bare[:2] + struct.pack("!H", len(body) + 24) + bare[4:]
        code = attribute(INTEGRITY, hmac.new(key, covered, hashlib.sha1).digest())
        whole = body + code + behind
        return bare[:2] + struct.pack("!H", len(whole)) + bare[4:20] + whole

    def request(self, method: int, body: bytes = b"", behind: bytes = b"") -> Answer | None:
        """Asks with credentials, and again where the server has a nonce to give."""
        for _ in range(3):
            if not self.nonce:
                answer = self.ask(message(method, body))
            else:
                request = self.signed(method, body, behind)
                answer = self.ask(request)
                self.transaction = request[8:20]
            if answer is None or answer.code not in (401, 438) or self.nonce == answer.attributes.get(NONCE):
                return answer
            if self.nonce and answer.code == 401:
                return answer
            self.nonce, self.realm = answer.attributes[NONCE], answer.attributes[REALM].decode()
        return answer

    def allocate(self, *extra: bytes) -> Answer:
        answer = self.request(ALLOCATE, attribute(TRANSPORT, UDP_TRANSPORT) + b"".join(extra))
        assert answer is not None, "no answer"
        if answer.code == 0:
            self.relayed = answer.host_and_port(RELAYED, self.transaction)
        return answer

    def refresh(self, lifetime: int) -> Answer | None:
        return self.request(REFRESH, attribute(LIFETIME, struct.pack("!I", lifetime)))

    def permit(self, *hosts: str) -> int:
        # The mask of IPv6 has the transaction in it, which is not known yet: tests use IPv4 where that matters.
        return self._with_peers(CREATE_PERMISSION, b"", [(host, 0) for host in hosts])

    def bind(self, channel: int, host: str, port: int) -> int:
        return self._with_peers(CHANNEL_BIND, attribute(CHANNEL, struct.pack("!HH", channel, 0)), [(host, port)])

    def _with_peers(self, method: int, body: bytes, peers: list[tuple[str, int]]) -> int:
        for _ in range(2):
            transaction = os.urandom(12)
            peer = b"".join(attribute(PEER, address(host, port, transaction)) for host, port in peers)
            # The code covers the transaction that the addresses are masked with.
            answer = self.ask(self._resigned(method, body + peer, transaction))
            if answer is None:
                return -1
            if answer.code != 438:
                return answer.code
            self.nonce = answer.attributes[NONCE]
        return 438

    def _resigned(self, method: int, body: bytes, transaction: bytes) -> bytes:
        key = hashlib.md5(f"{self.user}:{self.realm}:{self.password}".encode()).digest()
        body += attribute(USERNAME, self.user.encode()) + attribute(REALM, self.realm.encode())
        body += attribute(NONCE, self.nonce)
        covered = message(method, body, transaction, length=len(body) + 24)
        code = attribute(INTEGRITY, hmac.new(key, covered, hashlib.sha1).digest())
        return message(method, body + code, transaction)

    def indicate(self, host: str, port: int, payload: bytes) -> None:
        transaction = os.urandom(12)
        body = attribute(PEER, address(host, port, transaction)) + attribute(DATA, payload)
        self.send(message(SEND | INDICATION, body, transaction))

    def channel_data(self, channel: int, payload: bytes) -> None:
        padding = b"" if self.transport == "udp" else bytes(-len(payload) % 4)
        self.send(struct.pack("!HH", channel, len(payload)) + payload + padding)
