# SPDX-License-Identifier: Apache-2.0
"""Other programs are told what happens in meetings."""

import base64
import hashlib
import hmac
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from person import until
from server import Server
from visitor import Visitor

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """A program that is told. What it answers next is in `answers`; else it takes everything."""

    def __init__(self, certificate: Path | None = None):
        self.heard: list[tuple[dict, bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if certificate else "http"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}/told?by=parley"

    def events(self) -> list[dict]:
        return [json.loads(body) for _, body in self.heard]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events()]


Begin = Callable[..., Server]


@pytest.fixture
def begin(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Begin]:
    """Starts a server that tells these receivers."""
    servers: list[Server] = []

    def start(*receivers: Receiver, more: tuple[str, ...] = ()) -> Server:
        secret = tmp_path / "secret"
        secret.write_text(SECRET + "\n")
        addresses = ",".join(receiver.address for receiver in receivers)
        server = Server(
            tmp_path / "data", request.node.name, "--set", f"webhooks.urls={addresses}", "--set", f"webhooks.secret-file={secret}",
            "--set", "webhooks.private-addresses=true", *more)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


def is_signed(headers: dict, body: bytes) -> bool:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()


def test_a_meeting_is_told_from_its_start_to_its_end(begin: Begin):
    receivers = Receiver(), Receiver()
    server = begin(*receivers, more=("--set", "rooms.reconnect-grace=1s"))
    meeting = server.new_meeting()
    eve, ben = Visitor(server.origin, "Eve").connect(), Visitor(server.origin, "Ben").connect()
    seat = eve.join(meeting)
    ben.join(meeting)
    # One goes, the other is lost.
    ben.call("leave", {})
    ben.leave()
    eve.leave()
    for receiver in receivers:
        until(lambda: len(receiver.heard) >= 6, "six events came")
        assert receiver.types() == [
            "meeting.started", "participant.joined", "participant.joined", "participant.left", "participant.left", "meeting.ended"]
        assert all(is_signed(*request) for request in receiver.heard)
        joined, ended = receiver.events()[1]["data"], receiver.events()[-1]["data"]
        assert joined == {
            "meeting": meeting, "name": None,
            "participant": {"id": seat["self"]["id"], "name": "Eve", "role": "participant", "guest": False}}
        assert ended["mostParticipants"] == 2 and ended["seconds"] >= 0
        assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 6


def test_what_is_not_taken_comes_again_and_keeps_nothing_waiting(begin: Begin):
    receiver = Receiver()
    receiver.answers = [500, 302]
    server = begin(receiver)
    eve = Visitor(server.origin, "Eve").connect()
    eve.join(server.new_meeting())
    until(lambda: len(receiver.heard) >= 4, "both events came again", 30)
    assert sorted(receiver.types()) == ["meeting.started", "meeting.started", "participant.joined", "participant.joined"]
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 2
    assert all(is_signed(*request) for request in receiver.heard)
    eve.leave()


def test_nobody_is_told_without_a_trusted_certificate(begin: Begin, tmp_path: Path):
    certificate = tmp_path / "receiver.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=receiver",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate.with_suffix(".key"), "-out", certificate],
        check=True, capture_output=True)
    receiver = Receiver(certificate)
    server = begin(receiver)
    eve = Visitor(server.origin, "Eve").connect()
    eve.join(server.new_meeting())
    until(lambda: "its certificate is not trusted" in server.log.read_text(), "the operator is told")
    assert receiver.heard == []
    eve.leave()
    server.stop()
    server = begin(receiver, more=("--set", f"webhooks.authorities={certificate}"))
    eve = Visitor(server.origin, "Eve").connect()
    eve.join(server.new_meeting())
    until(lambda: receiver.types()[:2] == ["meeting.started", "participant.joined"], "the trusted one is told")
    assert SECRET not in server.log.read_text()
    eve.leave()


@pytest.mark.parametrize(("settings", "reason"), [
    ({"webhooks.urls": "https://example.org/"}, "webhooks.secret-file"),
    ({"webhooks.urls": "http://example.org/", "webhooks.secret-file": "SECRET"}, "is not https"),
    ({"webhooks.urls": "ftp://example.org/", "webhooks.secret-file": "SECRET"}, "webhooks.urls"),
    ({"webhooks.urls": "https://example.org/", "webhooks.secret-file": "SHORT"}, "whsec_"),
])
def test_wrong_settings_are_told(tmp_path: Path, settings: dict[str, str], reason: str):
    for name, text in (("SECRET", SECRET), ("SHORT", "whsec_c2hvcnQ=")):
        (tmp_path / name).write_text(text)
    server = Server(tmp_path / "data", "webhook-settings", *(
        part for key, value in settings.items()
        for part in ("--set", f"{key}={tmp_path / value if value.isupper() else value}")))
    server.log.unlink(missing_ok=True)
    with pytest.raises(RuntimeError, match="did not start"):
        server.start()
    assert reason in server.log.read_text()
