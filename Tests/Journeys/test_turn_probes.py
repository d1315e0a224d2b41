# SPDX-License-Identifier: Apache-2.0
"""What attackers send to a relay, against the running program: each probe has one safe result.

P: peers that nobody may reach. S: STUN. T: TURN. K: streams. D: DTLS. After each, the relay still serves.
"""

import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from turn_client import (
    ALLOCATE, BINDING, ERROR, EVEN_PORT, FAMILY, INDICATION, LIFETIME, PEER, REFRESH, SUCCESS, TRANSPORT, UDP_TRANSPORT, UNKNOWN,
    Client, address, attribute, message, with_fingerprint)
from turn_relay import HAS_IPV6, PASSWORD, SECRET, USER, Relay

HOSTS = ("127.0.0.1", "::1") if HAS_IPV6 else ("127.0.0.1",)


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    # Nothing is opened: these are the defaults.
    relay = Relay(tmp_path_factory.mktemp("probes"), "turn-probes", "--set", "turn.user-allocations=4", hosts=HOSTS)
    relay.start()
    yield relay
    assert relay.alive(), relay.log.read_text()
    relay.stop()


@pytest.fixture(autouse=True)
def still_serves(relay: Relay) -> Iterator[None]:
    yield
    # From an address that has not used up its answers.
    with Client(relay.port, "tcp", source=f"127.9.{os.urandom(1)[0]}.{1 + os.urandom(1)[0] % 250}") as client:
        assert client.ask(message(BINDING)) is not None


def memory(relay: Relay) -> int:
    """Bytes of the process."""
    text = Path(f"/proc/{relay.process.pid}/statm").read_text()
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")


# MARK: P: peers

# Not 127.0.0.1 and ::1: relayed addresses are there, and clients may ask for each other's.
FORBIDDEN = [
    "127.0.0.2", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255",
]
FORBIDDEN_IPV6 = [
    "::", "::ffff:127.0.0.2", "::ffff:10.0.0.1", "::127.0.0.2", "2002:7f00:2::", "2002:a00:1::", "64:ff9b::7f00:2",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:0:7f00:2::", "100::1", "2001:db8::1", "3fff::1", "fc00::1", "fd00::1", "fe80::1",
    "fec0::1", "ff02::1",
]


@pytest.mark.parametrize("peer", FORBIDDEN)
def test_p_a_forbidden_peer_gets_no_permission_and_no_channel(relay: Relay, peer: str) -> None:
    with relay.client() as client:
        assert client.allocate().code == 0
        assert client.permit(peer) == 403
        assert client.bind(0x4000, peer, 80) == 403
        # One that is forbidden spoils them all, and the allocation goes on.
        assert client.permit("8.8.8.8", peer) == 403
        assert client.permit("8.8.8.8") == 0
        client.refresh(0)


@pytest.mark.skipif(not HAS_IPV6, reason="there is no ::1 here")
@pytest.mark.parametrize("peer", FORBIDDEN_IPV6)
def test_p_a_forbidden_peer_of_ipv6_gets_neither(relay: Relay, peer: str) -> None:
    with relay.client(host="::1") as client:
        assert client.allocate(attribute(FAMILY, bytes([2, 0, 0, 0]))).code == 0
        assert client.permit(peer) == 403
        assert client.bind(0x4000, peer, 80) == 403
        client.refresh(0)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_p_nothing_reaches_a_service_of_this_machine(relay: Relay, transport: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service, relay.client(transport) as client:
        service.bind(("127.0.0.1", 0))
        service.settimeout(0.5)
        assert client.allocate().code == 0
        client.permit("127.0.0.1")
        client.indicate("127.0.0.1", service.getsockname()[1], b"secret")
        client.bind(0x4000, "127.0.0.1", service.getsockname()[1])
        client.channel_data(0x4000, b"secret")
        # Nor does a permission for somebody else open it.
        client.permit("8.8.8.8")
        client.indicate("127.0.0.1", service.getsockname()[1], b"secret")
        with pytest.raises(TimeoutError):
            service.recv(100)
        client.refresh(0)


def test_p_a_peer_of_the_other_family_is_a_mismatch(relay: Relay) -> None:
    with relay.client() as client:
        assert client.allocate().code == 0
        assert client.permit("2606:4700::1") in (403, 443)
        client.refresh(0)


def test_p_nothing_loops_through_the_relays_own_port(relay: Relay) -> None:
    with relay.client() as client:
        assert client.allocate().code == 0
        client.bind(0x4000, "127.0.0.1", relay.port)
        client.channel_data(0x4000, message(BINDING))
        client.indicate("127.0.0.1", relay.port, message(BINDING))
        # Nor back to itself, with a packet that would go round for ever.
        client.bind(0x4001, *client.relayed)
        client.channel_data(0x4001, b"round")
        got = [client.receive(0.5), client.receive(0.5)]
        assert got.count(None) >= 1 and not any(message(BINDING | SUCCESS)[:2] in (each or b"")[:8] for each in got)
        client.refresh(0)


# MARK: S: STUN

def silent(relay: Relay, datagram: bytes) -> bool:
    with Client(relay.port) as client:
        client.send(datagram)
        return client.receive(0.4) is None


JUNK = {
    "nothing": b"",
    "one byte": b"\0",
    "a header that is cut off": message(BINDING)[:19],
    "no cookie, as in RFC 3489": message(BINDING, cookie=0x01020304),
    "a length that is too long": message(BINDING, length=4),
    "a length that is not a multiple of four": message(BINDING, b"abc", length=3),
    "a length of 65532": message(BINDING, length=65_532),
    "a length that is too short": message(BINDING, attribute(0x8022, b"abcd"), length=0),
    "an attribute beyond the end": message(BINDING, struct.pack("!HH", 0x8022, 65_535)),
    "an attribute of 65532": message(BINDING, struct.pack("!HHI", 0x8022, 65_532, 0)),
    "half an attribute": message(BINDING, b"\x80\x22\0\0" + b"\x80\x22"),
    "an answer": message(BINDING | SUCCESS),
    "an error": message(BINDING | ERROR),
    "an indication": message(BINDING | INDICATION),
    "a wrong fingerprint": with_fingerprint(message(BINDING))[:-1] + b"\0",
    "ZRTP": b"\x10" + bytes(20),
    "RTP": b"\x80\x60" + bytes(20),
    "QUIC": b"\xc3" + bytes(40),
    "the two top bits": b"\x40\0\0\0",
    "ChannelData of nobody": struct.pack("!HH", 0x4000, 4) + b"abcd",
    "a Send indication of nobody": message(6 | INDICATION, attribute(PEER, address("8.8.8.8", 53)) + attribute(0x13, b"x")),
    "random bytes": bytes(range(4, 204)),
}


@pytest.mark.parametrize("what", JUNK)
def test_s_junk_is_not_answered(relay: Relay, what: str) -> None:
    assert silent(relay, JUNK[what])


def test_s_every_beginning_of_a_request_is_survived(relay: Relay) -> None:
    whole = message(ALLOCATE, attribute(TRANSPORT, UDP_TRANSPORT) + attribute(0x06, b"ana") + attribute(0x14, b"parley"))
    with Client(relay.port) as client:
        for count in range(len(whole)):
            client.send(whole[:count])
        for index in range(len(whole)):
            client.send(whole[:index] + bytes([whole[index] ^ 0xFF]) + whole[index + 1:])


def test_s_answers_are_small(relay: Relay) -> None:
    with Client(relay.port) as client:
        assert client.ask(message(BINDING)).size <= 32
        # With nothing but a header it is the least that can be asked.
        request = message(ALLOCATE, attribute(TRANSPORT, UDP_TRANSPORT))
        answer = client.ask(request)
        assert answer.code == 401 and answer.size <= 2.3 * len(request)
        bare = client.ask(message(ALLOCATE))
        assert bare is None or bare.size <= 3 * 20


def test_s_what_must_be_understood_is_named(relay: Relay) -> None:
    with Client(relay.port) as client:
        answer = client.ask(message(BINDING, attribute(0x7FFE, b"abcd")))
        assert answer.code == 420 and answer.attributes[UNKNOWN][:2] == b"\x7f\xfe"
        many = b"".join(attribute(0x7000 + number, b"") for number in range(300))
        answer = client.ask(message(BINDING, many))
        assert answer is None or answer.size < 3 * len(many)
        assert client.ask(message(BINDING, attribute(0xFFFE, b"abcd"))).code == 0
        # RFC 5780 is not there to send answers elsewhere.
        assert client.ask(message(BINDING, attribute(0x0003, bytes([0, 0, 0, 6])))).code == 420


def test_s_a_flood_is_hardly_answered(tmp_path: Path) -> None:
    # Six times as many at once, for those who come together.
    relay = Relay(tmp_path, "turn-flood", "--set", "turn.unauthenticated-rate=10").start()
    for request in (message(BINDING), message(ALLOCATE, attribute(TRANSPORT, UDP_TRANSPORT))):
        with Client(relay.port, source="127.0.0.9") as client:
            for _ in range(500):
                client.send(request)
            answers = 0
            while client.receive(0.3):
                answers += 1
            assert 0 < answers <= 90
    # Others are answered meanwhile.
    with Client(relay.port) as client:
        assert client.ask(message(BINDING)) is not None
    relay.stop()


def test_s_sources_that_never_authenticate_cost_nothing(relay: Relay) -> None:
    request = message(ALLOCATE, attribute(TRANSPORT, UDP_TRANSPORT))

    def flood() -> None:
        for number in range(10_000):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
                source.bind((f"127.{1 + number // 10_000}.{number // 250 % 250}.{1 + number % 250}", 0))
                source.sendto(request, ("127.0.0.1", relay.port))

    flood()
    before = memory(relay)
    flood()
    # coturn 4.6 keeps 16 KiB for each: this would be 160 MB.
    assert memory(relay) - before < 4_000_000


# MARK: T: TURN

def test_t_a_wrong_password_or_name_is_told_and_nothing_else(relay: Relay) -> None:
    for user, password in ((USER, "wrong"), ("nobody", PASSWORD), (USER + "\0x", PASSWORD), ("", "")):
        with relay.client("udp", user, password) as client:
            assert client.allocate().code == 401


def test_t_a_nonce_of_another_address_or_none_is_stale(relay: Relay) -> None:
    with relay.client() as one, relay.client() as other:
        assert one.allocate().code == 0
        other.realm, other.nonce = one.realm, one.nonce
        stolen = other.ask(other.signed(ALLOCATE, attribute(TRANSPORT, UDP_TRANSPORT)))
        assert stolen.code == 438 and 0x14 in stolen.attributes and 0x15 in stolen.attributes
        other.nonce = b"made up"
        assert other.ask(other.signed(ALLOCATE, attribute(TRANSPORT, UDP_TRANSPORT))).code == 438
        one.refresh(0)


def test_t_what_stands_behind_the_integrity_counts_for_nothing(relay: Relay) -> None:
    with relay.client() as client:
        assert client.allocate().code == 0
        # It would end the allocation.
        answer = client.request(REFRESH, attribute(LIFETIME, struct.pack("!I", 600)),
                                behind=attribute(LIFETIME, struct.pack("!I", 0)))
        assert answer.code == 0
        assert client.refresh(600).code == 0
        # And the first of two counts.
        twice = attribute(LIFETIME, struct.pack("!I", 600)) + attribute(LIFETIME, struct.pack("!I", 0))
        assert client.request(REFRESH, twice).code == 0
        assert client.refresh(0).code == 0


def test_t_lifetimes_have_an_end(relay: Relay) -> None:
    with relay.client() as client:
        answer = client.allocate(attribute(LIFETIME, struct.pack("!I", 0xFFFFFFFF)))
        assert answer.code == 0
        assert struct.unpack("!I", answer.attributes[LIFETIME])[0] <= 3600
        client.refresh(0)


@pytest.mark.parametrize(("body", "code"), [
    (b"", 400),
    (attribute(TRANSPORT, bytes([6, 0, 0, 0])), 442),
    (attribute(TRANSPORT, bytes([0, 0, 0, 0])), 442),
    (attribute(TRANSPORT, UDP_TRANSPORT) + attribute(FAMILY, bytes([9, 0, 0, 0])), 440),
    (attribute(TRANSPORT, UDP_TRANSPORT) + attribute(0x7FFE, b""), 420),
    (attribute(TRANSPORT, UDP_TRANSPORT) + attribute(0x22, bytes(8)), 508),
    (attribute(TRANSPORT, UDP_TRANSPORT) + attribute(0x22, bytes(8)) + attribute(EVEN_PORT, b"\x80"), 400),
])
def test_t_an_allocation_that_cannot_be_is_refused(relay: Relay, body: bytes, code: int) -> None:
    with relay.client() as client:
        assert client.request(ALLOCATE, body).code == code


@pytest.mark.parametrize("channel", [0, 0x3FFF, 0x5000, 0x7FFF, 0xFFFF])
def test_t_channels_are_those_of_the_rfc(relay: Relay, channel: int) -> None:
    with relay.client() as client:
        assert client.allocate().code == 0
        assert client.bind(channel, "8.8.8.8", 53) == 400
        client.refresh(0)


def test_t_a_channel_and_a_peer_belong_together(relay: Relay) -> None:
    with relay.client() as client:
        assert client.allocate().code == 0
        assert client.bind(0x4000, "8.8.8.8", 53) == 0
        assert client.bind(0x4000, "8.8.8.8", 53) == 0
        assert client.bind(0x4001, "8.8.8.8", 53) == 400
        assert client.bind(0x4000, "8.8.4.4", 53) == 400
        client.refresh(0)


def test_t_nobody_uses_the_allocation_of_another(relay: Relay) -> None:
    with relay.client() as client:
        assert client.allocate().code == 0
        owner, client.user, client.password = client.user, "ben", "another password"
        assert client.refresh(0).code == 441
        client.user, client.password = owner, PASSWORD
        assert client.refresh(0).code == 0


def test_t_quotas_hold_and_are_given_back(relay: Relay) -> None:
    clients = [relay.client("udp", "ben", "another password") for _ in range(6)]
    codes = [client.allocate().code for client in clients]
    assert codes == [0, 0, 0, 0, 486, 486]
    assert clients[0].refresh(0).code == 0
    assert clients[4].allocate().code == 0
    for client in clients:
        client.refresh(0)
        client.socket.close()


def test_t_a_retransmitted_request_makes_one_allocation(relay: Relay) -> None:
    with relay.client() as client:
        client.allocate()
        client.refresh(0)
        request = client.signed(ALLOCATE, attribute(TRANSPORT, UDP_TRANSPORT))
        answers = [client.ask(request) for _ in range(3)]
        assert [answer.code for answer in answers] == [0, 0, 0]
        assert len({answer.attributes[0x16] for answer in answers}) == 1
        client.refresh(0)


@pytest.mark.parametrize("name", [
    "1000000000:x", "99999999999999999999:x", "-1:x", "+9999999999:x", "9999999999:x", "x:9999999999", " 1:x", ":x"])
def test_t_names_that_do_not_expire_in_a_day_are_refused(relay: Relay, name: str) -> None:
    import base64
    import hashlib
    import hmac
    password = base64.b64encode(hmac.new(SECRET.encode(), name.encode(), hashlib.sha1).digest()).decode()
    with relay.client("udp", name, password) as client:
        assert client.allocate().code == 401


def test_t_relay_ports_cannot_be_guessed(relay: Relay) -> None:
    ports = []
    with relay.client() as client:
        for _ in range(60):
            assert client.allocate().code == 0
            ports.append(client.relayed[1])
            client.refresh(0)
    assert all(49_152 <= port <= 65_535 for port in ports)
    # None rests for less than half a minute, and no run goes up or down.
    assert len(set(ports)) == len(ports)
    steps = [b - a for a, b in zip(ports, ports[1:])]
    assert sum(abs(step) <= 16 for step in steps) <= 3
    assert 15 <= sum(step > 0 for step in steps) <= 45


# MARK: K: streams

def ends(client: Client, within: float = 14) -> bool:
    """Whether the relay hangs up."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if client.receive(1) == b"":
            return True
    return False


@pytest.mark.parametrize("transport", ["tcp", "tls"])
@pytest.mark.parametrize("data", [
    message(BINDING, length=65_532), message(BINDING, length=0xFFFF)[:20], struct.pack("!HH", 0x4000, 65_535),
    message(BINDING)[:4] + b"\0\0\0\0" + bytes(12), b"\xff" * 64, b"\0\1\0\0" + bytes(60),
], ids=["65532", "65535", "ChannelData", "no cookie", "ff", "zeros"])
def test_k_what_is_no_frame_ends_the_stream_at_once(relay: Relay, transport: str, data: bytes) -> None:
    with Client(relay.port, transport) as client:
        assert client.ask(message(BINDING)) is not None
        try:
            client.send(data)
        except OSError:
            pass
        assert ends(client, within=5)


def test_k_whoever_waits_or_dribbles_is_cut(relay: Relay) -> None:
    silent_one, half, dribbler, asker = (Client(relay.port, "tcp") for _ in range(4))
    half.send(message(BINDING)[:10])
    stop = threading.Event()

    def dribble() -> None:
        for byte in message(ALLOCATE, attribute(0x8022, b"x" * 700)):
            if stop.is_set():
                return
            try:
                dribbler.send(bytes([byte]))
                asker.send(message(BINDING))
            except OSError:
                return
            time.sleep(0.05)

    thread = threading.Thread(target=dribble)
    thread.start()
    try:
        assert all(ends(client, within=25) for client in (silent_one, half, dribbler, asker))
    finally:
        stop.set()
        thread.join()
        for client in (silent_one, half, dribbler, asker):
            client.socket.close()


def test_k_a_stream_lives_while_its_allocation_does(relay: Relay) -> None:
    with relay.client("tls") as client:
        assert client.allocate().code == 0
        assert client.receive(13) is None
        assert client.refresh(600).code == 0
        # Afterwards it has a few seconds.
        assert client.refresh(0).code == 0
        assert ends(client)


def test_k_a_stream_that_ends_takes_its_allocation_along(relay: Relay) -> None:
    for _ in range(12):
        with relay.client("tcp", "ben", "another password") as client:
            assert client.allocate().code == 0


# MARK: D: DTLS

@pytest.fixture(scope="module")
def hello() -> bytes:
    """The first datagram of OpenSSL's client."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as catcher:
        catcher.bind(("127.0.0.1", 0))
        catcher.settimeout(10)
        client = subprocess.Popen(
            ["openssl", "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{catcher.getsockname()[1]}"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return catcher.recv(2000)
        finally:
            client.kill()
            client.wait()


def test_d_hellos_without_a_cookie_cost_nothing_and_gain_nothing(relay: Relay, hello: bytes) -> None:
    def flood() -> None:
        for number in range(3000):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
                source.bind((f"127.2.{number // 250}.{1 + number % 250}", 0))
                source.sendto(hello, ("127.0.0.1", relay.port))

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
        source.settimeout(3)
        source.sendto(hello, ("127.0.0.1", relay.port))
        assert len(source.recv(2000)) < len(hello)
    flood()
    before = memory(relay)
    flood()
    assert memory(relay) - before < 4_000_000


def test_d_broken_hellos_are_survived(relay: Relay, hello: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
        for index in range(len(hello)):
            source.sendto(hello[:index], ("127.0.0.1", relay.port))
            source.sendto(hello[:index] + bytes([hello[index] ^ 0xFF]) + hello[index + 1:], ("127.0.0.1", relay.port))
        # Alerts and data of nobody, and a fragment of no length.
        for kind in (20, 21, 22, 23, 63):
            source.sendto(bytes([kind, 0xFE, 0xFD]) + bytes(8) + b"\0\x02\x02\x28", ("127.0.0.1", relay.port))
        source.sendto(hello[:22] + b"\0\0\0" + hello[25:], ("127.0.0.1", relay.port))
