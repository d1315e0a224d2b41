# SPDX-License-Identifier: Apache-2.0
"""Lines that carry less than is sent: publishers send less, and receivers are sent a smaller picture. docs/congestion.md"""

from collections.abc import Callable

from person import until
from stream_client import StreamPage
from test_streams_network import middle, network, page_at, pytestmark  # noqa: F401  fixtures

# A picture that takes as many bits as it is given.
NOISE = """
streams.source = async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const context = canvas.getContext("2d");
  setInterval(() => {
    const image = context.createImageData(640, 360);
    const words = new Uint32Array(image.data.buffer);
    for (let y = 0; y < 360; y += 4)
      for (let x = 0; x < 640; x += 4) {
        const color = 0xff000000 | Math.random() * 0xffffff;
        for (let row = y; row < y + 4; row++) words.fill(color, row * 640 + x, row * 640 + x + 4);
      }
    context.putImageData(image, 0, 0);
  }, 50);
  const audio = new AudioContext();
  const output = audio.createMediaStreamDestination();
  return [output.stream.getAudioTracks()[0], canvas.captureStream(20).getVideoTracks()[0]];
};
"""


def noise(page: StreamPage) -> StreamPage:
    page.page.evaluate(NOISE)
    return page


def available(page: StreamPage) -> float:
    """What the browser's own estimate allows it to send, in kbit/s."""
    return page.page.evaluate("""async () => {
      for (const entry of (await streams.connection.getStats()).values())
        if (entry.type === "candidate-pair" && entry.nominated && entry.availableOutgoingBitrate)
          return entry.availableOutgoingBitrate / 1000;
      return 0;
    }""")


def height(page: StreamPage) -> int:
    """Of the picture that was decoded last."""
    return max((entry.get("frameHeight", 0) for entry in page.stats("video")), default=0)


def test_a_publisher_sends_what_its_line_carries(page_at: Callable[[str, str], StreamPage], network):
    page = noise(page_at("chromium", "ana"))
    page.publish("/whip/narrow-up/ana")
    until(lambda: available(page) > 1000, "the estimate rises on a line without limits", 20)
    network.narrow("ana", 400, upwards=True)
    try:
        until(lambda: 100 < available(page) < 450, "the estimate falls to what the line carries", 20)
    finally:
        network.narrow("ana", None, upwards=True)
    # A browser does not expect more than half as much again as it sends, which on a slow machine is little.
    until(lambda: available(page) > 550, "the estimate rises again", 60)


def test_a_receiver_on_a_narrow_line_is_sent_the_smaller_picture(page_at: Callable[[str, str], StreamPage], network):
    noise(page_at("chromium", "ana")).publish("/whip/narrow-down/ana", True)
    viewer = page_at("chromium", "ben")
    viewer.watch("/whep/narrow-down/ana")
    until(lambda: height(viewer) == 360, "the large picture arrives", 20)
    network.narrow("ben", 300)
    try:
        until(lambda: height(viewer) == 90, "the small picture arrives", 20)
        viewer.sees_moving_picture()
    finally:
        network.narrow("ben", None)
    until(lambda: height(viewer) == 360, "the large picture arrives again", 40)
    viewer.sees_moving_picture()
