# SPDX-License-Identifier: Apache-2.0
"""Parley behind real Apache and nginx, configured as docs/deploy.md says: pages on www., API and sockets on api."""

import http.client
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from conftest import Arrive, Browsers
from dialects import DialectServer
from person import KEEP_CONNECTIONS, until
from proxy import DEPLOY, DOMAIN, Proxy
from server import ANY_CERTIFICATE, PROGRAM, Server, free_port
from stomp_peer import WAYS, StompPeer
from visitor import Visitor

PROXIES = ["apache", "nginx"]


class Deployment(Proxy):
    """A proxy and the server behind it, which has the address that people see."""

    def __init__(self, kind: str, server: Server):
        super().__init__(kind, server.port)
        self.server = server

    def request(self, host: str, method: str, path: str, body: object = None, headers: dict | None = None):
        """Asks for `path` of www. or api.; gives status, headers and text."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.https, context=ANY_CERTIFICATE, timeout=10)
        headers = {"Host": f"{host}.{DOMAIN}:{self.https}", "Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, response.headers, text

    def new_meeting(self) -> str:
        status, _, text = self.request("api", "POST", "/api/v1/meetings", {}, {"Origin": self.api})
        assert status == 201, text
        return json.loads(text)["meeting"]


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names under localhost are this machine (RFC 6761 §6.3), which browsers know and Python asks a server about."""
    ask = socket.getaddrinfo

    def answer(host, *rest, **more):
        return ask("127.0.0.1" if str(host).endswith(f".{DOMAIN}") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture(scope="module", params=PROXIES)
def deployment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    server = Server(tmp_path_factory.mktemp("data"), f"behind-{request.param}", "--behind-proxy", "127.0.0.1")
    deployment = Deployment(request.param, server)
    deployment.relay = free_port()
    server.arguments += ("--set", f"http.allowed-origins={deployment.www}", "--set", f"turn.listen=127.0.0.1:{deployment.relay}")
    server.start()
    try:
        deployment.start()
        server.origin = deployment.api
        yield deployment
    finally:
        deployment.stop()
        server.stop()


def test_two_people_meet_at_the_servers_own_page(deployment: Deployment, arrive: Arrive):
    meeting = deployment.new_meeting()
    ana = arrive("Ana", server=deployment.server).join(meeting)
    ben = arrive("Ben", "firefox", server=deployment.server).join(meeting)
    ana.sees("Ben")
    ben.sees("Ana")
    ana.say("Hello through a proxy")
    ben.reads("Hello through a proxy")


@pytest.mark.parametrize("transport", ["polling,websocket", "polling", "websocket"])
def test_two_people_meet_at_a_page_of_another_name(deployment: Deployment, browsers: Browsers, transport: str):
    meeting = deployment.new_meeting()
    contexts = [browsers.get("chromium").new_context(ignore_https_errors=True) for _ in range(2)]
    try:
        pages = []
        for context in contexts:
            context.add_init_script(KEEP_CONNECTIONS)
            page = context.new_page()
            # The address of a meeting is no file of www.: the page answers all the same.
            page.goto(f"{deployment.www}/{meeting}?transport={transport}")
            expect(page.get_by_role("status")).not_to_have_text("…")
            pages.append(page)
        for page in pages:
            expect(page.get_by_role("status")).to_contain_text("connected")
            video = page.get_by_label("The other")
            until(lambda: video.evaluate("(video) => video.videoWidth > 0 && video.currentTime") > 0, "a picture")
            begun = video.evaluate("(video) => video.currentTime")
            until(lambda: video.evaluate("(video) => video.currentTime") > begun, "moving pictures")
    finally:
        for context in contexts:
            context.close()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_program_meets_over_either_transport(deployment: Deployment, transport: str):
    meeting = deployment.new_meeting()
    visitors = [Visitor(deployment.api, name, transport).connect() for name in ("Ana", "Ben")]
    try:
        assert visitors[0].client.eio.current_transport == transport
        visitors[0].join(meeting)
        visitors[1].join(meeting)
        assert visitors[0].hears("participant-joined")["participant"]["name"] == "Ben"
        long = "é" * 4000
        visitors[1].say(long)
        assert visitors[0].hears("chat")["message"]["text"] == long
    finally:
        for visitor in visitors:
            visitor.leave()


@pytest.fixture(scope="module", params=PROXIES)
def dialects(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy whose api. leads to a dialect's port."""
    server = DialectServer(
        tmp_path_factory.mktemp("data"), f"dialect-behind-{request.param}", "ycyw-stomp",
        arguments=("--behind-proxy", "127.0.0.1"), with_pages=True)
    server.start()
    proxy = Proxy(request.param, server.ports["ycyw-stomp"])
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.stop()
        server.stop()


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize("way", WAYS)
def test_streams_and_sockets_of_a_dialect_come_through(dialects: Proxy, way: str):
    peer = StompPeer(f"{dialects.api}/ws", way)
    peer.subscribe("/topic/public")
    peer.send("/app/chat.addUser", {"sender": f"Ana {way}", "type": "JOIN", "message": ""})
    peer.send("/app/chat.sendMessage", {"message": "é" * 4000, "type": "CHAT"})
    while (message := peer.next()[1])["type"] != "CHAT":
        pass
    assert message == {"message": "é" * 4000, "type": "CHAT", "sender": f"Ana {way}"}
    peer.leave()


def test_two_people_meet_at_the_page_of_a_dialect(dialects: Proxy, browsers: Browsers):
    contexts = [browsers.get(kind).new_context(ignore_https_errors=True) for kind in ("chromium", "firefox")]
    try:
        ana, ben = (context.new_page() for context in contexts)
        ana.goto(f"{dialects.api}/?name=Ana")
        ben.goto(f"{dialects.api}/?name=Ben")
        ana.get_by_role("button", name="Call Ben").click()
        for page in (ana, ben):
            page.wait_for_function("other.videoWidth > 0 && other.currentTime > 0.3", timeout=20_000)
    finally:
        for context in contexts:
            context.close()


def test_the_server_learns_who_asks_and_for_what(deployment: Deployment):
    # Metrics are for this machine alone; what comes through a proxy is from elsewhere, whatever the client says.
    assert deployment.request("api", "GET", "/metrics")[0] in (401, 403)
    assert deployment.request("api", "GET", "/metrics", headers={"X-Forwarded-For": "", "Forwarded": "for=127.0.0.1"})[0] in (401, 403)
    # A cookie is for HTTPS only: the proxy said that there is TLS in front of it.
    path = urlsplit(deployment.server.host_link()).path
    status, headers, _ = deployment.request("api", "GET", path)
    assert status == 303
    assert "; Secure" in headers["Set-Cookie"]
    # A page of the server's own name may start meetings, that of a stranger may not.
    assert deployment.request("api", "POST", "/api/v1/meetings", {}, {"Origin": deployment.api})[0] == 201
    assert deployment.request("api", "POST", "/api/v1/meetings", {}, {"Origin": "https://example.net"})[0] == 403


def urls_of(text: str) -> list[str]:
    return [url for server in json.loads(text)["iceServers"] for url in server["urls"]]


def test_browsers_are_led_past_the_proxy_to_the_relay(deployment: Deployment):
    status, _, text = deployment.request("api", "POST", "/api/v1/ice-servers", {}, {"Origin": deployment.api})
    assert status == 200, text
    place = f"api.{DOMAIN}:{deployment.relay}"
    assert urls_of(text) == [f"stun:{place}", f"turn:{place}?transport=udp", f"turn:{place}?transport=tcp"]
    # Something that speaks STUN is there: a Binding request, and a success with its transaction.
    request = bytes.fromhex("000100002112a442") + b"parley-test!"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(5)
        probe.sendto(request, ("127.0.0.1", deployment.relay))
        answer = probe.recv(2000)
    assert (answer[:2], answer[8:20]) == (bytes.fromhex("0101"), request[8:])
    assert f"127.0.0.1:{deployment.relay}" in deployment.server.log.read_text()


def test_without_a_port_of_its_own_nobody_is_told_of_a_relay(tmp_path):
    server = Server(tmp_path, "behind-without-relay", "--behind-proxy", "127.0.0.1")
    server.start()
    try:
        address = f"https://api.{DOMAIN}"
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        headers = {"Host": f"api.{DOMAIN}", "X-Forwarded-Proto": "https", "Origin": address, "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/ice-servers", "{}", headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        assert (response.status, urls_of(text)) == (200, [])
        assert "turn.listen = :3478" in server.log.read_text()
    finally:
        server.stop()


def test_the_page_of_www_answers_for_every_address(deployment: Deployment):
    page = (DEPLOY / "www/index.html").read_text()
    for path in ["/", "/abc-defg-hij", "/settings/devices"]:
        status, headers, text = deployment.request("www", "GET", path)
        assert (status, text) == (200, page)
    assert deployment.request("www", "GET", "/call.js")[2] == (DEPLOY / "www/call.js").read_text()


@pytest.mark.parametrize("host", ["www", "api"])
def test_plain_http_leads_to_https(deployment: Deployment, host: str):
    connection = http.client.HTTPConnection("127.0.0.1", deployment.http, timeout=10)
    connection.request("GET", "/abc-defg-hij", headers={"Host": f"{host}.{DOMAIN}"})
    response = connection.getresponse()
    assert response.status == 301
    assert response.headers["Location"] == f"https://{host}.{DOMAIN}:{deployment.https}/abc-defg-hij"
    connection.close()


def test_the_htaccess_file_does_the_same_as_the_site(tmp_path_factory: pytest.TempPathFactory):
    proxy = Proxy("apache", 9)
    site = proxy.site

    def with_htaccess() -> str:
        (proxy.work / "www/.htaccess").write_text((DEPLOY / "apache/htaccess").read_text())
        return site().replace("FallbackResource /index.html", "AllowOverride FileInfo")

    proxy.site = with_htaccess
    proxy.start()
    try:
        connection = http.client.HTTPSConnection("127.0.0.1", proxy.https, context=ANY_CERTIFICATE, timeout=10)
        for path, file in [("/", "index.html"), ("/some/where", "index.html"), ("/call.js", "call.js")]:
            connection.request("GET", path, headers={"Host": f"www.{DOMAIN}"})
            assert connection.getresponse().read().decode() == (DEPLOY / "www" / file).read_text()
    finally:
        proxy.stop()


def test_the_example_of_a_configuration_is_understood():
    shown = subprocess.run([PROGRAM, "config", "--config", DEPLOY / "parley.conf"], capture_output=True, text=True, check=True).stdout
    for value in ["127.0.0.1:8443", ":3478", "https://www.example.org", "/var/lib/parley"]:
        assert value in shown


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_understands_the_unit(tmp_path):
    # The program and its configuration are at other places here.
    text = (DEPLOY / "parley.service").read_text().replace("/usr/local/bin/parley", str(PROGRAM))
    unit = tmp_path / "parley.service"
    unit.write_text(text)
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    complaints = [line for line in result.stderr.splitlines() if "parley.service" in line]
    assert complaints == []
