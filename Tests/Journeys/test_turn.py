# SPDX-License-Identifier: Apache-2.0
"""The relay as other software uses it: coturn's client over every transport, credentials, draining, restarts."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import PROGRAM, Server
from turn_client import ANY_CERTIFICATE, Client
from turn_relay import FLAGS, HAS_IPV6, PASSWORD, SECRET, UCLIENT, USER, Relay, uclient



def is_enough(sent: int, lost: int, transport: str) -> bool:
    """Whether what arrived is what should. coturn's client takes all that comes in one TLS record for one message, and
    the relay puts as many frames into a record as there are: what is behind the first is lost on it. How many that are
    is the machine's load; that nothing is lost over TLS, `turn_client.py` sees."""
    return lost < sent if transport == "tls" else sent > 0 and lost == 0


needs_uclient = pytest.mark.skipif(not UCLIENT, reason="turnutils_uclient is missing: scripts/install-dependencies --test")
HOSTS = ("127.0.0.1", "::1") if HAS_IPV6 else ("127.0.0.1",)
# Clients that are killed leave allocations behind.
OPEN = ("--set", "turn.allow-peers=127.0.0.1,::1", "--set", "turn.drain=20s", "--set", "turn.user-allocations=500")


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    relay = Relay(tmp_path_factory.mktemp("turn"), "turn", *OPEN, hosts=HOSTS)
    relay.start()
    yield relay
    assert relay.alive(), relay.log.read_text()
    relay.stop()


@pytest.fixture
def fragile_relay(tmp_path: Path) -> Iterator[Relay]:
    relay = Relay(tmp_path, "turn-fragile", *OPEN)
    relay.start()
    yield relay
    relay.stop()


class Echo:
    """A peer that sends everything back."""

    def __init__(self, host: str):
        tool = UCLIENT.replace("uclient", "peer")
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([tool, "-p", str(self.port), "-L", host], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        time.sleep(0.2)

    def __enter__(self) -> "Echo":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def carry(a: Client, b: Client, data: bytes = b"hello") -> bytes | None:
    """Sends from one client's relayed address to the other's."""
    assert a.permit(b.relayed[0]) == 0
    assert b.permit(a.relayed[0]) == 0
    a.indicate(*b.relayed, data)
    got = b.receive(3)
    return got[-len(data) - -len(data) % 4 * -1:] if got and data in got else None


# MARK: coturn's client

@needs_uclient
@pytest.mark.parametrize("transport", FLAGS)
def test_coturns_client_reaches_a_peer(relay: Relay, transport: str) -> None:
    with Echo("127.0.0.1") as peer:
        # With Send indications: the channels that this client makes up are not those of RFC 8656.
        sent, lost, text = uclient(relay, transport, "-s", "-m", "2", "-u", USER, "-w", PASSWORD, "-e", "127.0.0.1", "-r",
                                   str(peer.port))
    assert sent == 16 and is_enough(sent, lost, transport), text


@needs_uclient
@pytest.mark.parametrize("transport", FLAGS)
def test_coturns_clients_reach_each_other(relay: Relay, transport: str) -> None:
    sent, lost, text = uclient(relay, transport, "-s", "-y", "-m", "2", "-u", USER, "-w", PASSWORD)
    assert is_enough(sent, lost, transport), text


@needs_uclient
@pytest.mark.parametrize("transport", FLAGS)
def test_coturns_client_with_a_time_limited_credential(relay: Relay, transport: str) -> None:
    with Echo("127.0.0.1") as peer:
        sent, lost, text = uclient(relay, transport, "-s", "-m", "1", "-u", "carl", "-W", SECRET, "-e", "127.0.0.1", "-r",
                                   str(peer.port))
    assert sent == 8 and is_enough(sent, lost, transport), text


@needs_uclient
@pytest.mark.skipif(not HAS_IPV6, reason="there is no ::1 here")
@pytest.mark.parametrize("transport", FLAGS)
def test_coturns_client_over_ipv6(relay: Relay, transport: str) -> None:
    with Echo("::1") as peer:
        sent, lost, text = uclient(relay, transport, "-s", "-x", "-m", "1", "-u", USER, "-w", PASSWORD, "-e", "::1", "-r",
                                   str(peer.port), host="::1")
    assert sent == 8 and is_enough(sent, lost, transport), text


@needs_uclient
def test_coturns_client_with_channels(relay: Relay) -> None:
    # It takes channels from 0x4000 to 0x7FFF, of which one in four is one of RFC 8656: the others are refused. Which one
    # depends on the second in which it starts.
    with Echo("127.0.0.1") as peer:
        for _ in range(60):
            sent, lost, text = uclient(relay, "udp", "-m", "1", "-n", "2", "-u", USER, "-w", PASSWORD, "-e", "127.0.0.1",
                                       "-r", str(peer.port))
            if sent:
                break
            assert "error 400" in text, text
            time.sleep(1)
    assert sent == 2 and lost == 0, text


@needs_uclient
def test_coturns_client_with_a_wrong_password_gets_nothing(relay: Relay) -> None:
    sent, _, text = uclient(relay, "udp", "-s", "-y", "-m", "2", "-u", USER, "-w", "wrong")
    assert sent == 0 and "Cannot complete Allocation" in text, text


# MARK: Our own

@pytest.mark.parametrize("first", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("second", ["udp", "tcp", "tls"])
def test_clients_of_two_transports_reach_each_other(relay: Relay, first: str, second: str) -> None:
    with relay.client(first) as a, relay.client(second, user="ben", password="another password") as b:
        assert a.allocate().code == 0 and b.allocate().code == 0
        assert carry(a, b) is not None and carry(b, a) is not None
        assert a.bind(0x4000, *b.relayed) == 0 and b.bind(0x4001, *a.relayed) == 0
        for size in (0, 1, 5, 1200):
            a.channel_data(0x4000, b"x" * size)
            got = b.receive(3)
            assert got is not None and got[:4] == bytes([0x40, 1]) + size.to_bytes(2, "big")
            assert got[4:4 + size] == b"x" * size


def test_only_those_of_one_group_reach_each_other(relay: Relay) -> None:
    names = ["one/a", "one/b", "two/c"]
    clients = [relay.client("udp", *relay.credential("--name", name)) for name in names]
    a, b, c = clients
    assert all(client.allocate().code == 0 for client in clients)
    assert carry(a, b) is not None
    assert c.permit(a.relayed[0]) in (0, 403)
    a.permit(c.relayed[0])
    c.indicate(*a.relayed, b"intruder")
    b.indicate(*a.relayed, b"friend")
    assert b"friend" in (a.receive(3) or b"")
    for client in clients:
        client.socket.close()


def test_a_credential_from_the_shell_ends_in_time(relay: Relay) -> None:
    name, password = relay.credential("--name", "shell/one", "--lifetime", "1h")
    with relay.client("tcp", name, password) as client:
        assert client.allocate().code == 0
    # An hour ago.
    early = f"{int(name.split(':')[0]) - 7200}:shell/one"
    with relay.client("tcp", early, password) as client:
        assert client.allocate().code == 401


def test_a_released_address_is_free_at_once(relay: Relay) -> None:
    with relay.client() as client:
        for _ in range(20):
            assert client.allocate().code == 0
            assert client.allocate().code == 437
            assert client.refresh(0).code == 0


def test_secrets_are_replaced_without_a_restart(fragile_relay: Relay) -> None:
    old = fragile_relay.credential()

    def works(credential: tuple[str, str]) -> bool:
        with fragile_relay.client("udp", *credential) as client:
            return client.allocate().code == 0

    def comes_true(what: bool, credential: tuple[str, str]) -> None:
        deadline = time.monotonic() + 30
        while works(credential) != what:
            assert time.monotonic() < deadline, fragile_relay.log.read_text()
            time.sleep(0.3)

    assert works(old)
    # The new one in front of the old one: both are honoured.
    fragile_relay.secrets.write_text(f"a-new-secret-of-enough-bytes\n{SECRET}\n")
    new = fragile_relay.credential()
    assert new[1] != old[1]
    comes_true(True, new)
    assert works(old)
    # A broken file changes nothing and is told.
    fragile_relay.secrets.write_text("short\n")
    deadline = time.monotonic() + 30
    while "could not be reloaded" not in fragile_relay.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert works(new) and works(old)
    fragile_relay.secrets.write_text("a-new-secret-of-enough-bytes\n")
    comes_true(False, old)
    assert works(new)


def test_draining_serves_those_who_are_there_and_nobody_else(fragile_relay: Relay) -> None:
    with fragile_relay.client() as a, fragile_relay.client("tls", "ben", "another password") as b, \
            fragile_relay.client("udp") as late:
        assert a.allocate().code == 0 and b.allocate().code == 0
        fragile_relay.terminate()
        deadline = time.monotonic() + 10
        while "draining" not in fragile_relay.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.2)
        assert late.allocate().code in (300, 508)
        # Whoever is there goes on, refreshes included.
        assert carry(a, b) is not None and carry(b, a) is not None
        assert a.refresh(600).code == 0
        assert fragile_relay.alive()
        # When the last one goes, the relay does.
        assert a.refresh(0).code == 0 and b.refresh(0).code == 0
        fragile_relay.process.wait(timeout=10)
    assert fragile_relay.process.returncode == 0
    assert "allocations=0" in fragile_relay.log.read_text()


def test_draining_ends_at_its_deadline(tmp_path: Path) -> None:
    relay = Relay(tmp_path, "turn-deadline", "--set", "turn.drain=1s").start()
    with relay.client() as client:
        assert client.allocate().code == 0
        relay.terminate()
        relay.process.wait(timeout=10)
    assert relay.process.returncode == 0


def test_a_second_signal_ends_it_at_once(fragile_relay: Relay) -> None:
    with fragile_relay.client() as client:
        assert client.allocate().code == 0
        fragile_relay.terminate()
        time.sleep(0.5)
        assert fragile_relay.alive()
        fragile_relay.terminate()
        fragile_relay.process.wait(timeout=10)


def test_after_a_kill_clients_come_back_with_what_they_have(fragile_relay: Relay) -> None:
    credential = fragile_relay.credential()
    with fragile_relay.client("udp", *credential) as client:
        assert client.allocate().code == 0
        fragile_relay.kill()
        fragile_relay.start()
        # The nonce is of the process that is gone; so is the allocation.
        assert client.refresh(600).code == 437
        assert client.allocate().code == 0
    with fragile_relay.client("tls", *credential) as client:
        assert client.allocate().code == 0


def test_a_renewed_certificate_reaches_turn_over_tls(tmp_path: Path) -> None:
    first, second = (make_certificate(tmp_path, name) for name in ("one", "two"))
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def install(pair: tuple[Path, Path]) -> None:
        key.write_bytes(pair[1].read_bytes())
        cert.write_bytes(pair[0].read_bytes())

    install(first)
    relay = Relay(tmp_path, "turn-renewal", "--cert", str(cert), "--key", str(key)).start()
    try:
        served = lambda: ssl.get_server_certificate(("127.0.0.1", relay.port))  # noqa: E731
        before = served()
        with relay.client("tls") as client:
            assert client.allocate().code == 0
            install(second)
            deadline = time.monotonic() + 40
            while served() == before:
                assert time.monotonic() < deadline, relay.log.read_text()
                time.sleep(0.5)
            # Whoever is connected noticed nothing.
            assert client.refresh(600).code == 0
        said = subprocess.run(["openssl", "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{relay.port}"], input="",
                              capture_output=True, text=True, timeout=20).stdout
        assert "CN = two" in said or "CN=two" in said, said
    finally:
        relay.stop()


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    cert, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True, timeout=20)
    return cert, key


@pytest.mark.parametrize(("setting", "content", "sentence"), [
    ("turn.secrets-file", "short\n", "shorter than 16 bytes"),
    ("turn.secrets-file", "# nothing\n", "there is no secret in it"),
    ("turn.users-file", "no colon\n", "line 1 is not of the form name:password"),
    ("turn.users-file", "ana:a\nana:b\n", "ana in line 2 is there twice"),
    ("turn.users-file", "1767229200:a\n", "looks like one that expires"),
])
def test_files_that_cannot_be_used_are_told(tmp_path: Path, setting: str, content: str, sentence: str) -> None:
    file = tmp_path / "file"
    file.write_text(content)
    done = subprocess.run(
        [str(PROGRAM), "turn", "--data", str(tmp_path), "--tls", "off", "--set", "turn.listen=127.0.0.1:0", "--set",
         f"{setting}={file}"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 69 and sentence in done.stdout + done.stderr


def test_a_relay_that_nobody_could_use_does_not_start(tmp_path: Path) -> None:
    done = subprocess.run([str(PROGRAM), "turn", "--data", str(tmp_path), "--tls", "off"], capture_output=True, text=True,
                          timeout=20)
    assert done.returncode == 69 and "openssl rand -hex 32" in done.stdout + done.stderr


# MARK: In the whole server

@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("whole"), "turn-whole", "--set", "turn.listen=127.0.0.1:0")
    server.start()
    yield server
    server.stop()


def credential_of(server: Server, *arguments: str) -> tuple[str, str]:
    text = subprocess.run(
        [str(PROGRAM), "turn", "credential", "--data", str(server.data), "--listen", f"127.0.0.1:{server.port}",
         *arguments], check=True, capture_output=True, text=True, timeout=20).stdout
    lines = dict(line.split(None, 1) for line in text.splitlines() if line[:1] not in ("", " "))
    return lines["username"], lines["password"]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_pages_and_the_relay_share_a_port(whole: Server, transport: str) -> None:
    with Client(whole.port, transport, user=(c := credential_of(whole))[0], password=c[1]) as client:
        assert client.allocate().code == 0
        assert whole.answers()


def test_the_admin_sees_and_ends_what_is_relayed(whole: Server) -> None:
    assert whole.request("GET", "/api/v1/relays")[0] in (401, 403)
    assert whole.request("DELETE", "/api/v1/relays/shown%2Fone")[0] in (401, 403)
    subprocess.run(
        [str(PROGRAM), "user", "add", "op@example.org", "--name", "Op", "--role", "admin", "--data", str(whole.data)],
        input="correct horse\n", text=True, check=True, capture_output=True, timeout=30)
    status, answer = whole.request("POST", "/api/v1/tokens", {"email": "op@example.org", "password": "correct horse"})
    assert status == 200, answer
    admin = {"Authorization": f"Bearer {answer['token']}"}
    name, password = credential_of(whole, "--name", "shown/one")
    with Client(whole.port, "tcp", user=name, password=password) as client:
        assert client.allocate().code == 0
        status, answer = whole.request("GET", "/api/v1/relays", headers=admin)
        assert status == 200
        shown = [relay for relay in answer["relays"] if "shown/one" in relay["user"]]
        assert len(shown) == 1 and shown[0]["transport"] == "tcp"
        assert shown[0]["relayed"] == f"{client.relayed[0]}:{client.relayed[1]}"
        assert password not in str(answer)
        assert whole.request("DELETE", "/api/v1/relays/shown%2Fone", headers=admin)[0] == 204
        assert client.receive(5) == b""
    with Client(whole.port, "tcp", user=name, password=password) as client:
        assert client.allocate().code == 401


def test_metrics_tell_of_the_relay(whole: Server) -> None:
    import urllib.request
    with Client(whole.port, user=(c := credential_of(whole))[0], password=c[1]) as client:
        assert client.allocate().code == 0
        assert client.permit("127.0.0.1", "10.1.2.3") == 403
        with urllib.request.urlopen(whole.origin + "/metrics", context=ANY_CERTIFICATE, timeout=10) as answer:
            page = answer.read().decode()
    lines = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    assert int(lines['parley_relay_allocations{transport="udp",realm="parley"}']) >= 1
    assert int(lines['parley_relay_refusals_total{reason="forbiddenPeer"}']) >= 1
    assert int(lines['parley_relay_refusals_total{reason="unauthenticated"}']) >= 1
    assert "parley_streams_total" in lines


def test_without_the_relay_there_is_none(tmp_path: Path) -> None:
    server = Server(tmp_path, "turn-off", "--set", "turn.enabled=false")
    server.start()
    try:
        with pytest.raises((OSError, AssertionError)):
            with Client(server.port) as client:
                assert client.allocate() is not None
    finally:
        server.stop()
