# SPDX-License-Identifier: Apache-2.0
"""Somebody in front of a browser. Finds things as people do: by role and name."""

import re
import time
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Page, expect

# The page's peer connections, for the statistics that prove that media flows.
KEEP_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...args) { super(...args); window.connections.push(this); }
};
"""

# Frames decoded of the track that a video element plays, and a coarse copy of its present picture.
LOOK = """async (video) => {
  const track = video.srcObject?.getVideoTracks()[0];
  let frames = 0;
  for (const connection of window.connections) {
    for (const receiver of connection.getReceivers()) {
      if (receiver.track !== track) continue;
      for (const entry of (await receiver.getStats()).values()) {
        if (entry.type === "inbound-rtp") frames += entry.framesDecoded ?? 0;
      }
    }
  }
  const canvas = new OffscreenCanvas(16, 12);
  const brush = canvas.getContext("2d");
  if (video.videoWidth > 0) brush.drawImage(video, 0, 0, 16, 12);
  return { frames, picture: [...brush.getImageData(0, 0, 16, 12).data].join() };
}"""

# The energy of all sound that came in so far: it stands still when the other side is muted.
LISTEN = """async () => {
  let energy = 0;
  for (const connection of window.connections) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type === "inbound-rtp" && entry.kind === "audio") energy += entry.totalAudioEnergy ?? 0;
    }
  }
  return energy;
}"""

# Which devices every connection sends, and all that a new negotiation would change. Its events are counted from
# the first call on. Those that send come first.
AGREEMENTS = """async () => {
  window.turns ??= new Map();
  const open = window.connections.filter((each) => each.connectionState !== "closed");
  open.sort((a, b) => Number(b.getSenders().some((each) => each.track)) - Number(a.getSenders().some((each) => each.track)));
  return Promise.all(open.map(async (connection) => {
    if (!window.turns.has(connection)) {
      window.turns.set(connection, 0);
      for (const event of ["negotiationneeded", "signalingstatechange"]) {
        connection.addEventListener(event, () => window.turns.set(connection, window.turns.get(connection) + 1));
      }
    }
    const sent = {};
    for (const { sender, receiver } of connection.getTransceivers()) {
      const entry = [...(await sender.getStats()).values()].find(({ type }) => type === "outbound-rtp");
      sent[receiver.track.kind] = { device: sender.track?.label, packets: entry?.packetsSent ?? 0, stream: entry?.ssrc };
    }
    const agreed = {
      state: connection.connectionState,
      local: connection.localDescription?.sdp,
      remote: connection.remoteDescription?.sdp,
      turns: window.turns.get(connection),
    };
    return { sent, agreed };
  }));
}"""


def answer(page: Page, question: str | re.Pattern, button: str) -> None:
    """Answers what the page asks in its own dialog."""
    asked = page.get_by_role("alertdialog", name=question)
    asked.get_by_role("button", name=button, exact=True).click()
    expect(asked).to_have_count(0)


def until(condition, what: str, timeout: float = 20) -> None:
    """Waits for something that no locator can express."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"in vain for {timeout:.0f} s: {what}"
        time.sleep(0.15)


class Person:
    def __init__(self, context: BrowserContext, origin: str, name: str, page: Page | None = None):
        self.context = context
        self.origin = origin
        self.name = name
        self.faults: list[str] = []
        self.page = page or context.new_page()
        self.watch(self.page)

    def watch(self, page: Page) -> None:
        """Collects what must not happen: errors of scripts, broken rules, requests to others."""
        host = urlsplit(self.origin).netloc
        page.on("pageerror", self._failed)
        page.on("console", lambda message: self._heard(message.text))

        def asked(request) -> None:
            address = urlsplit(request.url)
            if address.scheme not in ("data", "blob", "about") and address.netloc != host:
                self.faults.append(f"{self.name}: request to {request.url}")

        page.on("request", asked)
        page.on("websocket", lambda socket: urlsplit(socket.url).netloc == host
                or self.faults.append(f"{self.name}: WebSocket to {socket.url}"))

    def _failed(self, error) -> None:
        # Firefox counts a server that is away among the page's own errors.
        if "can’t establish a connection" not in str(error) and "was interrupted while the page" not in str(error):
            self.faults.append(f"{self.name}: {error}")

    def _heard(self, text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.faults.append(f"{self.name}: {text}")

    # Going in and out

    def open(self, code: str) -> "Person":
        self.page.goto(f"{self.origin}/{code}")
        return self

    def join(self, code: str) -> "Person":
        """Opens a meeting's link, gives the name, joins, and waits for the room."""
        self.open(code)
        self.page.get_by_label("Your name").fill(self.name)
        # Who joins before the devices have started is a case of its own.
        expect(self.page.get_by_role("button", name="Turn off microphone")).to_be_visible()
        self.page.get_by_role("button", name="Join now").click()
        self.is_inside()
        return self

    def is_inside(self) -> None:
        expect(self.controls).to_be_visible()

    def leave(self) -> None:
        self.press("Leave")
        expect(self.page.get_by_role("heading", name="You left the meeting")).to_be_visible()

    # The room

    @property
    def controls(self) -> Locator:
        return self.page.get_by_role("toolbar", name="Call controls")

    def press(self, button: str) -> None:
        """Presses a call control."""
        self.controls.get_by_role("button", name=button, exact=True).click()

    def tile(self, name: str) -> Locator:
        """The tile of a person or, as `Ana's screen`, of a share."""
        return self.page.get_by_role("group", name=re.compile(rf"^{re.escape(name)}(,|$)"))

    def own_tile(self) -> Locator:
        return self.tile(f"{self.name} (you)")

    def sees(self, name: str, timeout: float = 30) -> None:
        """Proves that moving pictures of `name` arrive: frames are decoded and the picture changes."""
        video = self.tile(name).locator("video")
        expect(video).to_be_attached()
        first = video.evaluate(LOOK)

        def moving() -> bool:
            now = video.evaluate(LOOK)
            return now["frames"] > first["frames"] and now["picture"] != first["picture"]

        until(moving, f"{self.name} sees {name} move", timeout)

    def hears_sound(self) -> None:
        """Proves that somebody's sound arrives."""
        first = self.page.evaluate(LISTEN)
        until(lambda: self.page.evaluate(LISTEN) > first, f"{self.name} hears something")

    def hears_silence(self) -> None:
        """Proves that no sound arrives for a second, once what was under way has come."""

        def silent() -> bool:
            before = self.page.evaluate(LISTEN)
            self.page.wait_for_timeout(1200)
            # A muted track may still hiss a little; a voice is ten thousand times louder.
            return self.page.evaluate(LISTEN) - before < 1e-5

        until(silent, f"{self.name} hears silence")

    def chooses(self, kind: str, device: str) -> None:
        """Picks another microphone or camera in its menu during the call."""
        self.controls.get_by_role("button", name=f"Choose {kind}").click()
        menu = self.controls.get_by_role("group", name=f"Choose {kind}")
        menu.get_by_role("combobox", name=kind.capitalize()).select_option(label=device)
        self.page.keyboard.press("Escape")
        expect(menu).to_have_count(0)

    def agreements(self) -> list[dict]:
        """What the connections of the page send, and what was negotiated about it once all candidates are known."""
        gathering = "() => connections.some((each) => each.connectionState !== 'closed' && each.iceGatheringState !== 'complete')"
        until(lambda: not self.page.evaluate(gathering), f"{self.name} knows all ways to the others")
        return self.page.evaluate(AGREEMENTS)

    # Chat

    def open_chat(self) -> None:
        if self.log.count() == 0:
            self.controls.get_by_role("button", name=re.compile("^Chat")).click()
        expect(self.log).to_be_visible()

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log", name="Chat")

    def say(self, text: str) -> None:
        self.open_chat()
        self.page.get_by_label("Message to everybody").fill(text)
        self.page.keyboard.press("Enter")

    def reads(self, *texts: str) -> None:
        """Proves that these messages, and no others, are in the chat, in this order."""
        self.open_chat()
        expect(self.log.get_by_role("article").locator(".said")).to_have_text(list(texts))
