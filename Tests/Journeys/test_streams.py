# SPDX-License-Identifier: Apache-2.0
"""Programs and pages publish by WHIP and watch by WHEP, through the server.

Firefox is in `test_streams_network.py`: it does not send media to this machine's own addresses.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Browsers
from person import until
from server import Server
from stream_client import StreamClient, StreamPage

AIORTC = Path(__file__).with_name("aiortc_stream.py")
GSTREAMER = Path(__file__).with_name("gstreamer_stream.py")
# The system's, which has the bindings.
PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes streams from everybody on this machine."""
    server = Server(
        tmp_path_factory.mktemp("streams"), "streams", "--tls", "off", "--set", "media.loopback-candidates=true",
        "--set", "media.whip=anyone")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page_in(browsers: Browsers, streams: Server) -> Iterator:
    contexts = []

    def make(kind: str) -> StreamPage:
        contexts.append(browsers.get(kind).new_context())
        return StreamPage(contexts[-1].new_page(), streams.origin)

    yield make
    for context in contexts:
        context.close()


def reason_for_no_gstreamer() -> str | None:
    probe = "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import GstWebRTC"
    if subprocess.run([PYTHON, "-c", probe], capture_output=True).returncode != 0:
        return "python3-gi and gir1.2-gst-plugins-bad-1.0 are not installed"
    missing = [each for each in ("webrtcbin", "nicesrc", "vp8enc", "vp9enc", "x264enc", "avdec_h264", "opusenc") if subprocess.run(
        ["gst-inspect-1.0", each], capture_output=True).returncode != 0]
    return f"GStreamer has no {', '.join(missing)}" if missing else None


NO_GSTREAMER = reason_for_no_gstreamer()
needs_gstreamer = pytest.mark.skipif(NO_GSTREAMER is not None, reason=NO_GSTREAMER or "")


def gstreamer(role: str, url: str, amount: int, codec: str = "VP8") -> subprocess.Popen:
    return subprocess.Popen(
        [PYTHON, GSTREAMER, role, url, str(amount), codec], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def aiortc(role: str, url: str, amount: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, AIORTC, role, url, str(amount)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def result(process: subprocess.Popen) -> dict:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, f"{out}\n{err}"
    return json.loads(out)


def test_a_page_watches_what_another_page_publishes(page_in, streams: Server):
    page_in("chromium").publish("/whip/pages/ana")
    viewer = page_in("chromium")
    viewer.watch("/whep/pages/ana")
    viewer.sees_moving_picture()
    viewer.hears_something()


def test_a_page_watches_what_aiortc_publishes(page_in, streams: Server):
    publisher = aiortc("publish", f"{streams.origin}/whip/from-aiortc/ana", 15)
    until(lambda: StreamClient(streams).is_live("from-aiortc", "ana"), "somebody publishes")
    viewer = page_in("chromium")
    viewer.watch("/whep/from-aiortc/ana")
    viewer.sees_moving_picture()
    viewer.hears_something()
    assert viewer.color() == pytest.approx([255, 128, 0], abs=12)
    found = result(publisher)
    assert found["state"] == "connected"
    assert found["deleted"] == 200


def test_aiortc_watches_what_a_page_publishes(page_in, streams: Server):
    page_in("chromium").publish("/whip/to-aiortc/ana")
    found = result(aiortc("watch", f"{streams.origin}/whep/to-aiortc/ana", 60))
    assert found["video"]["frames"] == 60
    assert found["video"]["size"][0] > 0
    assert found["audio"]["loudness"] > 0
    assert found["deleted"] == 200


def test_aiortc_watches_aiortc(streams: Server):
    publisher = aiortc("publish", f"{streams.origin}/whip/both/ana", 12)
    until(lambda: StreamClient(streams).is_live("both", "ana"), "somebody publishes")
    found = result(aiortc("watch", f"{streams.origin}/whep/both/ana", 60))
    assert found["video"]["size"] == [320, 240]
    assert found["video"]["color"] == pytest.approx([255, 128, 0], abs=12)
    assert found["audio"]["loudness"] > 1000
    found = result(publisher)
    assert found["lost"] == {"audio": 0, "video": 0}


def test_somebody_watches_everybody_in_a_room(page_in, streams: Server):
    for name in ["ana", "ben"]:
        page_in("chromium").publish(f"/whip/everybody/{name}")
    viewer = page_in("chromium")
    # One section more than there are publishers: it is for who comes next.
    viewer.watch("/whep/everybody", sections=3)
    assert viewer.directions() == ["sendonly"] * 6
    viewer.sees_moving_picture(0)
    viewer.sees_moving_picture(1)
    page_in("chromium").publish("/whip/everybody/aaron")
    viewer.sees_moving_picture(2)


def test_a_publisher_that_comes_back_takes_its_place_again(page_in, streams: Server):
    first = page_in("chromium")
    first.publish("/whip/again/ana")
    viewer = page_in("chromium")
    viewer.watch("/whep/again/ana")
    viewer.sees_moving_picture()
    second = page_in("chromium")
    second.publish("/whip/again/ana")
    first.context.close()
    viewer.sees_moving_picture()


def test_media_go_on_over_a_restart_of_ice(page_in, streams: Server):
    source = page_in("chromium")
    source.publish("/whip/restart/ana")
    viewer = page_in("chromium")
    viewer.watch("/whep/restart/ana")
    viewer.sees_moving_picture()
    assert source.restart() == 200
    viewer.sees_moving_picture()
    assert viewer.restart() == 200
    viewer.sees_moving_picture()


@needs_gstreamer
@pytest.mark.parametrize("codec", ["VP8", "VP9", "H264"])
def test_gstreamer_watches_what_gstreamer_publishes_and_so_does_a_page(page_in, streams: Server, codec: str):
    room = f"gstreamer-{codec}"
    with gstreamer("publish", f"{streams.origin}/whip/{room}/ana", 60, codec) as publisher:
        until(lambda: StreamClient(streams).is_live(room, "ana"), "somebody publishes")
        watcher = gstreamer("watch", f"{streams.origin}/whep/{room}/ana", 60, codec)
        viewer = page_in("chromium")
        viewer.watch(f"/whep/{room}/ana")
        viewer.sees_moving_picture()
        viewer.hears_something()
        found = result(watcher)
        assert (found["state"], found["size"], found["deleted"]) == ("connected", [320, 240], 200), found
        publisher.kill()


@needs_gstreamer
def test_gstreamer_watches_what_a_page_publishes(page_in, streams: Server):
    page_in("chromium").publish("/whip/to-gstreamer/ana")
    found = result(gstreamer("watch", f"{streams.origin}/whep/to-gstreamer/ana", 60))
    assert found["frames"]["video"] >= 60 and found["frames"]["audio"] >= 60, found
