# SPDX-License-Identifier: Apache-2.0
"""Data channels of a meeting's connections, for which a page asks at once or later."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from conftest import Browsers
from person import until
from server import Server
from visitor import Visitor

SCRIPT = """
window.ends = {};
window.offer = async (name, label) => {
  const end = ends[name] ??= { connection: new RTCPeerConnection(), heard: [] };
  const { connection } = end;
  if (connection.getTransceivers().length === 0) connection.addTransceiver("audio", { direction: "recvonly" });
  if (label) {
    end.channel = connection.createDataChannel(label);
    end.channel.onmessage = ({ data }) => end.heard.push(data);
  }
  await connection.setLocalDescription();
  return connection.localDescription.sdp;
};
window.take = (name, sdp) => ends[name].connection.setRemoteDescription({ type: "answer", sdp });
null;
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("channels"), "channels", "--tls", "off", "--set", "media.loopback-candidates=true")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(browsers: Browsers, server: Server) -> Iterator[Page]:
    context = browsers.get("chromium").new_context()
    page = context.new_page()
    page.goto(server.origin + "/healthz")
    page.evaluate(SCRIPT)
    yield page
    context.close()


class End:
    """Somebody in the meeting whose connection is in the page."""

    def __init__(self, server: Server, page: Page, meeting: str, name: str):
        self.page, self.name = page, name
        self.visitor = Visitor(server.origin, name).connect()
        self.visitor.join(meeting)

    def negotiate(self, label: str | None = None) -> str:
        """Asks for a data channel, if it is to have a name."""
        offer = self.page.evaluate("([name, label]) => offer(name, label)", [self.name, label])
        reply = self.visitor.call("subscribe", {"connection": self.name, "offer": offer})
        self.page.evaluate("([name, answer]) => take(name, answer)", [self.name, reply["answer"]])
        return reply["answer"]

    def asks(self, question: str) -> object:
        return self.page.evaluate(f"(name) => ends[name].{question}", self.name)

    def reaches(self, state: str) -> None:
        until(lambda: self.asks("connection.connectionState") == state, f"{self.name} is {state}")

    def says(self, text: str) -> None:
        until(lambda: self.asks("channel.readyState") == "open", f"the channel of {self.name} is open")
        self.page.evaluate("([name, text]) => ends[name].channel.send(text)", [self.name, text])


def test_a_channel_may_come_with_a_later_offer(server: Server, page: Page):
    meeting = server.new_meeting()
    ana, ben = End(server, page, meeting, "ana"), End(server, page, meeting, "ben")
    ana.negotiate()
    ben.negotiate("pointer")
    ana.reaches("connected")
    assert "m=application 9 " in ana.negotiate("pointer")
    ana.says("here")
    until(lambda: ben.asks("heard") == ["here"], "ben hears it")
    ben.says("there")
    until(lambda: ana.asks("heard") == ["there"], "ana hears it")
    # Another offer leaves it as it is.
    ana.negotiate()
    ana.says("still here")
    until(lambda: ben.asks("heard") == ["here", "still here"], "ben hears that, too")
    for end in (ana, ben):
        end.visitor.leave()
