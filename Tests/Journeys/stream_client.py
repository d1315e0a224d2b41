# SPDX-License-Identifier: Apache-2.0
"""WHIP and WHEP for the journeys: by hand over HTTP, and in a page."""

import urllib.error
import urllib.request
from dataclasses import dataclass

from playwright.sync_api import Page

from api_client import Description
from person import until
from server import Server

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
# By the server's address.
DESCRIPTIONS: dict[str, Description] = {}


@dataclass
class Reply:
    status: int
    headers: dict
    text: str
    links: list[str]


class StreamClient:
    """Asks, and shows what was answered."""

    def __init__(self, server: Server, token: str | None = None):
        self.server = server
        self.token = token

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Reply:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        request = urllib.request.Request(
            self.server.origin + path, method=method, data=None if body is None else body.encode(), headers=headers)
        try:
            answer = urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            links = answer.headers.get_all("Link", [])
            reply = Reply(answer.status, dict(answer.headers.items()), answer.read().decode(), links)
        self.check(method, path, reply)
        return reply

    def check(self, method: str, path: str, reply: Reply) -> None:
        """Whether `openapi.json` describes the operation, and may be answered like this."""
        if self.server.origin not in DESCRIPTIONS:
            DESCRIPTIONS[self.server.origin] = Description(self.server)
        found = DESCRIPTIONS[self.server.origin].operation(method, path)
        if found is None:
            assert method == "OPTIONS" or reply.status in (404, 405), f"{method} {path} is not described"
            return
        described = found[1]["responses"].get(str(reply.status))
        assert described or reply.status >= 400, f"{found[0]} is not said to answer {reply.status}"
        if described:
            assert reply.headers.get("Content-Type") in described.get("content", {None: None}), found[0]
            assert set(described.get("headers", {})) <= {*reply.headers, "Link"}, found[0]

    def post(self, path: str, offer: str, type: str = SDP) -> Reply:
        return self.ask("POST", path, offer, Content_Type=type)

    def patch(self, place: str, fragment: str, match: str | None, type: str = FRAGMENT) -> Reply:
        return self.ask("PATCH", place, fragment, Content_Type=type, **({"If_Match": match} if match else {}))

    def is_live(self, room: str, publisher: str) -> bool:
        """Whether somebody publishes there: an offer of nothing is refused for itself only then."""
        return self.post(f"/whep/{room}/{publisher}", "v=0\r\n").status != 409


SCRIPT = """
window.streams = {
  // A picture that changes with every frame, and a tone.
  async source() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const context = canvas.getContext("2d");
    let count = 0;
    setInterval(() => {
      context.fillStyle = `hsl(${count++ * 7 % 360} 90% 50%)`;
      context.fillRect(0, 0, 640, 360);
      context.fillStyle = "#fff";
      context.fillRect(count * 5 % 640, 100, 60, 160);
    }, 50);
    const picture = canvas.captureStream(20).getVideoTracks()[0];
    // Firefox has no sound of its own where there is no sound card, but a fake microphone that hums.
    if (navigator.userAgent.includes("Firefox"))
      return [(await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0], picture];
    const audio = new AudioContext();
    const tone = new OscillatorNode(audio, { frequency: 440 });
    const output = audio.createMediaStreamDestination();
    tone.connect(output);
    tone.start();
    return [output.stream.getAudioTracks()[0], picture];
  },
  async post(connection, url) {
    if (this.label) {
      this.heard = [];
      this.channel = connection.createDataChannel(this.label);
      this.channel.onmessage = ({ data }) => this.heard.push(data);
    }
    await connection.setLocalDescription();
    await new Promise((resolve) => {
      const done = () => connection.iceGatheringState === "complete" && resolve();
      connection.onicegatheringstatechange = done;
      done();
      setTimeout(resolve, 2000);
    });
    const reply = await fetch(url, {
      method: "POST", headers: { "Content-Type": "application/sdp" }, body: connection.localDescription.sdp });
    const text = await reply.text();
    if (reply.status !== 201) throw new Error(`${reply.status} ${text}`);
    this.place = reply.headers.get("Location");
    this.tag = reply.headers.get("ETag");
    this.answer = text;
    await connection.setRemoteDescription({ type: "answer", sdp: text });
    await new Promise((resolve, reject) => {
      const done = () => connection.connectionState === "connected" && resolve();
      connection.onconnectionstatechange = done;
      done();
      setTimeout(() => reject(new Error(connection.connectionState)), 10000);
    });
    this.connection = connection;
  },
  async publish(url, layers) {
    const connection = new RTCPeerConnection(this.configuration);
    const [audio, video] = await this.source();
    connection.addTransceiver(audio, { direction: "sendonly" });
    const sendEncodings = layers ? [{ rid: "q", scaleResolutionDownBy: 4 }, { rid: "f" }] : [{}];
    connection.addTransceiver(video, { direction: "sendonly", sendEncodings });
    await this.post(connection, url);
  },
  async watch(url, sections) {
    const connection = new RTCPeerConnection(this.configuration);
    for (const kind of ["audio", "video"])
      for (let each = 0; each < sections; each++) connection.addTransceiver(kind, { direction: "recvonly" });
    this.videos = [];
    connection.ontrack = ({ track }) => {
      // Sound that nobody plays is not decoded.
      const player = Object.assign(document.createElement(track.kind), { muted: track.kind === "video", autoplay: true });
      player.srcObject = new MediaStream([track]);
      document.body.append(player);
      if (track.kind === "video") this.videos.push(player);
    };
    await this.post(connection, url);
  },
  async stats(kind) {
    return [...(await this.connection.getStats()).values()].filter(
      (entry) => entry.type === "inbound-rtp" && entry.kind === kind);
  },
  // The types of the candidates in use, and what carries them.
  async route() {
    const all = [...(await this.connection.getStats()).values()];
    const entries = new Map(all.map((entry) => [entry.id, entry]));
    const named = all.map((entry) => entries.get(entry.selectedCandidatePairId)).find(Boolean);
    const pair = named ?? all.find((entry) => entry.type === "candidate-pair" && entry.selected);
    const local = entries.get(pair?.localCandidateId);
    return [local?.candidateType === "relay" ? "relay" : "host", local?.relayProtocol ?? local?.protocol];
  },
  async color() {
    const video = this.videos[0];
    const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0, 8, 8);
    return [...context.getImageData(1, 1, 1, 1).data].slice(0, 3);
  },
  // As RFC 9725 section 4.3.3 has it: the local description, a PATCH with its credentials, and the answer with new ones.
  async restart() {
    const connection = this.connection;
    connection.restartIce();
    await connection.setLocalDescription();
    const lines = connection.localDescription.sdp.split("\\r\\n");
    const find = (name) => lines.find((line) => line.startsWith(`a=${name}:`));
    const fragment = [find("ice-ufrag"), find("ice-pwd"), lines.find((line) => line.startsWith("m=")), find("mid"), ""];
    const reply = await fetch(this.place, {
      method: "PATCH", body: fragment.join("\\r\\n"),
      headers: { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*" } });
    const fresh = (await reply.text()).split("\\r\\n");
    if (reply.status !== 200) return reply.status;
    this.tag = reply.headers.get("ETag");
    const sdp = this.answer.split("\\r\\n").map((line) => {
      const name = line.match(/^a=ice-(ufrag|pwd):/);
      return name ? fresh.find((other) => other.startsWith(name[0])) : line;
    });
    sdp[1] = sdp[1].replace(/ (\\d+) IN/, (_, version) => ` ${Number(version) + 1} IN`);
    await connection.setRemoteDescription({ type: "answer", sdp: sdp.join("\\r\\n") });
    return reply.status;
  },
};
"""


class StreamPage:
    """A page that publishes or watches."""

    def __init__(self, page: Page, origin: str):
        self.page = page
        self.context = page.context
        # Any page of the server's: its scripts may ask the server, whatever is on it.
        page.goto(origin + "/healthz")
        page.evaluate(SCRIPT)

    def publish(self, url: str, layers: bool = False) -> None:
        self.page.evaluate("([url, layers]) => streams.publish(url, layers)", [url, layers])

    def watch(self, url: str, sections: int = 1) -> None:
        self.page.evaluate("([url, sections]) => streams.watch(url, sections)", [url, sections])

    def directions(self) -> list[str]:
        """What the answer says of each section."""
        return self.page.evaluate(
            "() => streams.answer.match(/a=(sendonly|recvonly|sendrecv|inactive)/g).map((line) => line.slice(2))")

    def stats(self, kind: str) -> list[dict]:
        return self.page.evaluate("(kind) => streams.stats(kind)", kind)

    def decoded(self, index: int) -> int:
        entries = self.stats("video")
        return sorted(each.get("framesDecoded", 0) for each in entries)[-1 - index] if len(entries) > index else 0

    def sees_moving_picture(self, index: int = 0) -> None:
        before = self.decoded(index)
        until(lambda: self.decoded(index) >= before + 20, "twenty more frames are decoded")

    def hears_something(self) -> None:
        until(lambda: any(each.get("totalAudioEnergy", 0) > 0 for each in self.stats("audio")), "something is heard")

    def use_relay(self, user: str, password: str, *urls: str) -> None:
        """What is connected from now on may go by a relay."""
        servers = [{"urls": list(urls), "username": user, "credential": password}]
        self.page.evaluate("(iceServers) => { streams.configuration = { iceServers }; }", servers)

    def use_channel(self, label: str) -> None:
        """What is connected from now on has a data channel."""
        self.page.evaluate("(label) => { streams.label = label; }", label)

    def says(self, text: str) -> None:
        until(lambda: self.page.evaluate("() => streams.channel.readyState") == "open", "the data channel is open")
        self.page.evaluate("(text) => streams.channel.send(text)", text)

    def heard(self) -> list[str]:
        return self.page.evaluate("() => streams.heard")

    def route(self) -> list[str]:
        """`host` or `relay`, and the protocol."""
        return self.page.evaluate("() => streams.route()")

    def color(self) -> list[int]:
        return self.page.evaluate("() => streams.color()")

    def restart(self) -> int:
        return self.page.evaluate("() => streams.restart()")

    def end(self) -> int:
        return self.page.evaluate("async () => (await fetch(streams.place, { method: 'DELETE' })).status")
