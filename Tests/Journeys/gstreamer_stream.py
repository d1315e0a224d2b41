#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""GStreamer's webrtcbin at WHIP and WHEP: `gstreamer_stream.py publish URL SECONDS [CODEC]`, `… watch URL FRAMES [CODEC]`.

Debian's GStreamer has no whipsink and whepsrc, which are one HTTP request around webrtcbin: this makes it. Runs with the
system's Python, which has GStreamer's bindings. A viewer waits for so many buffers of sound and pictures. Prints JSON.
"""

import json
import ssl
import sys
import urllib.error
import urllib.request
from urllib.parse import urljoin

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

AUDIO = "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=97"
VIDEO = "application/x-rtp,media=video,clock-rate=90000,payload=96,encoding-name="
ENCODERS = {
    "VP8": "vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay",
    "VP9": "vp9enc deadline=1 keyframe-max-dist=60 ! rtpvp9pay",
    "H264": "x264enc tune=zerolatency key-int-max=60 ! video/x-h264,profile=constrained-baseline ! rtph264pay "
            "config-interval=-1 aggregate-mode=zero-latency",
}
DECODERS = {"VP8": "rtpvp8depay ! vp8dec", "VP9": "rtpvp9depay ! vp9dec", "H264": "rtph264depay ! avdec_h264"}


class Stream:
    def __init__(self, role: str, url: str, amount: float, codec: str):
        self.role, self.url, self.amount, self.codec = role, url, amount, codec
        self.loop = GLib.MainLoop()
        self.found: dict = {"frames": {"audio": 0, "video": 0}}
        # Without the second element, what is parsed would be no pipeline.
        self.pipeline = Gst.parse_launch("webrtcbin name=peer bundle-policy=max-bundle latency=100 identity name=nothing" + (
            f" videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=20/1 ! videoconvert ! queue ! "
            f"{ENCODERS[codec]} pt=96 ! {VIDEO}{codec} ! peer. audiotestsrc is-live=true ! audioconvert ! audioresample ! queue ! "
            f"opusenc ! rtpopuspay pt=97 ! {AUDIO} ! peer." if role == "publish" else ""))
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("notify::ice-gathering-state", self.gathered)
        self.peer.connect("notify::connection-state", self.connected)
        if role == "watch":
            self.peer.connect("pad-added", self.take)
            direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            for caps in (AUDIO, VIDEO + codec):
                self.peer.emit("add-transceiver", direction, Gst.Caps.from_string(caps))
        else:
            # Set before the first offer, which would be sendrecv.
            for index in range(2):
                transceiver = self.peer.emit("get-transceiver", index)
                transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        self.pipeline.set_state(Gst.State.PLAYING)
        GLib.timeout_add(500, self.offer)
        GLib.timeout_add_seconds(25 + (int(amount) if role == "publish" else 0), lambda: self.end("too late"))

    def offer(self) -> bool:
        def made(promise: Gst.Promise) -> None:
            self.reply = promise.get_reply()
            self.peer.emit("set-local-description", self.reply.get_value("offer"), None)

        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(made))
        return False

    def gathered(self, *_: object) -> None:
        if self.peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.post)

    def post(self) -> bool:
        text = self.peer.get_property("local-description").sdp.as_text()
        request = urllib.request.Request(self.url, text.encode(), {"Content-Type": "application/sdp"})
        try:
            with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as reply:
                answer = reply.read().decode()
                self.place = urljoin(self.url, reply.headers["Location"])
        except urllib.error.HTTPError as error:
            return self.end(f"{error.code} {error.read().decode()}")
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        self.peer.emit(
            "set-remote-description",
            GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message), None)
        return False

    def connected(self, *_: object) -> None:
        state = self.peer.get_property("connection-state")
        self.found["state"] = state.value_nick
        if state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED and self.role == "publish":
            GLib.timeout_add(int(self.amount * 1000), self.end)

    def take(self, _: Gst.Element, pad: Gst.Pad) -> None:
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        decoder = "rtpopusdepay ! opusdec" if kind == "audio" else DECODERS[self.codec]
        sink = Gst.parse_bin_from_description(f"queue ! {decoder} ! fakesink name=end signal-handoffs=true sync=false", True)
        sink.get_by_name("end").connect("handoff", self.took, kind)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def took(self, _: Gst.Element, buffer: Gst.Buffer, pad: Gst.Pad, kind: str) -> None:
        frames = self.found["frames"]
        frames[kind] += 1
        if kind == "video":
            size = pad.get_current_caps().get_structure(0)
            self.found["size"] = [size.get_int("width").value, size.get_int("height").value]
        if min(frames.values()) == self.amount:
            GLib.idle_add(self.end)

    def end(self, problem: str | None = None) -> bool:
        if problem:
            self.found["problem"] = problem
        elif hasattr(self, "place"):
            request = urllib.request.Request(self.place, method="DELETE")
            with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as reply:
                self.found["deleted"] = reply.status
        self.loop.quit()
        return False

    def run(self) -> dict:
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        return self.found


if __name__ == "__main__":
    Gst.init(None)
    role, url, amount = sys.argv[1:4]
    print(json.dumps(Stream(role, url, float(amount), *(sys.argv[4:] or ["VP8"])).run()))
